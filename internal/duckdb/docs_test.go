package duckdb_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sealpost/internal/query"
	"sealpost/internal/querytest"
	"sealpost/schemas/athena"
)

var update = flag.Bool("update", false, "write the samples in docs/queries.md anew")

// sampleRows are shown of each query.
const sampleRows = 4

// TestDocs holds docs/queries.md to what the saved queries are and give.
func TestDocs(t *testing.T) {
	const file = "../../docs/queries.md"
	dir := t.TempDir()
	querytest.NewCorpus().Store(t, dir)
	db := open(t, dir)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "-update -->\n")
	_, after, closed := strings.Cut(rest, "<!-- end of saved queries -->")
	if !found || !closed {
		t.Fatal("the place for saved queries is not marked")
	}
	var b strings.Builder
	for _, q := range athena.Queries() {
		fmt.Fprintf(&b, "\n### %s\n\n**%s.** %s\n", q.Name, q.Title, strings.ReplaceAll(q.Answers, "\n", " "))
		var values []any
		if q.AsksFor != "" {
			fmt.Fprintf(&b, "Asks for its %s.\n", strings.TrimPrefix(q.AsksFor, "its "))
			values = append(values, querytest.AskedFor)
		}
		answer, err := db.Query(t.Context(), q.SQLOn(querytest.Today), values...)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "It reads the days of this week and the %s before.\n\n```\n%s```\n", weeks(q.Weeks), sample(t, answer))
	}
	if want := before + "-update -->\n" + b.String() + "\n<!-- end of saved queries -->" + after; want != string(text) {
		if !*update {
			t.Error("docs/queries.md is not what the queries are; run this test with -update")
			return
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func weeks(n int) string {
	if n == 1 {
		return "week"
	}
	return fmt.Sprintf("%d weeks", n)
}

// sample is the beginning of an answer as sealpost query prints it.
func sample(t *testing.T, answer query.Answer) string {
	t.Helper()
	all := len(answer.Rows)
	answer.Rows = answer.Rows[:min(sampleRows, all)]
	var b strings.Builder
	if err := answer.Table(&b, 0); err != nil {
		t.Fatal(err)
	}
	if all <= sampleRows {
		return b.String()
	}
	return strings.Replace(b.String(), fmt.Sprintf("\n%d rows.\n", sampleRows), fmt.Sprintf("...\n\n%d rows.\n", all), 1)
}
