-- Who reports
-- The organizations that reports of this week and the four before came from,
-- with the domain that signed them. The organization's name is its own word, and
-- where no domain vouches for it, anybody may have sent the report.
-- Reads: 4 weeks back
SELECT
  organization_name,
  trust,
  trust_domain,
  count(DISTINCT report_key) AS reports,
  count(DISTINCT policy_domain) AS policy_domains,
  min(start_datetime) AS first_start,
  max(end_datetime) AS last_end,
  max(received_at) AS last_received
FROM distinct_reports
WHERE week BETWEEN date_format(current_date - INTERVAL '28' DAY, '%x-W%v')
  AND date_format(current_date, '%x-W%v')
GROUP BY organization_name, trust, trust_domain
ORDER BY trust, reports DESC, organization_name, trust_domain
