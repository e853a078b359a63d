-- Sessions of last week, by domain and policy type
-- How much went well, how much failed, and how much of that no report
-- describes. Sessions of different policy types may be the same ones: never add
-- them.
-- Reads: 1 week back
SELECT
  policy_domain,
  policy_type,
  trust,
  count(DISTINCT report_key) AS reports,
  sum(total_successful_session_count) AS successful_sessions,
  sum(total_failure_session_count) AS failed_sessions,
  sum(CASE WHEN cardinality(failure_details) = 0 THEN total_failure_session_count ELSE 0 END) AS undetailed_failed_sessions
FROM policy_results
WHERE week = date_format(current_date - INTERVAL '7' DAY, '%x-W%v')
GROUP BY policy_domain, policy_type, trust
ORDER BY policy_domain, policy_type, trust
