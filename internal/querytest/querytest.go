package querytest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/schemas/athena"
)

// Engine runs a query. Values stand for its question marks.
type Engine func(query string, values ...any) ([][]any, error)

// Test holds an engine to a corpus, which it has to have stored.
func Test(t *testing.T, corpus Corpus, engine Engine) {
	t.Run("views", func(t *testing.T) {
		for name, want := range corpus.Views() {
			compare(t, name, engine, "SELECT * FROM "+name, unordered(want))
		}
	})
	t.Run("lists taken apart", func(t *testing.T) {
		var want Rows
		for _, r := range corpus.results(time.Time{}) {
			for i, host := range r.mxHosts {
				want = append(want, []any{host, i + 1})
			}
		}
		compare(t, "mx_host", engine, "SELECT host, n FROM policy_results CROSS JOIN UNNEST(mx_host) WITH ORDINALITY AS t (host, n)", unordered(want))
	})
	t.Run("queries", func(t *testing.T) {
		expected := corpus.Queries()
		for _, q := range athena.Queries() {
			want, known := expected[q.Name]
			if !known {
				t.Errorf("nothing is known of what %s has to give", q.Name)
			}
			compare(t, q.Name, engine, q.SQLOn(Today), ordered(want), valuesOf(q)...)
		}
	})
}

// CompareColumns holds what an engine says a view gives to what is said of it.
// The rows begin with name and type.
func CompareColumns(t *testing.T, view athena.View, described [][]any, typeName func(athena.Type) string) {
	t.Helper()
	var got, want []string
	for _, row := range described {
		got = append(got, fmt.Sprintf("%v %v", row[0], row[1]))
	}
	for _, c := range view.Columns() {
		want = append(want, c.Name+" "+typeName(c.Type))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s gives\n%q, want\n%q", view.Name, got, want)
	}
}

func valuesOf(q athena.Query) []any {
	if q.AsksFor == "" {
		return nil
	}
	return []any{AskedFor}
}

// wanted is what a query has to give, as texts.
type wanted struct {
	rows    []string
	inOrder bool
}

func ordered(rows Rows) wanted { return wanted{texts(rows), true} }

func unordered(rows Rows) wanted {
	all := texts(rows)
	slices.Sort(all)
	return wanted{all, false}
}

func texts(rows Rows) []string {
	var all []string
	for _, row := range rows {
		all = append(all, textOfList(row))
	}
	return all
}

func compare(t *testing.T, name string, engine Engine, query string, want wanted, values ...any) {
	t.Helper()
	if len(want.rows) == 0 {
		t.Errorf("%s: the corpus has nothing for it", name)
	}
	got, err := want.got(engine, query, values...)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if difference := want.difference(got); difference != "" {
		t.Errorf("%s: %s", name, difference)
	}
}

func (w wanted) got(engine Engine, query string, values ...any) ([]string, error) {
	rows, err := engine(query, values...)
	if err != nil {
		return nil, err
	}
	got := texts(rows)
	if !w.inOrder {
		slices.Sort(got)
	}
	return got, nil
}

// difference says where two lists of rows differ first.
func (w wanted) difference(got []string) string {
	for i := range max(len(got), len(w.rows)) {
		one, other := "nothing", "nothing"
		if i < len(got) {
			one = got[i]
		}
		if i < len(w.rows) {
			other = w.rows[i]
		}
		if one != other {
			return fmt.Sprintf("%d rows, want %d; row %d is\n%s\nwant\n%s", len(got), len(w.rows), i+1, short(one), short(other))
		}
	}
	return ""
}

func short(s string) string {
	if len(s) > 1000 {
		return strings.ToValidUTF8(s[:1000], "") + "…"
	}
	return s
}
