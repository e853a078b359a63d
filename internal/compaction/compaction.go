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
	compaction := athena.NewCompaction(c.Bucket, now)
	oldest := now.Truncate(day).AddDate(0, 0, -c.KeepDays)

	if err := c.Engine.Run(ctx, compaction.Create(), occasion); err != nil {
		return Done{}, fmt.Errorf("make the table of compacted reports: %w", err)
	}
	from, err := c.firstDay(ctx, now, since, oldest)
	if err != nil {
		return Done{}, err
	}
	for window := range windows(from, compaction.Before) {
		window.Bucket = c.Bucket
		if err := c.Engine.Run(ctx, window.Fill(), occasion); err != nil {
			return Done{}, fmt.Errorf("compact the days from %s to before %s: %w", text(window.From), text(window.Before), err)
		}
	}
	if err := c.Engine.Run(ctx, compaction.Switch(), occasion); err != nil {
		return Done{}, fmt.Errorf("have the views read what is compacted: %w", err)
	}
	if err := c.Engine.Run(ctx, athena.Expire(oldest), occasion); err != nil {
		return Done{}, fmt.Errorf("delete what was received before %s: %w", text(oldest), err)
	}
	if err := c.Engine.Run(ctx, compaction.Vacuum(), occasion); err != nil && !moreToVacuum(err) {
		return Done{}, fmt.Errorf("remove the files that nothing reads any more: %w", err)
	}
	return Done{From: text(from), Before: text(compaction.Before), Oldest: text(oldest)}, nil
}

const day = 24 * time.Hour

// firstDay gives the day after the last that has lines in the table: windows are
// taken up in order and each as a whole, so all before it are in. It is an
// earlier one where late lines are looked for.
func (c Compactor) firstDay(ctx context.Context, now, since, oldest time.Time) (time.Time, error) {
	from := oldest
	last, is, err := c.Engine.Value(ctx, athena.LastCompacted(), now.Format(time.RFC3339Nano)) // Never what it was before.
	if err != nil {
		return time.Time{}, fmt.Errorf("look up which days are compacted: %w", err)
	}
	if is {
		taken, err := time.Parse(time.DateOnly, last)
		if err != nil {
			return time.Time{}, fmt.Errorf("look up which days are compacted: %w", err)
		}
		from = taken.AddDate(0, 0, 1)
		if now.Weekday() == time.Sunday {
			from = from.AddDate(0, 0, -athena.WindowDays)
		}
	}
	if !since.IsZero() && since.Before(from) {
		from = since
	}
	if from.Before(oldest) {
		from = oldest
	}
	return from, nil
}

// windowDays is how many days one statement takes up. Athena writes 100
// partitions at most by one, and reads no more than the workgroup lets it.
const windowDays = 30

// windows gives the days from one to before another, in order.
func windows(from, before time.Time) iter.Seq[athena.Compaction] {
	return func(yield func(athena.Compaction) bool) {
		for from.Before(before) {
			end := from.AddDate(0, 0, windowDays)
			if end.After(before) {
				end = before
			}
			if !yield(athena.Compaction{From: from, Before: end}) {
				return
			}
			from = end
		}
	}
}

func text(day time.Time) string { return day.Format(time.DateOnly) }

// moreToVacuum: one VACUUM removes so many files and no more (Athena User Guide,
// "VACUUM"). The others wait for the next run.
func moreToVacuum(err error) bool {
	return strings.Contains(err.Error(), "ICEBERG_VACUUM_MORE_RUNS_NEEDED")
}
