-- The reports that count: a row for each report and Policy Domain that it
-- names. See policy_copies for what makes a report one.
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
