-- Failures of last week, by domain and result type
-- What fails, for which of the domains, and how many senders noticed. Sessions
-- of different policy types may be the same ones: never add them.
-- Reads: 1 week back
SELECT
  policy_domain,
  policy_type,
  result_type,
  trust,
  sum(failed_session_count) AS failed_sessions,
  count(DISTINCT report_key) AS reports,
  count(DISTINCT organization_name) AS organizations,
  min(start_datetime) AS first_seen,
  max(start_datetime) AS last_seen
FROM failures
WHERE week = date_format(current_date - INTERVAL '7' DAY, '%x-W%v')
GROUP BY policy_domain, policy_type, result_type, trust
ORDER BY trust, failed_sessions DESC, policy_domain, policy_type, result_type
