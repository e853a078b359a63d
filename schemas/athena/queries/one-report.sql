-- One report as it came
-- Every copy of it, with the text as the reporter sent it, unknown members and
-- all. To find an older one, have "dt" begin at an earlier day.
-- Asks for: its report_key or report-id
-- Reads: 26 weeks back
SELECT
  dt,
  received_at,
  channel,
  trust,
  trust_domain,
  organization_name,
  report_id,
  report_key,
  deviations,
  report_json
FROM all_reports
WHERE ? IN (report_key, report_id)
ORDER BY dt, report_key, trust, trust_domain
