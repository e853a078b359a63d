package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// DamagedError says that what lies at a key of a report is none.
type DamagedError struct {
	Key string
	Err error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("read %s: %v", e.Key, e.Err) }

func (e *DamagedError) Unwrap() error { return e.Err }

// Get reads the line of one report, the signed one if there are two; the error
// is fs.ErrNotExist where there is none.
func (a Archive) Get(ctx context.Context, reportKey string) (Line, error) {
	place, err := a.Bucket.Get(ctx, indexEntry(reportKey))
	if err != nil {
		return Line{}, fmt.Errorf("look up the report's place in the index: %w", err)
	}
	signed, err := a.read(ctx, signedBeside(string(place)))
	if errors.Is(err, fs.ErrNotExist) {
		return a.read(ctx, string(place))
	}
	return signed, err
}

func (a Archive) read(ctx context.Context, key string) (Line, error) {
	object, err := a.Bucket.Get(ctx, key)
	if err != nil {
		return Line{}, fmt.Errorf("read %s: %w", key, err)
	}
	line, err := decode(object)
	if err != nil {
		return Line{}, &DamagedError{key, err}
	}
	return line, nil
}

// Lines gives the lines of all reports that were received on the UTC days of
// first to last, in no order: of some reports two, see [Archive.Keep]. It goes on after a [*DamagedError], and ends after
// any other error.
func (a Archive) Lines(ctx context.Context, first, last time.Time) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		lines := make(chan lineOrDamage, runtime.GOMAXPROCS(0))
		failed := make(chan error, 1)
		go func() {
			defer close(lines)
			failed <- a.readAll(ctx, first, last, lines)
		}()
		for l := range lines {
			if !yield(l.line, l.damage) {
				return
			}
		}
		if err := <-failed; err != nil {
			yield(Line{}, err)
		}
	}
}

// lineOrDamage is a line, or why it cannot be had.
type lineOrDamage struct {
	line   Line
	damage error
}

// readAll sends the lines, read by as many workers as keep a disk or a
// network busy.
func (a Archive) readAll(ctx context.Context, first, last time.Time, lines chan<- lineOrDamage) error {
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(4 * runtime.GOMAXPROCS(0))
	for key, err := range a.reportKeys(ctx, first, last) {
		if err != nil {
			workers.Go(func() error { return err })
			break
		}
		workers.Go(func() error {
			line, err := a.read(ctx, key)
			var damage *DamagedError
			if err != nil && !errors.As(err, &damage) {
				return err
			}
			select {
			case lines <- lineOrDamage{line, err}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	return workers.Wait()
}

func (a Archive) reportKeys(ctx context.Context, first, last time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for day := range days(first, last) {
			for key, err := range a.Bucket.List(ctx, ReportsPrefix+partition(day)+"/") {
				if err != nil {
					err = fmt.Errorf("list the reports of %s: %w", day.Format(time.DateOnly), err)
				} else if !strings.HasSuffix(key, LineSuffix) {
					continue // Some file manager's, or a network folder's.
				}
				if !yield(key, err) || err != nil {
					return
				}
			}
		}
	}
}

// FirstDay is before the first report by RFC 8460, of September 2018.
var FirstDay = time.Date(2018, time.January, 1, 0, 0, 0, 0, time.UTC)

func days(first, last time.Time) iter.Seq[time.Time] {
	const day = 24 * time.Hour
	if first.Before(FirstDay) {
		first = FirstDay
	}
	return func(yield func(time.Time) bool) {
		for t := first.UTC().Truncate(day); !t.After(last); t = t.Add(day) {
			if !yield(t) {
				return
			}
		}
	}
}
