-- What reports say of sessions under a policy type. A report is one, however many
-- policies of that type it has. A count below zero is none.
SELECT
  week,
  policy_domain,
  trust,
  trust_domain,
  organization_name,
  policy_type,
  CAST(count(*) AS varchar) AS reports,
  CAST(sum(successful) AS varchar) AS successful_sessions,
  CAST(sum(failed) AS varchar) AS failed_sessions,
  CAST(sum(undetailed) AS varchar) AS undetailed_failures
FROM (
  SELECT
    week,
    policy_domain,
    trust,
    trust_domain,
    organization_name,
    policy_type,
    sum(CASE WHEN total_successful_session_count > 0 THEN total_successful_session_count ELSE 0 END) AS successful,
    sum(CASE WHEN total_failure_session_count > 0 THEN total_failure_session_count ELSE 0 END) AS failed,
    sum(CASE WHEN total_failure_session_count > 0 AND cardinality(failure_details) = 0 THEN total_failure_session_count ELSE 0 END) AS undetailed
  FROM policy_results
  WHERE start_datetime >= TIMESTAMP '{start}'
    AND start_datetime < TIMESTAMP '{end}'
  GROUP BY week, policy_domain, trust, trust_domain, organization_name, policy_type, report_id, start_datetime, end_datetime
)
GROUP BY week, policy_domain, trust, trust_domain, organization_name, policy_type
