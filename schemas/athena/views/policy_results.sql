-- What reports say: a row for each element of "policies", of the copy of each
-- report that counts.
--
-- Never add sessions of different policy types: the same ones may stand under
-- "sts" and "tlsa" (RFC 8460, section 4).
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
