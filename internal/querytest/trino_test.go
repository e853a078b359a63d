package querytest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/schemas/athena"
)

// TestTrino holds to the corpus the engine that Athena is made of.
func TestTrino(t *testing.T) {
	trino := NewTrino(t)
	corpus := NewCorpus()
	corpus.Store(t, trino.Dir)
	Test(t, corpus, trino.Engine(t))
	t.Run("columns", func(t *testing.T) {
		for _, view := range athena.Views() {
			answer, err := trino.Run(t.Context(), "DESCRIBE "+view.Name)
			if err != nil {
				t.Fatal(err)
			}
			CompareColumns(t, view, answer.Rows, athena.Type.Trino)
		}
	})
	t.Run("no day is read in vain", func(t *testing.T) { testDaysRead(t, trino) })
}

// testDaysRead has Trino say which days it will read for each query, before it
// reads anything.
func testDaysRead(t *testing.T, trino *Trino) {
	for _, q := range athena.Queries() {
		sql := strings.ReplaceAll(q.SQLOn(Today), "?", literal(AskedFor))
		answer, err := trino.Run(t.Context(), "EXPLAIN (TYPE IO, FORMAT JSON)\n"+sql)
		if err != nil {
			t.Errorf("%s: %v", q.Name, err)
			continue
		}
		first := firstDayRead(t, answer.Rows[0][0].(string))
		if want := weeksBack(q.Weeks).Start().Format(time.DateOnly); first != want {
			t.Errorf("%s reads from %s on, want %s", q.Name, first, want)
		}
	}
}

// firstDayRead reads Trino's account of what a query reads.
func firstDayRead(t *testing.T, account string) string {
	t.Helper()
	var read struct {
		InputTableColumnInfos []struct {
			Constraint struct {
				ColumnConstraints []struct {
					ColumnName string
					Domain     struct {
						Ranges []struct{ Low struct{ Value string } }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(account), &read); err != nil {
		t.Fatalf("%v in %s", err, account)
	}
	first := ""
	for _, table := range read.InputTableColumnInfos {
		for _, column := range table.Constraint.ColumnConstraints {
			for _, r := range column.Domain.Ranges {
				if column.ColumnName == "dt" && (first == "" || r.Low.Value < first) {
					first = r.Low.Value
				}
			}
		}
	}
	return first
}

// TestCompaction cuts a compaction off after every step, does every step twice,
// and has reports come in between that lie down on days long over. Whatever was
// done, the views give what is right.
func TestCompaction(t *testing.T) {
	trino := NewTrino(t)
	whole := NewCorpus()
	before := whole.WithoutLateSignatures()
	before.Store(t, trino.Dir)
	today := athena.NewCompaction(Today, trino.reached(t))

	check := func(step string, corpus Corpus) {
		t.Helper()
		engine := trino.Engine(t)
		compare(t, step, engine, "SELECT * FROM policy_results", unordered(corpus.Views()["policy_results"]))
		q := query(t, "first-seen-failures") // It reads days on both sides of the boundary.
		compare(t, step, engine, q.SQLOn(Today), ordered(corpus.Queries()[q.Name]))
	}
	trino.Must(t, today.Fill())
	check("filled, not yet read", before)
	if trino.count(t, athena.ReportsCompacted) == 0 {
		t.Fatal("nothing was taken up")
	}
	filled := trino.count(t, athena.ReportsCompacted)
	trino.Must(t, today.Fill())
	if again := trino.count(t, athena.ReportsCompacted); again != filled {
		t.Errorf("to fill again made %d lines of %d", again, filled)
	}
	trino.Must(t, today.Switch())
	check("read", before)
	if got := trino.readsRaw(t, today.Before.AddDate(0, 0, -1)); got {
		t.Error("a day before the boundary is read from small files")
	}

	whole.Store(t, trino.Dir)
	sunday := athena.NewCompaction(Today.AddDate(0, 0, 4), trino.reached(t))
	trino.Must(t, sunday.Fill())
	check("filled four days later, with what came late", whole)
	trino.Must(t, sunday.Switch())
	check("read four days later", whole)

	trino.Must(t, withoutCheck(t, sunday.Fill()))
	check("filled twice at once", whole)

	trino.Must(t, "DROP TABLE iceberg."+trino.schema+"."+athena.ReportsCompacted)
	trino.CreateViews(t)
	check("given up", whole)
}

func (t *Trino) count(tb testing.TB, table string) int {
	tb.Helper()
	answer, err := t.Run(tb.Context(), "SELECT count(*) FROM "+table)
	if err != nil {
		tb.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscan(Text(answer.Rows[0][0]), &n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// reached asks how far the compacted table goes.
func (t *Trino) reached(tb testing.TB) time.Time {
	tb.Helper()
	answer, err := t.Run(tb.Context(), athena.Reached)
	if err != nil {
		tb.Fatal(err)
	}
	if answer.Rows[0][0] == nil {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, answer.Rows[0][0].(string))
	if err != nil {
		tb.Fatal(err)
	}
	return day
}

// readsRaw says whether the small files of a day are read.
func (t *Trino) readsRaw(tb testing.TB, day time.Time) bool {
	tb.Helper()
	answer, err := t.Run(tb.Context(), "EXPLAIN SELECT * FROM all_reports WHERE dt = "+literal(day.Format(time.DateOnly)))
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Contains(Text(answer.Rows[0][0]), "hive:"+t.schema)
}

// withoutCheck is what fills the table without a look at what is in it, as another
// run does that looked before this one wrote.
func withoutCheck(t *testing.T, fill string) string {
	t.Helper()
	before, _, found := strings.Cut(fill, "AND NOT EXISTS")
	if !found {
		t.Fatalf("nothing is looked at in %s", fill)
	}
	return before
}
