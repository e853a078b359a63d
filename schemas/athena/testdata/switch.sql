CREATE OR REPLACE VIEW all_reports AS
SELECT schema_version, report_key, received_at, channel, trust, trust_domain, organization_name, contact_info, report_id, start_datetime, end_datetime, policies, deviations, report_json, dt
FROM reports_compacted
WHERE dt < '2026-11-17'
UNION ALL
SELECT schema_version, report_key, received_at, channel, trust, trust_domain, organization_name, contact_info, report_id, start_datetime, end_datetime, policies, deviations, report_json, dt
FROM reports
WHERE dt >= '2026-11-17'
