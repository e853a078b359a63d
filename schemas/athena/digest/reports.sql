-- How many reports there are about a domain, and how many copies are left out.
-- A line may have several policies of a domain, and may lie twice.
SELECT
  week,
  policy_domain,
  trust,
  trust_domain,
  organization_name,
  CAST(tlsa AS varchar) AS tlsa,
  CAST(late AS varchar) AS late,
  CAST(sum(CASE WHEN counts THEN 1 ELSE 0 END) AS varchar) AS reports,
  CAST(sum(CASE WHEN counts AND failing THEN 1 ELSE 0 END) AS varchar) AS failing,
  CAST(sum(CASE WHEN counts THEN lines - 1 ELSE lines END) AS varchar) AS copies
FROM (
  SELECT
    week,
    policy_domain,
    trust,
    trust_domain,
    organization_name,
    received_at >= TIMESTAMP '{since}' AS late,
    bool_or(policy_type = 'tlsa') AS tlsa,
    bool_or(total_failure_session_count > 0 OR cardinality(failure_details) > 0) AS failing,
    bool_or(counts) AS counts,
    max(double_number) AS lines
  FROM policy_copies
  WHERE start_datetime >= TIMESTAMP '{start}'
    AND start_datetime < TIMESTAMP '{end}'
  GROUP BY week, policy_domain, trust, trust_domain, organization_name, report_id, start_datetime, end_datetime, received_at, report_key
)
GROUP BY week, policy_domain, trust, trust_domain, organization_name, tlsa, late
