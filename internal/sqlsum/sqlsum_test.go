package sqlsum_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/querytest"
	"sealpost/internal/sqlsum"
)

// found is what the three statements find, in their order.
type found struct {
	reports, results, failures [][]string
	err                        error // After the reports.
	asked                      *[]string
}

func (f found) Rows(_ context.Context, sql string) iter.Seq2[[]string, error] {
	if f.asked != nil {
		*f.asked = append(*f.asked, sql)
	}
	rows, err := f.reports, f.err
	switch {
	case strings.Contains(sql, "AS undetailed_failures"):
		rows, err = f.results, nil
	case strings.Contains(sql, "AS first_day"):
		rows, err = f.failures, nil
	}
	return texts(anys(rows), err)
}

func anys(rows [][]string) (all [][]any) {
	for _, row := range rows {
		var values []any
		for _, value := range row {
			values = append(values, value)
		}
		all = append(all, values)
	}
	return all
}

var origin = []string{"2026-W47", "example.com", "dkim", "l.example", "Lark Mail"}

func rowOf(values ...string) []string { return slices.Concat(origin, values) }

func failureOf(sessions, firstDay string) []string {
	return rowOf("sts", "certificate-expired", "mx", sessions, "0", "0", "0", "0", "0", "0", "0", firstDay, "2026-11-17", "0", "", "", "", "")
}

// TestRows: what is no such row as was asked for is an error that names the place, and no digest.
func TestRows(t *testing.T) {
	broken := errors.New("the node is away")
	for _, test := range []struct {
		name  string
		found found
		want  string
	}{
		{"nothing", found{}, ""},
		{"all is well", found{
			reports:  [][]string{rowOf("true", "false", "2", "1", "0")},
			results:  [][]string{rowOf("sts", "2", "1234", "56", "0")},
			failures: [][]string{failureOf("56", "2026-11-16")},
		}, ""},
		{"an error", found{reports: [][]string{rowOf("true", "false", "2", "1", "0")}, err: broken}, "sum the reports of week 2026-W47 and the 4 before it by SQL: the node is away"},
		{"no week", found{reports: [][]string{{"47"}}}, `read row 1 of the result: column 1: week "47"`},
		{"no flag", found{reports: [][]string{rowOf("perhaps", "false", "2", "1", "0")}}, "column 6: "},
		{"no count", found{results: [][]string{rowOf("sts", "2", "1e3", "56", "0")}}, "sum the results of week 2026-W47 and the 4 before it by SQL: read row 1 of the result: column 8: "},
		{"no day", found{failures: [][]string{failureOf("1", "2026-11-16"), failureOf("1", "yesterday")}}, "read row 2 of the result: column 17: "},
		{"too few", found{reports: [][]string{rowOf("true", "false", "2", "1")}}, "column 10: it is missing"},
		{"too many", found{reports: [][]string{rowOf("true", "false", "2", "1", "0", "0")}}, "column 10: it is the last of those that were asked for, and there are 11"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sums, err := sqlsum.Engine{Database: test.found}.Sums(t.Context(), digesttest.Query)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) || (sums == nil) == (err == nil) {
				t.Errorf("got %v; want %q", err, test.want)
			}
		})
	}
}

// TestLargest: SQL adds up more than fits.
func TestLargest(t *testing.T) {
	sums, err := sqlsum.Engine{Database: found{results: [][]string{rowOf("sts", "1", "18446744073709551614", "0", "0")}}}.Sums(t.Context(), digesttest.Query)
	if err != nil {
		t.Fatal(err)
	}
	if got := sums.Digest(digest.Subject{}).Domains[0].Results[0].SuccessfulSessions; got != math.MaxInt64 {
		t.Errorf("got %d", got)
	}
}

// flood never ends.
type flood struct{}

func (flood) Rows(context.Context, string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for yield(rowOf("true", "false", "1", "0", "0"), nil) {
		}
	}
}

// TestFlood: so much that nobody would wait for it is not read to its end.
func TestFlood(t *testing.T) {
	_, err := sqlsum.Engine{Database: flood{}}.Sums(t.Context(), digesttest.Query)
	if err == nil || !strings.Contains(err.Error(), "digest.engine: s3") {
		t.Errorf("got %v", err)
	}
}

// TestDaysOfReceipt: no day is read before the first week.
func TestDaysOfReceipt(t *testing.T) {
	var asked []string
	if _, err := (sqlsum.Engine{Database: found{asked: &asked}}).Sums(t.Context(), digesttest.Query); err != nil {
		t.Fatal(err)
	}
	for _, sql := range asked {
		if want := "WHERE dt >= '" + digesttest.Query.Start().Format(time.DateOnly) + "'"; strings.Count(sql, want) != 1 || strings.Contains(sql, "{") {
			t.Errorf("%s is not once in\n%s", want, sql)
		}
	}
	if len(asked) != 3 {
		t.Errorf("%d statements", len(asked))
	}
}

// TestDamageOnTrino: what is no report is not passed over in silence.
func TestDamageOnTrino(t *testing.T) {
	trino := querytest.NewTrino(t)
	store(t, trino.Dir, []archive.Line{digesttest.Report("Lark Mail", digesttest.Day(0), digesttest.STS("example.com", 1, 0))})
	key := filepath.Join(archive.ReportsPrefix, archive.PartitionColumn+"="+digesttest.Day(1).Format(time.DateOnly), "damaged"+archive.LineSuffix)
	if err := os.WriteFile(filepath.Join(trino.Dir, key), []byte("not gzip"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlsum.Engine{Database: onTrino{trino}}.Sums(t.Context(), digesttest.Query)
	if err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("got %v; want an error with %s", err, key)
	}
}
