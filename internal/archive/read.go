package archive

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// Get reads the line of one report; the error is fs.ErrNotExist where there
// is none.
func (a Archive) Get(ctx context.Context, reportKey string) (Line, error) {
	object, err := a.Bucket.Get(ctx, "index/v1/"+reportKey)
	if err != nil {
		return Line{}, fmt.Errorf("look up the report's place in the index: %w", err)
	}
	return a.read(ctx, string(object))
}

func (a Archive) read(ctx context.Context, key string) (Line, error) {
	object, err := a.Bucket.Get(ctx, key)
	if err != nil {
		return Line{}, fmt.Errorf("read %s: %w", key, err)
	}
	line, err := decode(object)
	if err != nil {
		return Line{}, fmt.Errorf("read %s: %w", key, err)
	}
	return line, nil
}

// Lines gives the lines of all reports that were received on the UTC days of
// first to last, in no order. It ends after the first error.
func (a Archive) Lines(ctx context.Context, first, last time.Time) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		lines := make(chan Line, runtime.GOMAXPROCS(0))
		failed := make(chan error, 1)
		go func() {
			defer close(lines)
			failed <- a.readAll(ctx, first, last, lines)
		}()
		for line := range lines {
			if !yield(line, nil) {
				return
			}
		}
		if err := <-failed; err != nil {
			yield(Line{}, err)
		}
	}
}

// readAll sends the lines, read by as many workers as keep a disk or a
// network busy.
func (a Archive) readAll(ctx context.Context, first, last time.Time, lines chan<- Line) error {
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(4 * runtime.GOMAXPROCS(0))
	for key, err := range a.reportKeys(ctx, first, last) {
		if err != nil {
			workers.Go(func() error { return err })
			break
		}
		workers.Go(func() error {
			line, err := a.read(ctx, key)
			if err != nil {
				return err
			}
			select {
			case lines <- line:
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
			for key, err := range a.Bucket.List(ctx, reportsPrefix+partition(day)+"/") {
				if err != nil {
					err = fmt.Errorf("list the reports of %s: %w", day.Format(time.DateOnly), err)
				}
				if !yield(key, err) || err != nil {
					return
				}
			}
		}
	}
}

func days(first, last time.Time) iter.Seq[time.Time] {
	const day = 24 * time.Hour
	return func(yield func(time.Time) bool) {
		for t := first.UTC().Truncate(day); !t.After(last); t = t.Add(day) {
			if !yield(t) {
				return
			}
		}
	}
}
