-- Who fell silent
-- Those who reported about a domain in at least two of the four weeks before
-- last week, and not in last week. Either they had no mail for it, or their
-- reports do not arrive any more.
-- Reads: 5 weeks back
SELECT
  policy_domain,
  organization_name,
  trust,
  trust_domain,
  count(DISTINCT week) AS weeks,
  count(DISTINCT report_key) AS reports,
  max(end_datetime) AS last_end,
  max(received_at) AS last_received
FROM distinct_reports
WHERE week BETWEEN date_format(current_date - INTERVAL '35' DAY, '%x-W%v')
  AND date_format(current_date - INTERVAL '7' DAY, '%x-W%v')
GROUP BY policy_domain, organization_name, trust, trust_domain
HAVING count(DISTINCT week) >= 2
  AND max(week) < date_format(current_date - INTERVAL '7' DAY, '%x-W%v')
ORDER BY trust, last_end DESC, policy_domain, organization_name, trust_domain
