-- Takes up the lines of the days from 2026-10-18 to before 2026-11-17 that are not in
-- the compacted table yet: new ones of days that were looked at before too. A
-- line is known by its report and by whether it is signed.
INSERT INTO reports_compacted (schema_version, report_key, received_at, channel, trust, trust_domain, organization_name, contact_info, report_id, start_datetime, end_datetime, policies, deviations, report_json, dt)
SELECT schema_version, report_key, received_at, channel, trust, trust_domain, organization_name, contact_info, report_id, start_datetime, end_datetime, policies, deviations, report_json, dt
FROM reports r
WHERE dt >= '2026-10-18'
  AND dt < '2026-11-17'
  AND NOT EXISTS (
    SELECT 1
    FROM reports_compacted c
    WHERE c.dt >= '2026-10-18'
      AND c.dt < '2026-11-17'
      AND c.dt = r.dt
      AND c.report_key = r.report_key
      AND c.trust = r.trust
  )
