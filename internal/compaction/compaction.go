// Package compaction has the many small files of days that are over brought
// together in few large ones, day by day, and those of days that are kept no
// longer removed. It decides which days and in which order; an engine of SQL
// moves the lines.
//
// Nothing is remembered but what lies in the tables: where a run was cut off, the
// next one goes on.
package compaction

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"sealpost/schemas/athena"
)

// Engine runs SQL over the tables of reports.
//
// A statement is run for an occasion. Whoever asks for the same again for the
// same occasion gets what runs already, or what came of it, unless that failed.
type Engine interface {
	// Run runs a statement that has no result. When ctx ends before the
	// statement does, it runs on.
	Run(ctx context.Context, sql, occasion string) error

	// Value runs a query that finds at most one value. is is false for NULL, and
	// where there is none.
	Value(ctx context.Context, sql, occasion string) (value string, is bool, err error)
}

// Compactor brings days together.
type Compactor struct {
	Engine   Engine
	Bucket   string // For the large files, as "s3://name/".
	KeepDays int    // For how many days after its receipt a report is kept.
	Now      func() time.Time
}

// Call is what asks for a run.
type Call struct {
	// Since is a day such as "2026-11-01" from which on all days are looked at
	// again, for lines that came to lie there late. Empty, that is done on
	// Sundays, some weeks back.
	Since string `json:"since"`
}

// Done says what a run has done. Days are such as "2026-11-01".
type Done struct {
	From   string // The first day that was looked at.
	Before string // Days before this one are read from the large files.
	Oldest string // Days before this one are gone.
}

// Answer does what a call asks for, a Call as JSON.
func (c Compactor) Answer(ctx context.Context, text []byte) (Done, error) {
	var call Call
	if err := json.Unmarshal(text, &call, json.RejectUnknownMembers(true)); err != nil {
		return Done{}, fmt.Errorf(`the call is not like {} or {"since": "2026-11-01"}: %w`, err)
	}
	var since time.Time
	if call.Since != "" {
		var err error
		if since, err = time.Parse(time.DateOnly, call.Since); err != nil {
			return Done{}, fmt.Errorf(`"since" is no day such as 2026-11-01: %w`, err)
		}
	}
	return c.run(ctx, since)
}

// run does it all, in an order in which it may be cut off anywhere: the views
// read large files of a day only once all of its lines are in them.
func (c Compactor) run(ctx context.Context, since time.Time) (Done, error) {
	now := c.Now().UTC()
	occasion := now.Format("2006-01-02T15") // A call that is made again comes soon.
	oldest := now.Truncate(24*time.Hour).AddDate(0, 0, -c.KeepDays)
	if err := c.Engine.Run(ctx, athena.CreateCompacted(c.Bucket), occasion); err != nil {
		return Done{}, fmt.Errorf("make the table of compacted reports: %w", err)
	}
	reached, err := c.reached(ctx)
	if err != nil {
		return Done{}, fmt.Errorf("look up which days are compacted: %w", err)
	}
	all := athena.NewCompaction(now, reached)
	if !since.IsZero() && since.Before(all.From) {
		all.From = since
	}
	if all.From.Before(oldest) {
		all.From = oldest
	}
	for window := range windows(all) {
		if err := c.Engine.Run(ctx, window.Fill(), occasion); err != nil {
			return Done{}, fmt.Errorf("compact the days from %s to before %s: %w", text(window.From), text(window.Before), err)
		}
	}
	if err := c.Engine.Run(ctx, all.Switch(), occasion); err != nil {
		return Done{}, fmt.Errorf("have the views read what is compacted: %w", err)
	}
	if err := c.Engine.Run(ctx, athena.Expire(oldest), occasion); err != nil {
		return Done{}, fmt.Errorf("delete what was received before %s: %w", text(oldest), err)
	}
	if err := c.Engine.Run(ctx, athena.Vacuum, occasion); err != nil && !moreToVacuum(err) {
		return Done{}, fmt.Errorf("remove the files that nothing reads any more: %w", err)
	}
	return Done{From: text(all.From), Before: text(all.Before), Oldest: text(oldest)}, nil
}

// reached gives the last day that has lines in the table, or the zero time.
func (c Compactor) reached(ctx context.Context) (time.Time, error) {
	last, is, err := c.Engine.Value(ctx, athena.Reached, c.Now().Format(time.RFC3339Nano)) // Never what it was before.
	if err != nil || !is {
		return time.Time{}, err
	}
	return time.Parse(time.DateOnly, last)
}

// windowDays is how many days one statement takes up. Athena writes 100
// partitions at most by one, and reads no more than the workgroup lets it.
const windowDays = 30

// windows splits the days, in order: what was reached would not be true otherwise.
func windows(all athena.Compaction) iter.Seq[athena.Compaction] {
	return func(yield func(athena.Compaction) bool) {
		for from := all.From; from.Before(all.Before); from = from.AddDate(0, 0, windowDays) {
			before := from.AddDate(0, 0, windowDays)
			if before.After(all.Before) {
				before = all.Before
			}
			if !yield(athena.Compaction{From: from, Before: before}) {
				return
			}
		}
	}
}

func text(day time.Time) string { return day.Format(time.DateOnly) }

// moreToVacuum: one VACUUM removes so many files and no more (Athena User Guide,
// "VACUUM"). The others wait for the next run.
func moreToVacuum(err error) bool {
	return strings.Contains(err.Error(), "ICEBERG_VACUUM_MORE_RUNS_NEEDED")
}
