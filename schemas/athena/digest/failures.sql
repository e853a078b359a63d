-- What fails at which MX, day by day, and of those that say more the example with
-- the most sessions. A count below zero is none.
SELECT
  week,
  policy_domain,
  trust,
  trust_domain,
  organization_name,
  policy_type,
  result_type,
  receiving_mx_hostname,
  CAST(sum(sessions) AS varchar) AS failed_sessions,
  CAST(sum(CASE weekday WHEN 'Mon' THEN sessions ELSE 0 END) AS varchar) AS monday,
  CAST(sum(CASE weekday WHEN 'Tue' THEN sessions ELSE 0 END) AS varchar) AS tuesday,
  CAST(sum(CASE weekday WHEN 'Wed' THEN sessions ELSE 0 END) AS varchar) AS wednesday,
  CAST(sum(CASE weekday WHEN 'Thu' THEN sessions ELSE 0 END) AS varchar) AS thursday,
  CAST(sum(CASE weekday WHEN 'Fri' THEN sessions ELSE 0 END) AS varchar) AS friday,
  CAST(sum(CASE weekday WHEN 'Sat' THEN sessions ELSE 0 END) AS varchar) AS saturday,
  CAST(sum(CASE weekday WHEN 'Sun' THEN sessions ELSE 0 END) AS varchar) AS sunday,
  date_format(min(start_datetime), '%Y-%m-%d') AS first_day,
  date_format(max(start_datetime), '%Y-%m-%d') AS last_day,
  CAST(coalesce(max(example)[1], 0) AS varchar) AS example_sessions,
  max(example)[2] AS example_sending_mta_ip,
  max(example)[3] AS example_receiving_ip,
  max(example)[4] AS example_failure_reason_code,
  max(example)[5] AS example_additional_information
FROM (
  SELECT
    *,
    CASE WHEN sending_mta_ip <> '' OR receiving_ip <> '' OR failure_reason_code <> '' OR additional_information <> '' THEN
      ROW(
        sessions,
        substr(sending_mta_ip, 1, {length}),
        substr(receiving_ip, 1, {length}),
        substr(failure_reason_code, 1, {length}),
        substr(additional_information, 1, {length})
      )
    END AS example
  FROM (
    SELECT
      *,
      CASE WHEN failed_session_count > 0 THEN failed_session_count ELSE 0 END AS sessions,
      date_format(start_datetime, '%a') AS weekday
    FROM failures
    WHERE start_datetime >= TIMESTAMP '{start}'
      AND start_datetime < TIMESTAMP '{end}'
  )
)
GROUP BY week, policy_domain, trust, trust_domain, organization_name, policy_type, result_type, receiving_mx_hostname
