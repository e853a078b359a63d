package athenasql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"sealpost/internal/sqlsum"
)

var _ sqlsum.Database = Hourly{}

// Hourly runs each SELECT once an hour: a call that is made again, since it was
// cut off, comes soon, and finds what runs already or has been found.
type Hourly struct {
	Workgroup Workgroup
	Timeout   time.Duration // Of a query, and of reading what it found. Then it is stopped.
}

// Rows implements sqlsum.Database.
func (h Hourly) Rows(ctx context.Context, sql string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		tooLong := fmt.Errorf("it took longer than %v, and was stopped", h.Timeout)
		ctx, cancel := context.WithTimeoutCause(ctx, h.Timeout, tooLong)
		defer cancel()
		occasion := h.Workgroup.Now().UTC().Format("2006-01-02T15")
		read := 0
		for row, err := range h.Workgroup.Rows(ctx, Statement{SQL: sql, Occasion: occasion}) {
			switch {
			case err == nil:
				read++
			case context.Cause(ctx) == tooLong && read > 0:
				err = errors.Join(fmt.Errorf("it found more than can be read in %v, of which %d rows were", h.Timeout, read), err)
			case context.Cause(ctx) == tooLong:
				err = errors.Join(tooLong, err)
			}
			if !yield(texts(row), err) {
				return
			}
		}
	}
}

func texts(row Row) []string {
	all := make([]string, len(row))
	for i, value := range row {
		if value != nil {
			all[i] = *value
		}
	}
	return all
}
