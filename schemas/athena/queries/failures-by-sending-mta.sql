-- Failures of last week, by sending MTA
-- Who failed to reach whom: to see whether it is everybody or one sender.
-- Reads: 1 week back
SELECT
  sending_mta_ip,
  organization_name,
  trust,
  trust_domain,
  policy_domain,
  policy_type,
  result_type,
  sum(failed_session_count) AS failed_sessions,
  count(DISTINCT report_key) AS reports,
  min(start_datetime) AS first_seen,
  max(start_datetime) AS last_seen
FROM failures
WHERE week = date_format(current_date - INTERVAL '7' DAY, '%x-W%v')
GROUP BY sending_mta_ip, organization_name, trust, trust_domain, policy_domain, policy_type, result_type
ORDER BY trust, failed_sessions DESC, sending_mta_ip, organization_name, trust_domain, policy_domain, policy_type, result_type
