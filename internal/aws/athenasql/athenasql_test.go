package athenasql_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/aws/athenasql"
)

var statement = athenasql.Statement{
	SQL:      "SELECT a, b FROM t WHERE c = ?",
	Values:   []string{"d'Artagnan"},
	Occasion: "2026-W47",
}

// written reads rows as lines, with NULL for nil.
func written(w athenasql.Workgroup, ctx context.Context, s athenasql.Statement) (lines []string, err error) {
	for row, err := range w.Rows(ctx, s) {
		if err != nil {
			return lines, err
		}
		var values []string
		for _, value := range row {
			if value == nil {
				values = append(values, "NULL")
			} else {
				values = append(values, *value)
			}
		}
		lines = append(lines, strings.Join(values, " "))
	}
	return lines, nil
}

func TestRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, runs: 3 * time.Second, rows: [][]any{{"a", "b"}, {"1", nil}, {"", "x"}}}
		lines, err := written(workgroup(fake), t.Context(), statement)
		if err != nil || strings.Join(lines, "|") != "1 NULL| x" {
			t.Errorf("got %q, %v", lines, err)
		}
		asked := fake.executions[0].asked
		if asked.QueryString != statement.SQL || asked.WorkGroup != "sealpost" || asked.QueryExecutionContext.Database != "sealpost_reports" ||
			strings.Join(asked.ExecutionParameters, "|") != "'d''Artagnan'" {
			t.Errorf("asked %+v", asked)
		}
		if n := len(asked.ClientRequestToken); n < 32 || n > 128 {
			t.Errorf("the token has %d characters; Athena takes 32 to 128", n)
		}
	})
}

// TestPages: Athena gives a thousand rows at once, of which the very first has
// the names of the columns.
func TestPages(t *testing.T) {
	for _, n := range []int{0, 1, 999, 1000, 2500} {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeAthena{t: t, rows: [][]any{{"a", "b"}}}
			for i := range n {
				fake.rows = append(fake.rows, []any{"a", fmt.Sprint("b", i)})
			}
			lines, err := written(workgroup(fake), t.Context(), statement)
			if err != nil || len(lines) != n || n > 0 && (lines[0] != "a b0" || lines[n-1] != fmt.Sprint("a b", n-1)) {
				t.Errorf("%d rows: got %d, %v", n, len(lines), err)
			}
			if want := n/1000 + 1; len(fake.pages) != want || fake.pages[0] != 1000 {
				t.Errorf("%d rows: asked for pages of %v rows; want %d of 1000", n, fake.pages, want)
			}
		})
	}
}

// TestNoMoreThanWanted: who has seen enough reads no further page.
func TestNoMoreThanWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, rows: [][]any{{"a"}}}
		for range 3000 {
			fake.rows = append(fake.rows, []any{"1"})
		}
		for range workgroup(fake).Rows(t.Context(), statement) {
			break
		}
		if len(fake.pages) != 1 {
			t.Errorf("%d pages were read", len(fake.pages))
		}
	})
}

// TestNoHeader: what is no SELECT has none.
func TestNoHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t}
		if lines, err := written(workgroup(fake), t.Context(), statement); err != nil || len(lines) > 0 {
			t.Errorf("got %q, %v", lines, err)
		}
	})
}

// TestOnce: who asks again for the same occasion finds what runs, or what it found.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, runs: 20 * time.Minute}
		w := workgroup(fake)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
			err := w.Run(ctx, statement.SQL, statement.Occasion)
			cancel()
			if early := time.Since(fake.executions[0].submitted) < fake.runs; early != (err != nil) || early && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", time.Since(fake.executions[0].submitted), err)
			}
		}
		if len(fake.executions) != 1 || fake.count("StopQueryExecution") != 0 {
			t.Errorf("%d executions, %q", len(fake.executions), fake.calls)
		}
	})
}

// TestOthers: whatever differs is something else.
func TestOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t}
		w := workgroup(fake)
		other := w
		other.Database = "other"
		for i, ask := range []func() error{
			func() error { return w.Run(t.Context(), statement.SQL, statement.Occasion) },
			func() error { s := statement; s.Occasion = "2026-W48"; return w.Run(t.Context(), s.SQL, s.Occasion) },
			func() error { s := statement; s.SQL += " "; return w.Run(t.Context(), s.SQL, s.Occasion) },
			func() error {
				s := statement
				s.Values = []string{"d", "Artagnan"}
				_, err := written(w, t.Context(), s)
				return err
			},
			func() error { return other.Run(t.Context(), statement.SQL, statement.Occasion) },
		} {
			if err := ask(); err != nil {
				t.Error(err)
			}
			if len(fake.executions) != i+1 {
				t.Errorf("%d: there are %d executions", i, len(fake.executions))
			}
		}
	})
}

// TestStopped: a SELECT that nobody waits for any more is stopped, and the next
// call runs it anew.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, runs: time.Hour, rows: [][]any{{"a"}, {"1"}}}
		w := workgroup(fake)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := written(w, ctx, statement); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v; want that the time is over", err)
		}
		if !fake.executions[0].stopped {
			t.Error("the query runs on")
		}
		fake.runs = time.Second
		lines, err := written(w, t.Context(), statement)
		if err != nil || strings.Join(lines, "|") != "1" || len(fake.executions) != 2 {
			t.Errorf("then: %q, %v, %d executions", lines, err, len(fake.executions))
		}
	})
}

// TestFailures: what failed says why, and the next call tries anew.
func TestFailures(t *testing.T) {
	again := ending{"FAILED", "INTERNAL_ERROR: the node is away", true}
	for _, test := range []struct {
		name       string
		ends       []ending
		executions int
		want       string
	}{
		{"for good", []ending{{"FAILED", "TABLE_NOT_FOUND: reports", false}}, 1, "query 0 failed: TABLE_NOT_FOUND: reports"},
		{"may succeed, and does", []ending{again, again}, 3, ""},
		{"may succeed, and does not", []ending{again, again, again}, 3, "query 2 failed: INTERNAL_ERROR: the node is away"},
		{"stopped by somebody", []ending{{"CANCELLED", "Query cancelled by user", false}}, 1, "query 0 was stopped by somebody: Query cancelled by user"},
		{"read too much", []ending{{"CANCELLED", "Bytes scanned limit was exceeded", false}}, 1,
			"ask for fewer days, or raise athena.scanLimitGB in the configuration and deploy it"},
		{"read too much, and failed", []ending{{"FAILED", "Query exhausted: Bytes scanned limit was exceeded", false}}, 1, "the workgroup sealpost lets one query read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeAthena{t: t, runs: time.Second, ends: test.ends}
				w := workgroup(fake)
				err := w.Run(t.Context(), statement.SQL, statement.Occasion)
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v; want %q", err, test.want)
				}
				if len(fake.executions) != test.executions {
					t.Errorf("%d executions; want %d", len(fake.executions), test.executions)
				}
				time.Sleep(time.Minute)
				fake.ends = nil
				if err := w.Run(t.Context(), statement.SQL, statement.Occasion); err != nil {
					t.Errorf("the next call: %v", err)
				}
			})
		})
	}
}

// TestJoinedFails: a query of another call that fails while we wait is run anew.
func TestJoinedFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, runs: time.Hour, ends: []ending{{"FAILED", "no", false}}}
		w := workgroup(fake)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.Run(ctx, statement.SQL, statement.Occasion); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := w.Run(t.Context(), statement.SQL, statement.Occasion); err != nil || len(fake.executions) != 2 {
			t.Errorf("%v, %d executions", err, len(fake.executions))
		}
	})
}

// TestClockBehind: while Athena's clock is behind ours, what fails now seems to
// have failed before.
func TestClockBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := ending{"FAILED", "no", false}
		fake := &fakeAthena{t: t, runs: time.Second}
		for range 100 {
			fake.ends = append(fake.ends, never)
		}
		w := workgroup(fake)
		w.Now = func() time.Time { return time.Now().Add(5 * time.Second) }
		if err := w.Run(t.Context(), statement.SQL, statement.Occasion); err == nil || !strings.Contains(err.Error(), "failed: no") || len(fake.executions) > 10 {
			t.Errorf("%v, %d executions", err, len(fake.executions))
		}
		w.Now = func() time.Time { return time.Now().AddDate(0, 0, 1) }
		if err := w.Run(t.Context(), statement.SQL, statement.Occasion); err == nil || !strings.Contains(err.Error(), `has failed 30 times for "2026-W47"`) {
			t.Errorf("got %v", err)
		}
	})
}

// TestThrottled: Athena lets an account ask so often and no more.
func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, refusals: []string{"TooManyRequestsException", "ThrottlingException"}}
		if err := workgroup(fake).Run(t.Context(), statement.SQL, statement.Occasion); err != nil || len(fake.executions) != 1 {
			t.Errorf("%v, %d executions", err, len(fake.executions))
		}
		fake.refusals = []string{"TooManyRequestsException", "TooManyRequestsException", "TooManyRequestsException"}
		if err := workgroup(fake).Run(t.Context(), statement.SQL, statement.Occasion); err == nil || !strings.Contains(err.Error(), "TooManyRequestsException") {
			t.Errorf("got %v", err)
		}
	})
}

// TestPatience: looks at a query become rarer, and a long one is not looked at
// all the time.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, runs: 10 * time.Minute}
		begun := time.Now()
		if err := workgroup(fake).Run(t.Context(), statement.SQL, statement.Occasion); err != nil {
			t.Fatal(err)
		}
		looks, late := fake.count("GetQueryExecution"), time.Since(begun)-fake.runs
		if looks < 100 || looks > 140 || late > 5*time.Second {
			t.Errorf("%d looks, %v late", looks, late)
		}
	})
}

func TestValue(t *testing.T) {
	for _, test := range []struct {
		name  string
		rows  [][]any
		value string
		is    bool
	}{
		{"a value", [][]any{{"last"}, {"2026-11-16"}}, "2026-11-16", true},
		{"NULL", [][]any{{"last"}, {nil}}, "", false},
		{"no row", [][]any{{"last"}}, "", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			value, is, err := workgroup(&fakeAthena{t: t, rows: test.rows}).Value(t.Context(), "SELECT max(dt) AS last FROM t", "now")
			if err != nil || value != test.value || is != test.is {
				t.Errorf("%s: %q, %v, %v", test.name, value, is, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, ends: []ending{{"FAILED", "no", false}}}
		if _, _, err := workgroup(fake).Value(t.Context(), "SELECT 1", "now"); err == nil {
			t.Error("a failure is no error")
		}
	})
}
