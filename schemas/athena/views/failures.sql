-- The failures that reports describe: a row for each element of
-- "failure-details". They need not add up to the failed sessions that
-- policy_results has, nor those to them (RFC 8460, section 4): so neither is
-- ever had from the other.
SELECT
  r.report_key,
  r.dt,
  r.received_at,
  r.channel,
  r.trust,
  r.trust_domain,
  r.organization_name,
  r.contact_info,
  r.report_id,
  r.start_datetime,
  r.end_datetime,
  r.week,
  r.policy_number,
  r.policy_type,
  r.policy_domain,
  f.result_type,
  f.sending_mta_ip,
  CASE
    WHEN f.receiving_mx_hostname LIKE '%.' THEN lower(substr(f.receiving_mx_hostname, 1, length(f.receiving_mx_hostname) - 1))
    ELSE lower(f.receiving_mx_hostname)
  END AS receiving_mx_hostname,
  f.receiving_mx_helo,
  f.receiving_ip,
  CAST(f.failed_session_count AS decimal(38, 0)) AS failed_session_count,
  f.additional_information,
  f.failure_reason_code
FROM policy_results r
CROSS JOIN UNNEST(r.failure_details) AS f (result_type, sending_mta_ip, receiving_mx_hostname, receiving_mx_helo, receiving_ip, failed_session_count, additional_information, failure_reason_code)
