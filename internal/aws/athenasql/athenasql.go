// Package athenasql runs SQL in a workgroup of Amazon Athena.
//
// A statement is asked for on an occasion, and on that it is run once, whoever
// asks how often: a call that ended before its query did is followed by one that
// finds it, running or done. Only what failed is run anew.
package athenasql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/go-json-experiment/json"

	"sealpost/internal/compaction"
)

var _ compaction.Engine = Workgroup{}

// Workgroup is where statements run: with its limits, on the tables of a database.
type Workgroup struct {
	Client   *athena.Client
	Name     string
	Database string
	Now      func() time.Time
	Timeout  time.Duration // Of each call, with all its attempts; not of a query.
}

// Statement is one statement of SQL.
type Statement struct {
	SQL    string
	Values []string // For its question marks, in order. Athena takes them in SELECT and INSERT only.

	// Occasion is what the statement is run for, such as "digest of 2026-W47".
	// Athena keeps the answer for each occasion for a time that AWS does not
	// tell: whoever wants a later answer names another.
	Occasion string
}

// Row has the values of a row of a result as Athena words them; nil is NULL.
type Row []*string

// Rows runs a SELECT and gives what it found. It ends after the first error. A
// query that runs when ctx ends is stopped: nobody waits for it any more.
func (w Workgroup) Rows(ctx context.Context, s Statement) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		id, err := w.done(ctx, s)
		if err != nil {
			if ctx.Err() != nil && id != "" {
				err = errors.Join(err, w.stop(ctx, id))
			}
			yield(nil, err)
			return
		}
		w.results(ctx, id, yield)
	}
}

// Run implements compaction.Engine: a statement that runs when ctx ends runs on.
func (w Workgroup) Run(ctx context.Context, sql, occasion string) error {
	_, err := w.done(ctx, Statement{SQL: sql, Occasion: occasion})
	return err
}

// Value implements compaction.Engine.
func (w Workgroup) Value(ctx context.Context, sql, occasion string) (value string, is bool, err error) {
	for row, err := range w.Rows(ctx, Statement{SQL: sql, Occasion: occasion}) {
		if err != nil {
			return "", false, err
		}
		if len(row) > 0 && row[0] != nil {
			return *row[0], true, nil
		}
		break
	}
	return "", false, nil
}

const (
	// maxTries is how many executions are looked at for an occasion.
	maxTries = 30
	// maxFailures is how many of them may fail in one call, where Athena says that
	// another may not.
	maxFailures = 3
)

// done gives the execution that did what the statement says. With an error it
// gives the one that was waited for, if any.
func (w Workgroup) done(ctx context.Context, s Statement) (id string, err error) {
	begun := w.Now().Truncate(time.Millisecond) // As exact as Athena's times.
	failures := 0
	for try := range maxTries {
		id, err = w.start(ctx, s, try)
		if err != nil {
			return "", err
		}
		status, err := w.ended(ctx, id)
		switch {
		case err != nil:
			return id, fmt.Errorf("wait for query %s: %w", id, err)
		case status.State == types.QueryExecutionStateSucceeded:
			return id, nil
		case aws.ToTime(status.SubmissionDateTime).Before(begun):
			// It is of an earlier call, and its cause may be gone. Should Athena's
			// clock be behind, one of this call is run again until it is not.
		case retryable(status) && failures+1 < maxFailures:
			failures++
		default:
			return "", w.failure(id, status)
		}
	}
	return "", fmt.Errorf("the query has failed %d times for %q, and is not run for that again; for anything else it is", maxTries, s.Occasion)
}

// start begins the try of a statement, or finds it begun.
func (w Workgroup) start(ctx context.Context, s Statement, try int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	token, err := w.token(s, try)
	if err != nil {
		return "", err
	}
	var values []string
	for _, value := range s.Values {
		values = append(values, Quote(value))
	}
	started, err := w.Client.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
		QueryString:           &s.SQL,
		ExecutionParameters:   values,
		ClientRequestToken:    &token,
		QueryExecutionContext: &types.QueryExecutionContext{Database: &w.Database},
		WorkGroup:             &w.Name,
	})
	if err != nil {
		return "", fmt.Errorf("start the query in Athena: %w", err)
	}
	return aws.ToString(started.QueryExecutionId), nil
}

// token is what Athena knows the try by. It takes an error for a token that was
// used for anything else; so all that is asked is in it.
func (w Workgroup) token(s Statement, try int) (string, error) {
	asked, err := json.Marshal([]any{w.Name, w.Database, s.SQL, s.Values, s.Occasion, try})
	if err != nil {
		return "", fmt.Errorf("name the query: %w", err)
	}
	sum := sha256.Sum256(asked)
	return hex.EncodeToString(sum[:]), nil
}

// Quote writes a text as SQL has it. The values of question marks are written so
// too, since Athena puts them where the marks are.
func Quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
