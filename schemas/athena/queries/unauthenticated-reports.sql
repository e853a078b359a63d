-- Reports that nothing vouches for
-- Those of this week and the four before that came by HTTPS, and of which no
-- signed copy came by mail. Whoever knows the address can send one, so their
-- counts stand apart in every other query.
-- Reads: 4 weeks back
SELECT
  received_at,
  channel,
  organization_name,
  contact_info,
  report_id,
  policy_domain,
  start_datetime,
  end_datetime,
  report_key
FROM distinct_reports
WHERE trust <> 'dkim'
  AND week BETWEEN date_format(current_date - INTERVAL '28' DAY, '%x-W%v')
  AND date_format(current_date, '%x-W%v')
ORDER BY received_at DESC, report_key, policy_domain
