-- Every line of the archive: days before {before} from the compacted table, later
-- ones from the files that they were received in.
SELECT {columns}, dt
FROM reports_compacted
WHERE dt < '{before}'
UNION ALL
SELECT {columns}, dt
FROM reports
WHERE dt >= '{before}'
