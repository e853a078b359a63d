package querytest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"sealpost/internal/digest"
)

// What follows counts without a line, an archive or any SQL: from what was sent.

// copyKept is one text of a report, as whoever vouches for it has it kept.
type copyKept struct {
	report   report
	key      string
	signer   string
	received time.Time
	isDouble bool // Its line lies there twice.
}

func (c copyKept) trust() string {
	if c.signer == "" {
		return "none"
	}
	return "dkim"
}

func (c copyKept) channel() string {
	if c.signer == "" {
		return "https"
	}
	return "mail"
}

// start and end are exact to the second.
func (c copyKept) start() time.Time { return c.report.start.Truncate(time.Second) }
func (c copyKept) end() time.Time   { return c.report.end.Truncate(time.Second) }

func (c copyKept) week() string { return digest.WeekOf(c.report.start).String() }

// compacted is the text without white space.
func (r report) compacted() string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(strings.TrimPrefix(r.text(), "\ufeff"))); err != nil {
		panic(err) // Reports are JSON.
	}
	return b.String()
}

func (r report) key() string {
	sum := sha256.Sum256([]byte(r.compacted()))
	return hex.EncodeToString(sum[:])
}

// copies gives each text once as it came first, and once more as it came first
// with a signature, if that was later.
func (c Corpus) copies() []copyKept {
	var kept []copyKept
	first, signed := make(map[string]int), make(map[string]int) // Where they are in kept.
	for i, s := range c.sendings {
		key, places := s.report.key(), first
		if s.signer != "" {
			places = signed
		}
		place, known := places[key]
		if !known {
			place = len(kept)
			received := s.received.Truncate(time.Millisecond)
			if before, came := first[key]; came {
				received = kept[before].received
			} else {
				first[key] = place
			}
			places[key] = place
			kept = append(kept, copyKept{report: s.report, key: key, signer: s.signer, received: received})
		}
		if c.isDouble(i) {
			kept[place].isDouble = true
		}
	}
	return kept
}

// result is an element of "policies" that counts.
type result struct {
	copyKept
	entry
	number int
}

// results gives what counts of what came since a day.
func (c Corpus) results(since time.Time) []result {
	type logical struct {
		organization, id, domain string
		start, end               int64
	}
	copies := make(map[logical][]copyKept)
	for _, kept := range c.copies() {
		if kept.received.Before(since) {
			continue
		}
		named := make(map[string]bool)
		for _, e := range kept.report.entries {
			if !named[e.domain] {
				named[e.domain] = true
				l := logical{kept.report.organization, kept.report.id, e.domain, kept.start().Unix(), kept.end().Unix()}
				copies[l] = append(copies[l], kept)
			}
		}
	}
	var results []result
	for l, of := range copies {
		for _, best := range thatCount(of) {
			for i, e := range best.report.entries {
				if e.domain == l.domain {
					results = append(results, result{best, e, i + 1})
				}
			}
		}
	}
	return results
}

// thatCount gives the newest of those that each domain signed, or where nobody
// signed any, the newest.
func thatCount(copies []copyKept) []copyKept {
	newest := make(map[string]copyKept)
	for _, c := range copies {
		best, known := newest[c.signer]
		if !known || c.received.After(best.received) || c.received.Equal(best.received) && c.key > best.key {
			newest[c.signer] = c
		}
	}
	if len(newest) > 1 {
		delete(newest, "")
	}
	var all []copyKept
	for _, c := range newest {
		all = append(all, c)
	}
	return all
}

// failure is an element of "failure-details" of a result.
type failure struct {
	result
	detail
}

func failuresOf(results []result) []failure {
	var all []failure
	for _, r := range results {
		for _, d := range r.details {
			d.mx = strings.ToLower(strings.TrimSuffix(d.mx, "."))
			all = append(all, failure{r, d})
		}
	}
	return all
}

// inWeeks gives those whose report starts in one of the weeks, both included.
func inWeeks[T interface{ week() string }](all []T, first, last digest.Week) []T {
	return slices.DeleteFunc(slices.Clone(all), func(one T) bool {
		week := one.week()
		return week < first.String() || week > last.String()
	})
}

// groups brings together what has the same key.
func groups[T any, K comparable](all []T, key func(T) K) map[K][]T {
	grouped := make(map[K][]T)
	for _, one := range all {
		grouped[key(one)] = append(grouped[key(one)], one)
	}
	return grouped
}

func distinct[T any, K comparable](all []T, what func(T) K) int {
	return len(groups(all, what))
}

func earliest[T any](all []T, what func(T) time.Time) time.Time {
	return what(slices.MinFunc(all, func(a, b T) int { return what(a).Compare(what(b)) }))
}

func latest[T any](all []T, what func(T) time.Time) time.Time {
	return what(slices.MaxFunc(all, func(a, b T) int { return what(a).Compare(what(b)) }))
}

// by compares rows by columns, the first of which is 1. A minus before the
// number of a column turns it about.
func by(columns ...int) func(a, b []any) int {
	return func(a, b []any) int {
		for _, column := range columns {
			i := max(column, -column) - 1
			if order := compareValues(a[i], b[i]); order != 0 {
				return order * column / max(column, -column)
			}
		}
		return 0
	}
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case int:
		return cmp.Compare(a, b.(int))
	case *big.Int:
		return a.Cmp(b.(*big.Int))
	case time.Time:
		return a.Compare(b.(time.Time))
	default:
		panic("there is no order for it")
	}
}

// sum adds up counts of any size.
func sum[T any](all []T, what func(T) int64) *big.Int {
	total := new(big.Int)
	for _, one := range all {
		total.Add(total, big.NewInt(what(one)))
	}
	return total
}
