package digest_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/linesum"
	"sealpost/internal/mtasts"
)

var (
	week = digesttest.Week
	day  = digesttest.Day

	report   = digesttest.Report
	unsigned = digesttest.Unsigned
	sts      = digesttest.STS
	policy   = digesttest.Policy
	failure  = digesttest.Failure
	because  = digesttest.Because
)

// archived are the lines of an archive.
type archived []archive.Line

func (a archived) Lines(context.Context, time.Time, time.Time) iter.Seq2[archive.Line, error] {
	return func(yield func(archive.Line, error) bool) {
		for line := range slices.Values(a) {
			if !yield(line, nil) {
				return
			}
		}
	}
}

func sum(t testing.TB, hosted []string, lines []archive.Line) digest.Digest {
	t.Helper()
	var policies map[string]digest.Policy
	for _, domain := range hosted {
		if policies == nil {
			policies = make(map[string]digest.Policy)
		}
		policies[domain] = digest.Policy{Mode: mtasts.ModeEnforce}
	}
	return sums(t, lines).Digest(digest.Subject{Policies: policies})
}

func sums(t testing.TB, lines []archive.Line) *digest.Sums {
	t.Helper()
	s, err := linesum.Engine{Reports: archived(lines), Now: func() time.Time { return day(8) }}.Sums(t.Context(), digesttest.Query)
	check(t, err)
	return s
}
