package linesum_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/linesum"
)

// reports are lines, and then perhaps an error.
type reports struct {
	lines  []archive.Line
	damage []string
	err    error
}

func (r reports) Lines(context.Context, time.Time, time.Time) iter.Seq2[archive.Line, error] {
	return func(yield func(archive.Line, error) bool) {
		for _, key := range r.damage {
			if !yield(archive.Line{}, &archive.DamagedError{Key: key, Err: errors.New("not gzip")}) {
				return
			}
		}
		for _, line := range r.lines {
			if !yield(line, nil) {
				return
			}
		}
		if r.err != nil {
			yield(archive.Line{}, r.err)
		}
	}
}

func engineOver(r linesum.Reports) linesum.Engine {
	return linesum.Engine{Reports: r, Now: func() time.Time { return digesttest.Day(8) }}
}

func TestEngine(t *testing.T) {
	digesttest.Engines(t, func(_ *testing.T, lines []archive.Line) digesttest.Engine { return engineOver(reports{lines: lines}) })
}

// TestMemory holds the model to what the suite says in numbers.
func TestMemory(t *testing.T) {
	digesttest.Engines(t, func(_ *testing.T, lines []archive.Line) digesttest.Engine { return digesttest.Memory{Lines: lines} })
}

func TestErrorsArePassedOn(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := engineOver(reports{lines: []archive.Line{digesttest.Report("Lark Mail", digesttest.Day(0), digesttest.STS("example.com", 1, 0))}, err: broken}).
		Sums(t.Context(), digesttest.Query)
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

// TestDamage: what cannot be read is named, and the rest counts.
func TestDamage(t *testing.T) {
	sums, err := engineOver(reports{
		damage: []string{"reports/b", "reports/a"},
		lines:  []archive.Line{digesttest.Report("Lark Mail", digesttest.Day(0), digesttest.STS("example.com", 1, 0))},
	}).Sums(t.Context(), digesttest.Query)
	if err != nil {
		t.Fatal(err)
	}
	d := sums.Digest(digest.Subject{})
	if len(d.Damaged) != 2 || d.Damaged[0] != "reports/a" || d.Reports != 1 {
		t.Errorf("got %q and %d reports", d.Damaged, d.Reports)
	}
}

// readings has other reports each time.
type readings [][]archive.Line

func (r *readings) Lines(ctx context.Context, first, last time.Time) iter.Seq2[archive.Line, error] {
	lines := (*r)[0]
	*r = (*r)[1:]
	return reports{lines: lines}.Lines(ctx, first, last)
}

// TestStoredInBetween: a copy that comes while the reports are read again is
// left for the next time, and does not count beside the one that counts.
func TestStoredInBetween(t *testing.T) {
	worse := digesttest.Report("Lark Mail", digesttest.Day(0), digesttest.STS("example.com", 1, 0))
	better, best := worse, worse
	better.ReceivedAt = worse.ReceivedAt.Add(time.Hour)
	best.ReceivedAt = better.ReceivedAt.Add(time.Hour)
	for _, again := range [][]archive.Line{{best, better, worse}, {better, best, worse}, {worse, better, best}} {
		twice := &readings{{worse, better}, again}
		sums, err := engineOver(twice).Sums(t.Context(), digesttest.Query)
		if err != nil {
			t.Fatal(err)
		}
		if d := sums.Digest(digest.Subject{}); d.Reports != 1 || d.Copies != 2 || len(*twice) > 0 {
			t.Errorf("%d reports, %d copies", d.Reports, d.Copies)
		}
	}
}

// TestSpan: reports are sought from the earliest week on up to now.
func TestSpan(t *testing.T) {
	asked := new(span)
	if _, err := (linesum.Engine{Reports: asked, Now: func() time.Time { return digesttest.Day(8) }}).Sums(t.Context(), digesttest.Query); err != nil {
		t.Fatal(err)
	}
	if !asked.first.Equal(digesttest.Day(-28)) || !asked.last.Equal(digesttest.Day(8)) {
		t.Errorf("asked for %s to %s", asked.first, asked.last)
	}
}

type span struct{ first, last time.Time }

func (s *span) Lines(_ context.Context, first, last time.Time) iter.Seq2[archive.Line, error] {
	s.first, s.last = first, last
	return func(func(archive.Line, error) bool) {}
}
