-- Failures of last week, by MX
-- Which of the mail servers fails, and at what. An empty name is a failure for
-- which the report names no server.
-- Reads: 1 week back
SELECT
  receiving_mx_hostname,
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
GROUP BY receiving_mx_hostname, policy_domain, policy_type, result_type, trust
ORDER BY trust, failed_sessions DESC, receiving_mx_hostname, policy_domain, policy_type, result_type
