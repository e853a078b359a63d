package querytest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"time"

	"sealpost/internal/digest"
	"sealpost/schemas/athena"
)

// Rows are what a view or a query gives: nil, texts, counts, times and lists.
type Rows [][]any

var (
	thisWeek = digest.WeekOf(Today)
	lastWeek = thisWeek.Prev()
)

// weeksBack gives the week so many before this one.
func weeksBack(n int) digest.Week { return digest.WeekOf(Today.AddDate(0, 0, -7*n)) }

// Views gives the rows of each view, in no order.
func (c Corpus) Views() map[string]Rows {
	results := c.results(time.Time{})
	var policies, failures Rows
	for _, r := range results {
		policies = append(policies, r.columns())
	}
	for _, f := range failuresOf(results) {
		failures = append(failures, append(f.common(), f.week(), f.number, f.kind, f.domain, f.detail.result, f.sendingIP, f.mx, f.helo,
			f.receiving, big.NewInt(f.sessions), f.more, f.reasonCode))
	}
	return map[string]Rows{"policy_copies": c.policyCopies(results), "policy_results": policies, "failures": failures,
		"distinct_reports": distinctReports(results)}
}

// policyCopies gives all that copies say, and of each element whether it is among
// those that count.
func (c Corpus) policyCopies(thatCount []result) (rows Rows) {
	type place struct {
		key, signer string
		number      int
	}
	counting := groups(thatCount, func(r result) place { return place{r.key, r.signer, r.number} })
	for _, kept := range c.copies() {
		lines := 1
		if kept.isDouble {
			lines = 2
		}
		for i, e := range kept.report.entries {
			_, counts := counting[place{kept.key, kept.signer, i + 1}]
			for line := 1; line <= lines; line++ {
				r := result{kept, e, i + 1}
				rows = append(rows, append(r.columns(), line, counts && line == 1))
			}
		}
	}
	return rows
}

// columns gives what policy_results has.
func (r result) columns() []any {
	return append(r.common(), r.week(), r.number, r.kind, r.lines, r.domain, r.mxHosts,
		big.NewInt(r.successful), big.NewInt(r.failed), r.detailRows())
}

// common gives the columns that all views begin with.
func (c copyKept) common() []any {
	return []any{c.key, c.received.Format(time.DateOnly), c.received, c.channel(), c.trust(), c.signer, c.report.organization,
		c.report.contact, c.report.id, c.start(), c.end()}
}

func distinctReports(results []result) Rows {
	type reportAndDomain struct{ key, signer, domain string }
	var rows Rows
	for key, group := range groups(results, func(r result) reportAndDomain { return reportAndDomain{r.key, r.signer, r.domain} }) {
		rows = append(rows, append(group[0].common(), group[0].week(), key.domain))
	}
	return rows
}

// Queries gives the rows of each saved query, in order.
func (c Corpus) Queries() map[string]Rows {
	return map[string]Rows{
		"failures-last-week":      c.failuresLastWeek(),
		"failures-by-mx":          c.failuresByMX(),
		"failures-by-sending-mta": c.failuresBySendingMTA(),
		"sessions-last-week":      c.sessionsLastWeek(),
		"who-reports":             c.whoReports(),
		"who-fell-silent":         c.whoFellSilent(),
		"first-seen-failures":     c.firstSeenFailures(),
		"unauthenticated-reports": c.unauthenticatedReports(),
		"one-report":              c.oneReport(),
	}
}

func (c Corpus) lastWeeksFailures() []failure {
	return inWeeks(failuresOf(c.results(lastWeek.Start())), lastWeek, lastWeek)
}

// What the sums are made of.
func (f failure) sessionsFailed() int64     { return f.sessions }
func (c copyKept) organizationName() string { return c.report.organization }

// sums gives the columns that queries about failures end with.
func sums(group []failure) []any {
	return []any{
		sum(group, failure.sessionsFailed),
		distinct(group, func(f failure) string { return f.key }),
		distinct(group, func(f failure) string { return f.organizationName() }),
		earliest(group, func(f failure) time.Time { return f.start() }),
		latest(group, func(f failure) time.Time { return f.start() }),
	}
}

func (c Corpus) failuresLastWeek() (rows Rows) {
	type key struct{ domain, kind, result, trust string }
	for k, group := range groups(c.lastWeeksFailures(), func(f failure) key { return key{f.domain, f.kind, f.detail.result, f.trust()} }) {
		rows = append(rows, append([]any{k.domain, k.kind, k.result, k.trust}, sums(group)...))
	}
	slices.SortFunc(rows, by(4, -5, 1, 2, 3))
	return rows
}

func (c Corpus) failuresByMX() (rows Rows) {
	type key struct{ mx, domain, kind, result, trust string }
	for k, group := range groups(c.lastWeeksFailures(), func(f failure) key { return key{f.mx, f.domain, f.kind, f.detail.result, f.trust()} }) {
		rows = append(rows, append([]any{k.mx, k.domain, k.kind, k.result, k.trust}, sums(group)...))
	}
	slices.SortFunc(rows, by(5, -6, 1, 2, 3, 4))
	return rows
}

func (c Corpus) failuresBySendingMTA() (rows Rows) {
	type key struct{ ip, organization, trust, signer, domain, kind, result string }
	for k, group := range groups(c.lastWeeksFailures(), func(f failure) key {
		return key{f.sendingIP, f.organizationName(), f.trust(), f.signer, f.domain, f.kind, f.detail.result}
	}) {
		all := sums(group)
		all = slices.Delete(all, 2, 3) // There is one organization.
		rows = append(rows, append([]any{k.ip, k.organization, k.trust, k.signer, k.domain, k.kind, k.result}, all...))
	}
	slices.SortFunc(rows, by(3, -8, 1, 2, 4, 5, 6, 7))
	return rows
}

func (c Corpus) sessionsLastWeek() (rows Rows) {
	type key struct{ domain, kind, trust string }
	for k, group := range groups(inWeeks(c.results(lastWeek.Start()), lastWeek, lastWeek), func(r result) key { return key{r.domain, r.kind, r.trust()} }) {
		rows = append(rows, []any{k.domain, k.kind, k.trust,
			distinct(group, func(r result) string { return r.key }),
			sum(group, func(r result) int64 { return r.successful }),
			sum(group, func(r result) int64 { return r.failed }),
			sum(group, func(r result) int64 {
				if len(r.details) > 0 {
					return 0
				}
				return r.failed
			}),
		})
	}
	slices.SortFunc(rows, by(1, 2, 3))
	return rows
}

func (c Corpus) whoReports() (rows Rows) {
	type key struct{ organization, trust, signer string }
	since := weeksBack(4)
	for k, group := range groups(inWeeks(c.results(since.Start()), since, thisWeek), func(r result) key { return key{r.organizationName(), r.trust(), r.signer} }) {
		rows = append(rows, []any{k.organization, k.trust, k.signer,
			distinct(group, func(r result) string { return r.key }),
			distinct(group, func(r result) string { return r.domain }),
			earliest(group, func(r result) time.Time { return r.start() }),
			latest(group, func(r result) time.Time { return r.end() }),
			latest(group, func(r result) time.Time { return r.received }),
		})
	}
	slices.SortFunc(rows, by(2, -4, 1, 3))
	return rows
}

func (c Corpus) whoFellSilent() (rows Rows) {
	type key struct{ domain, organization, trust, signer string }
	since := weeksBack(5)
	for k, group := range groups(inWeeks(c.results(since.Start()), since, lastWeek), func(r result) key {
		return key{r.domain, r.organizationName(), r.trust(), r.signer}
	}) {
		weeks := groups(group, func(r result) string { return r.week() })
		if _, spoke := weeks[lastWeek.String()]; spoke || len(weeks) < 2 {
			continue
		}
		rows = append(rows, []any{k.domain, k.organization, k.trust, k.signer, len(weeks),
			distinct(group, func(r result) string { return r.key }),
			latest(group, func(r result) time.Time { return r.end() }),
			latest(group, func(r result) time.Time { return r.received }),
		})
	}
	slices.SortFunc(rows, by(3, -7, 1, 2, 4))
	return rows
}

func (c Corpus) firstSeenFailures() (rows Rows) {
	type key struct{ domain, kind, result, mx, trust string }
	since := weeksBack(5)
	for k, group := range groups(inWeeks(failuresOf(c.results(since.Start())), since, thisWeek), func(f failure) key {
		return key{f.domain, f.kind, f.detail.result, f.mx, f.trust()}
	}) {
		first := earliest(group, func(f failure) time.Time { return f.start() })
		if first.Before(lastWeek.Start()) {
			continue
		}
		all := sums(group)
		rows = append(rows, []any{k.domain, k.kind, k.result, k.mx, k.trust, all[3], all[4], all[0], all[1], all[2]})
	}
	slices.SortFunc(rows, by(5, -6, -8, 1, 2, 3, 4))
	return rows
}

func (c Corpus) unauthenticatedReports() (rows Rows) {
	type key struct{ report, domain string }
	since := weeksBack(4)
	results := slices.DeleteFunc(inWeeks(c.results(since.Start()), since, thisWeek), func(r result) bool { return r.signer != "" })
	for k, group := range groups(results, func(r result) key { return key{r.key, r.domain} }) {
		r := group[0]
		rows = append(rows, []any{r.received, r.channel(), r.organizationName(), r.report.contact, r.report.id, k.domain, r.start(), r.end(), k.report})
	}
	slices.SortFunc(rows, by(-1, 9, 6))
	return rows
}

// AskedFor is the report that the query one-report is asked for.
const AskedFor = "copy unsigned, then signed, other bytes 0"

func (c Corpus) oneReport() (rows Rows) {
	for _, kept := range c.copies() {
		if kept.report.id != AskedFor {
			continue
		}
		rows = append(rows, []any{kept.received.Format(time.DateOnly), kept.received.Format(time.RFC3339Nano), kept.channel(), kept.trust(), kept.signer,
			kept.organizationName(), kept.report.id, kept.key, []string{}, kept.report.compacted()})
	}
	slices.SortFunc(rows, by(1, 8, 4, 5))
	return rows
}

// detailRows gives the details as a list of rows.
func (e entry) detailRows() []any {
	rows := []any{}
	for _, d := range e.details {
		rows = append(rows, []any{d.result, d.sendingIP, d.mx, d.helo, d.receiving, d.sessions, d.more, d.reasonCode})
	}
	return rows
}

// Text gives a value as all engines' values are compared.
func Text(value any) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case string:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case *big.Int:
		return v.String()
	case []string:
		return textOfList(v)
	case []any:
		return textOfList(v)
	case map[string]any:
		var members []any
		for _, column := range failureDetails() {
			members = append(members, v[column.Name])
		}
		return Text(members)
	default:
		return fmt.Sprint(v)
	}
}

// failureDetails are the members of an element of "failure-details", which is
// the one row that views give whole.
func failureDetails() []athena.Column {
	policies := athena.Columns()[slices.IndexFunc(athena.Columns(), func(c athena.Column) bool { return c.Name == "policies" })]
	members := policies.Type.Members()
	return members[len(members)-1].Type.Members()
}

func textOfList[T any](list []T) string {
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = Text(list[i])
	}
	text, err := json.Marshal(texts)
	if err != nil {
		panic(err) // Strings can be JSON's.
	}
	return string(text)
}
