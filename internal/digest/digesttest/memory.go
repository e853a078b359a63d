package digesttest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// Memory is the plainest engine: it holds all lines, compares all copies of a
// report with each other, and groups as an SQL engine does, so that each key
// has one row.
type Memory struct {
	Lines []archive.Line
}

// Sums implements [Engine].
func (m Memory) Sums(_ context.Context, q digest.Query) (*digest.Sums, error) {
	g := groups{
		query:    q,
		reports:  make(map[digest.ReportsRow]*digest.ReportsRow),
		results:  make(map[digest.ResultRow]*digest.ResultRow),
		failures: make(map[digest.FailureRow]*digest.FailureRow),
	}
	for _, copies := range m.copies() {
		g.addCopies(copies)
	}
	sums := digest.NewSums(q)
	for _, row := range g.reports {
		sums.AddReports(*row)
	}
	for _, row := range g.results {
		sums.AddResult(*row)
	}
	for _, row := range g.failures {
		sums.AddFailure(*row)
	}
	return sums, nil
}

// logical is what the copies of a report share, as far as it is about one
// domain.
type logical struct {
	organization, id, domain string
	start, end               time.Time
}

// copies brings together the lines that are copies, a domain at a time.
func (m Memory) copies() map[logical][]archive.Line {
	copies := make(map[logical][]archive.Line)
	for _, line := range m.Lines {
		var seen []string
		for _, p := range line.Policies {
			if slices.Contains(seen, p.PolicyDomain) {
				continue
			}
			seen = append(seen, p.PolicyDomain)
			key := logical{line.OrganizationName, line.ReportID, p.PolicyDomain, line.StartDatetime.UTC(), line.EndDatetime.UTC()}
			part := line
			part.Policies = slices.DeleteFunc(slices.Clone(line.Policies), func(o archive.PolicyResult) bool { return o.PolicyDomain != p.PolicyDomain })
			copies[key] = append(copies[key], part)
		}
	}
	return copies
}

// groups are rows by their keys, which are rows without sums.
type groups struct {
	query    digest.Query
	reports  map[digest.ReportsRow]*digest.ReportsRow
	results  map[digest.ResultRow]*digest.ResultRow
	failures map[digest.FailureRow]*digest.FailureRow
}

// addCopies adds copies of a report about one domain: of each signer the best,
// or, where nobody signed, the best.
func (g groups) addCopies(copies []archive.Line) {
	slices.SortFunc(copies, func(a, b archive.Line) int { return compareCopies(b, a) })
	var counted []string // Signers.
	for _, line := range copies {
		switch {
		case slices.Contains(counted, line.TrustDomain) || line.Trust != archive.TrustDKIM && len(counted) > 0:
			g.row(line).Copies++
		default:
			counted = append(counted, line.TrustDomain)
			g.add(line)
		}
	}
}

// compareCopies ranks copies: signed before unsigned, then the newest, then by
// the key.
func compareCopies(a, b archive.Line) int {
	signed := func(l archive.Line) int {
		if l.Trust == archive.TrustDKIM {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(signed(a), signed(b)),
		a.ReceivedAt.Compare(b.ReceivedAt),
		cmp.Compare(a.ReportKey, b.ReportKey),
	)
}

func originOf(line archive.Line) digest.Origin {
	return digest.Origin{
		Week:         digest.WeekOf(line.StartDatetime),
		PolicyDomain: line.Policies[0].PolicyDomain,
		Trust:        line.Trust,
		TrustDomain:  line.TrustDomain,
		Organization: line.OrganizationName,
	}
}

// row is where a report about one domain is counted.
func (g groups) row(line archive.Line) *digest.ReportsRow {
	return group(g.reports, digest.ReportsRow{
		Origin: originOf(line),
		TLSA:   slices.ContainsFunc(line.Policies, func(p archive.PolicyResult) bool { return p.PolicyType == "tlsa" }),
		Late:   !line.ReceivedAt.Before(g.query.Since),
	})
}

func group[Row comparable](rows map[Row]*Row, key Row) *Row {
	row, known := rows[key]
	if !known {
		row = &key
		rows[key] = row
	}
	return row
}

func (g groups) add(line archive.Line) {
	reports, of := g.row(line), originOf(line)
	reports.Reports++
	fails := func(p archive.PolicyResult) bool {
		return p.TotalFailureSessionCount > 0 || len(p.FailureDetails) > 0
	}
	if slices.ContainsFunc(line.Policies, fails) {
		reports.Failing++
	}
	var types []string
	for _, p := range line.Policies {
		result := group(g.results, digest.ResultRow{Origin: of, PolicyType: p.PolicyType})
		if !slices.Contains(types, p.PolicyType) {
			types = append(types, p.PolicyType)
			result.Reports++
		}
		add(&result.SuccessfulSessions, p.TotalSuccessfulSessionCount)
		add(&result.FailedSessions, p.TotalFailureSessionCount)
		if len(p.FailureDetails) == 0 {
			add(&result.UndetailedFailures, p.TotalFailureSessionCount)
		}
		for _, details := range p.FailureDetails {
			g.addFailure(of, p.PolicyType, line.StartDatetime, details)
		}
	}
}

func (g groups) addFailure(of digest.Origin, policyType string, start time.Time, details archive.FailureDetails) {
	failure := group(g.failures, digest.FailureRow{
		Origin: of, PolicyType: policyType, ResultType: details.ResultType, ReceivingMXHostname: details.ReceivingMXHostname,
	})
	sessions := max(0, details.FailedSessionCount)
	add(&failure.FailedSessions, sessions)
	add(&failure.ByDay[int(start.Sub(of.Week.Start()).Hours())/24], sessions)
	if failure.FirstDay.IsZero() || start.Before(failure.FirstDay) {
		failure.FirstDay = start
	}
	if start.After(failure.LastDay) {
		failure.LastDay = start
	}
	example := digest.Example{
		SendingMTAIP:          substr(details.SendingMTAIP),
		ReceivingIP:           substr(details.ReceivingIP),
		FailureReasonCode:     substr(details.FailureReasonCode),
		AdditionalInformation: substr(details.AdditionalInformation),
	}
	if example == (digest.Example{}) {
		return
	}
	if failure.Example == (digest.Example{}) || compareExamples(sessions, example, failure.ExampleSessions, failure.Example) > 0 {
		failure.Example, failure.ExampleSessions = example, sessions
	}
}

// substr is that of SQL.
func substr(text string) string {
	characters := []rune(text)
	return string(characters[:min(len(characters), digest.ExampleLength)])
}

// compareExamples compares them as SQL does rows.
func compareExamples(n int64, a digest.Example, m int64, b digest.Example) int {
	return cmp.Or(
		cmp.Compare(n, m),
		cmp.Compare(a.SendingMTAIP, b.SendingMTAIP),
		cmp.Compare(a.ReceivingIP, b.ReceivingIP),
		cmp.Compare(a.FailureReasonCode, b.FailureReasonCode),
		cmp.Compare(a.AdditionalInformation, b.AdditionalInformation),
	)
}

// add adds what is no less than zero, up to the largest number.
func add(sum *int64, n int64) {
	if *sum += max(0, n); *sum < 0 {
		*sum = 1<<63 - 1
	}
}
