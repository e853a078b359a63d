-- Who reports
-- The organizations that reports of this week and the four before came from,
-- with the domain that signed them. The organization's name is its own word, and
-- where no domain vouches for it, anybody may have sent the report.
WITH all_reports AS (
SELECT *
FROM all_reports
WHERE dt >= date_format(date_trunc('week', current_date) - INTERVAL '28' DAY, '%Y-%m-%d')
),
policy_copies AS (
SELECT
  report_key,
  dt,
  received_at,
  channel,
  trust,
  trust_domain,
  organization_name,
  contact_info,
  report_id,
  start_datetime,
  end_datetime,
  date_format(start_datetime, '%x-W%v') AS week,
  policy_number,
  policy_type,
  policy_string,
  policy_domain,
  mx_host,
  total_successful_session_count,
  total_failure_session_count,
  failure_details,
  double_number,
  copy_number = 1 AND double_number = 1 AND (trust = 'dkim' OR NOT some_copy_is_signed) AS counts
FROM (
  SELECT
    *,
    rank() OVER (
      PARTITION BY organization_name, report_id, policy_domain, start_datetime, end_datetime, trust, trust_domain
      ORDER BY received_at DESC, report_key DESC
    ) AS copy_number,
    row_number() OVER (
      PARTITION BY organization_name, report_id, policy_domain, start_datetime, end_datetime, trust, trust_domain,
        received_at, report_key, policy_number
      ORDER BY dt
    ) AS double_number,
    bool_or(trust = 'dkim') OVER (
      PARTITION BY organization_name, report_id, policy_domain, start_datetime, end_datetime
    ) AS some_copy_is_signed
  FROM (
    SELECT
      r.report_key,
      r.dt,
      TRY_CAST(replace(replace(r.received_at, 'T', ' '), 'Z', '') AS timestamp) AS received_at,
      r.channel,
      r.trust,
      r.trust_domain,
      r.organization_name,
      r.contact_info,
      r.report_id,
      TRY_CAST(replace(substr(r.start_datetime, 1, 19), 'T', ' ') AS timestamp) AS start_datetime,
      TRY_CAST(replace(substr(r.end_datetime, 1, 19), 'T', ' ') AS timestamp) AS end_datetime,
      p.policy_type,
      p.policy_string,
      p.policy_domain,
      p.mx_host,
      CAST(p.total_successful_session_count AS decimal(38, 0)) AS total_successful_session_count,
      CAST(p.total_failure_session_count AS decimal(38, 0)) AS total_failure_session_count,
      p.failure_details,
      policy_number
    FROM all_reports r
    CROSS JOIN UNNEST(r.policies) WITH ORDINALITY AS p (policy_type, policy_string, policy_domain, mx_host, total_successful_session_count, total_failure_session_count, failure_details, policy_number)
  )
)
),
policy_results AS (
SELECT
  report_key,
  dt,
  received_at,
  channel,
  trust,
  trust_domain,
  organization_name,
  contact_info,
  report_id,
  start_datetime,
  end_datetime,
  week,
  policy_number,
  policy_type,
  policy_string,
  policy_domain,
  mx_host,
  total_successful_session_count,
  total_failure_session_count,
  failure_details
FROM policy_copies
WHERE counts
),
distinct_reports AS (
SELECT DISTINCT
  report_key,
  dt,
  received_at,
  channel,
  trust,
  trust_domain,
  organization_name,
  contact_info,
  report_id,
  start_datetime,
  end_datetime,
  week,
  policy_domain
FROM policy_results
)
SELECT
  organization_name,
  trust,
  trust_domain,
  count(DISTINCT report_key) AS reports,
  count(DISTINCT policy_domain) AS policy_domains,
  min(start_datetime) AS first_start,
  max(end_datetime) AS last_end,
  max(received_at) AS last_received
FROM distinct_reports
WHERE week BETWEEN date_format(current_date - INTERVAL '28' DAY, '%x-W%v')
  AND date_format(current_date, '%x-W%v')
GROUP BY organization_name, trust, trust_domain
ORDER BY trust, reports DESC, organization_name, trust_domain
