-- Failures that are new
-- What failed last week or this week, and not in the four weeks before.
-- Reads: 5 weeks back
SELECT
  policy_domain,
  policy_type,
  result_type,
  receiving_mx_hostname,
  trust,
  min(start_datetime) AS first_seen,
  max(start_datetime) AS last_seen,
  sum(failed_session_count) AS failed_sessions,
  count(DISTINCT report_key) AS reports,
  count(DISTINCT organization_name) AS organizations
FROM failures
WHERE week BETWEEN date_format(current_date - INTERVAL '35' DAY, '%x-W%v')
  AND date_format(current_date, '%x-W%v')
GROUP BY policy_domain, policy_type, result_type, receiving_mx_hostname, trust
HAVING min(week) >= date_format(current_date - INTERVAL '7' DAY, '%x-W%v')
ORDER BY trust, first_seen DESC, failed_sessions DESC, policy_domain, policy_type, result_type, receiving_mx_hostname
