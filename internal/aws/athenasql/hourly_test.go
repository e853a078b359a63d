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

func hourly(fake *fakeAthena) athenasql.Hourly {
	return athenasql.Hourly{Workgroup: workgroup(fake), Timeout: 4 * time.Minute}
}

// textsOf reads rows as lines.
func textsOf(ctx context.Context, h athenasql.Hourly, sql string) (lines []string, err error) {
	for row, err := range h.Rows(ctx, sql) {
		if err != nil {
			return lines, err
		}
		lines = append(lines, strings.Join(row, "|"))
	}
	return lines, nil
}

// TestHourly: what is asked again in the same hour is found, and later it is
// asked anew.
func TestHourly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, runs: time.Minute, rows: [][]any{{"a", "b"}, {"1", nil}, {"", "x"}}}
		for i, want := range []int{1, 1, 2} { // It is midnight.
			lines, err := textsOf(t.Context(), hourly(fake), "SELECT a, b FROM t")
			if err != nil || strings.Join(lines, "\n") != "1|\n|x" {
				t.Errorf("got %q, %v", lines, err)
			}
			if len(fake.executions) != want {
				t.Errorf("call %d: %d executions; want %d", i, len(fake.executions), want)
			}
			if i == 1 {
				time.Sleep(time.Hour)
			}
		}
		if _, err := textsOf(t.Context(), hourly(fake), "SELECT b, a FROM t"); err != nil || len(fake.executions) != 3 {
			t.Errorf("another statement: %v, %d executions", err, len(fake.executions))
		}
	})
}

// TestQueryTakesTooLong: it is stopped, and the error says so. Where it is the
// caller whose time is over, the error is about that.
func TestQueryTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, runs: time.Hour}
		_, err := textsOf(t.Context(), hourly(fake), "SELECT 1")
		if err == nil || !strings.Contains(err.Error(), "it took longer than 4m0s, and was stopped") || !fake.executions[0].stopped {
			t.Errorf("got %v, stopped: %v", err, fake.executions[0].stopped)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = textsOf(ctx, hourly(fake), "SELECT 2")
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "4m0s") || !fake.executions[1].stopped {
			t.Errorf("got %v, stopped: %v", err, fake.executions[1].stopped)
		}
	})
}

// TestTooMuchToRead: it is not the query that was slow, and the error says so.
func TestTooMuchToRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, rows: [][]any{{"a"}}, reading: 50 * time.Second}
		for range 9000 {
			fake.rows = append(fake.rows, []any{"1"})
		}
		lines, err := textsOf(t.Context(), hourly(fake), "SELECT 1")
		want := fmt.Sprintf("it found more than can be read in 4m0s, of which %d rows were", len(lines))
		if len(lines) == 0 || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "stopped") {
			t.Errorf("got %d lines, %v; want %q", len(lines), err, want)
		}
	})
}

// TestDigestReadsTooMuch: the error says what to do.
func TestDigestReadsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAthena{t: t, ends: []ending{{"CANCELLED", "Bytes scanned limit was exceeded", false}}}
		_, err := textsOf(t.Context(), hourly(fake), "SELECT 1")
		if err == nil || !strings.Contains(err.Error(), "raise athena.scanLimitGB") {
			t.Errorf("got %v", err)
		}
	})
}
