// Package sqlsum has SQL sum the reports: the engine of digests for more of them
// than one machine can read. It runs wherever the views of schemas/athena are.
package sqlsum

import (
	"context"
	"fmt"
	"iter"

	"sealpost/internal/digest"
	"sealpost/schemas/athena"
)

// Database is where the views of the reports are.
type Database interface {
	// Rows runs a SELECT, of which all columns are texts, and gives the rows that
	// it finds, in any order, and "" for NULL. No more of them is held than a page.
	// It ends after the first error, which says what can be done about it.
	Rows(ctx context.Context, query string) iter.Seq2[[]string, error]
}

// Engine sums reports by three statements.
type Engine struct {
	Database Database
}

// maxRows is how many rows of one statement are read. All that reporters name,
// such as any number of MXs, makes rows, and to read these many takes minutes. What
// is worth telling apart is less by far.
const maxRows = 1_000_000

// Sums sums the reports that a query asks for. Reports about domains that do not
// count make rows too, which are passed over.
//
// A report that cannot be read fails the statement; its key is in the error.
func (e Engine) Sums(ctx context.Context, q digest.Query) (*digest.Sums, error) {
	sums := digest.NewSums(q)
	ask := athena.Digest{Start: q.Start(), End: q.End(), Since: q.Since, TextLength: digest.ExampleLength}
	for _, part := range []struct {
		of, query string
		add       func(*row)
	}{
		{"reports", ask.Reports(), func(r *row) { sums.AddReports(r.reports()) }},
		{"results", ask.Results(), func(r *row) { sums.AddResult(r.result()) }},
		{"failures", ask.Failures(), func(r *row) { sums.AddFailure(r.failure()) }},
	} {
		if err := e.each(ctx, part.query, part.add); err != nil {
			return nil, fmt.Errorf("sum the %s of week %s and the %d before it by SQL: %w", part.of, q.Week, q.Earlier, err)
		}
	}
	return sums, nil
}

// each reads what a statement finds.
func (e Engine) each(ctx context.Context, query string, add func(*row)) error {
	n := 0
	for values, err := range e.Database.Rows(ctx, query) {
		if err != nil {
			return err
		}
		if n++; n > maxRows {
			return fmt.Errorf("there are more than %d different things in the reports, which is a flood: let the digest read them one by one (digest.engine: s3)", maxRows)
		}
		r := &row{values: values}
		if add(r); r.err != nil {
			return fmt.Errorf("read row %d of the result: %w", n, r.err)
		}
	}
	return nil
}
