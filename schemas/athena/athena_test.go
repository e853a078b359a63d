package athena_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/schemas/athena"
)

var update = flag.Bool("update", false, "write the statements anew that are derived")

// TestStatements holds the statements that are derived from the line to what
// they were: a change of the columns has to be seen.
func TestStatements(t *testing.T) {
	c := athena.Compaction{From: day("2026-10-18"), Before: day("2026-11-17")}
	for name, got := range map[string]string{
		"reports.sql":           athena.ReportsTable("s3://BUCKET/").DDL(),
		"reports_compacted.sql": athena.CreateCompacted("s3://BUCKET/"),
		"fill.sql":              c.Fill(),
		"switch.sql":            c.Switch(),
		"who-reports.sql":       queryNamed(t, "who-reports").SQL(),
	} {
		file := "testdata/" + name
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got:\n%s\nwant:\n%s", name, got, want)
		}
	}
}

func queryNamed(t *testing.T, name string) athena.Query {
	t.Helper()
	for _, q := range athena.Queries() {
		if q.Name == name {
			return q
		}
	}
	t.Fatalf("there is no query %s", name)
	return athena.Query{}
}

// TestLocation: a day's folder is where the archive puts its lines.
func TestLocation(t *testing.T) {
	template := athena.ReportsTable("s3://BUCKET/").Parameters["storage.location.template"]
	if want := "s3://BUCKET/" + archive.ReportsPrefix + "dt=${dt}/"; template != want {
		t.Errorf("got %s, want %s", template, want)
	}
}

// TestMembersAreNamedInOrder: UNNEST names the members of rows by their place,
// so the names must be those of the line, in its order.
func TestMembersAreNamedInOrder(t *testing.T) {
	policies := member(t, athena.Columns(), "policies")
	members := map[string]string{
		"r.policies":        strings.Join(names(policies), ", ") + ", policy_number",
		"r.failure_details": strings.Join(names(member(t, policies, "failure_details")), ", "),
	}
	unnest := regexp.MustCompile(`UNNEST\(([\w.]+)\) (?:WITH ORDINALITY )?AS \w+ \(([\w, ]+)\)`)
	seen := make(map[string]bool)
	for _, view := range athena.Views() {
		for _, found := range unnest.FindAllStringSubmatch(view.SQL, -1) {
			seen[found[1]] = true
			if want := members[found[1]]; found[2] != want {
				t.Errorf("%s: %s is taken apart into %s, want %s", view.Name, found[1], found[2], want)
			}
		}
	}
	for of := range members {
		if !seen[of] {
			t.Errorf("no view takes %s apart", of)
		}
	}
}

func member(t *testing.T, columns []athena.Column, name string) []athena.Column {
	t.Helper()
	for _, c := range columns {
		if c.Name == name {
			return c.Type.Members()
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

func names(columns []athena.Column) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Name)
	}
	return all
}

// TestQueriesCanBeSaved holds them to the limits of Athena: of the length of a
// query, and of its name and description.
func TestQueriesCanBeSaved(t *testing.T) {
	queries := athena.Queries()
	if len(queries) < 9 {
		t.Errorf("there are %d queries", len(queries))
	}
	for _, q := range queries {
		if len(q.SQL()) > 262_144 || len(q.Title) > 128 || len(q.Answers) > 1024 {
			t.Errorf("%s is too long", q.Name)
		}
		if values := strings.Count(q.SQL(), "?"); (values > 0) != (q.AsksFor != "") || values > 1 {
			t.Errorf("%s has %d question marks, and asks for %q", q.Name, values, q.AsksFor)
		}
		if !strings.HasSuffix(q.SQL(), "\n") || strings.Contains(q.SQL(), ";") || strings.Contains(q.SQL(), "{") {
			t.Errorf("%s: %s", q.Name, q.SQL())
		}
		if strings.Contains(q.SQLOn(day("2026-11-25")), "current_") {
			t.Errorf("%s knows another day", q.Name)
		}
	}
}
