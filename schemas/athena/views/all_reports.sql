-- Every line of the archive, copies of a report and all. What reads it, reads
-- no more days than its "dt" says.
SELECT {columns}, dt
FROM reports
