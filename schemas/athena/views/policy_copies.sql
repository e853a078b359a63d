-- What all copies of reports say: a row for each element of "policies", and
-- whether it counts. A report is one by its organization, report-id, Policy
-- Domain and range of dates. Of its copies the newest counts; one that nothing
-- vouches for counts only where none is signed; and what two domains signed is
-- two reports, whatever they say of each other. A line may lie twice, and then
-- its double_number tells the two apart.
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
      -- A time is a text such as 2026-11-16T00:00:00.125Z. Athena refuses to make a
      -- timestamp of a timestamp with time zone, so the text is cut to size. One
      -- that is no time gives none, lest a single line fails the query.
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
      -- So wide that no counts add up to too much: a reporter may claim any.
      CAST(p.total_successful_session_count AS decimal(38, 0)) AS total_successful_session_count,
      CAST(p.total_failure_session_count AS decimal(38, 0)) AS total_failure_session_count,
      p.failure_details,
      policy_number
    FROM all_reports r
    CROSS JOIN UNNEST(r.policies) WITH ORDINALITY AS p (policy_type, policy_string, policy_domain, mx_host, total_successful_session_count, total_failure_session_count, failure_details, policy_number)
  )
)
