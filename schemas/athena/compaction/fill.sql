-- Takes up the lines of the days from {from} to before {before} that are not in
-- the compacted table yet: new ones of days that were looked at before too. A
-- line is known by its report and by whether it is signed.
INSERT INTO reports_compacted ({columns}, dt)
SELECT {columns}, dt
FROM reports r
WHERE dt >= '{from}'
  AND dt < '{before}'
  AND NOT EXISTS (
    SELECT 1
    FROM reports_compacted c
    WHERE c.dt >= '{from}'
      AND c.dt < '{before}'
      AND c.dt = r.dt
      AND c.report_key = r.report_key
      AND c.trust = r.trust
  )
