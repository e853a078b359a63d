// Package athena says, in the SQL of Amazon Athena, what reports at rest are and
// what is asked of them: the tables, the views and the saved queries.
//
// Athena is made of Trino, and nothing here is not also Trino's. DuckDB takes
// the views and the saved queries too, see [sealpost/internal/duckdb].
package athena

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed views/*.sql queries/*.sql compaction/*.sql
var files embed.FS

// Query is a saved query.
type Query struct {
	Name    string // "failures-last-week"
	Title   string
	Answers string // What it answers, in a sentence or two.
	AsksFor string // The value that its "?" stands for; empty where it has none.
	Weeks   int    // So many weeks before this one, and this one, are read.

	body string
}

// Queries gives the saved queries, by name.
func Queries() []Query {
	names, err := fs.Glob(files, "queries/*.sql")
	if err != nil {
		panic(err) // The pattern is good.
	}
	var queries []Query
	for _, name := range names {
		query, err := parseQuery(strings.TrimSuffix(strings.TrimPrefix(name, "queries/"), ".sql"), read(name))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err)) // The queries are part of the program.
		}
		queries = append(queries, query)
	}
	return queries
}

// SQL is the query, to be run as it is. It brings along the views that it
// reads, so that no day before those of its weeks is read: a condition on a view
// would not reach below the window functions that tell copies apart.
func (q Query) SQL() string {
	since := fmt.Sprintf("date_format(date_trunc('week', current_date) - INTERVAL '%d' DAY, '%%Y-%%m-%%d')", 7*q.Weeks)
	head := "-- " + q.Title + "\n-- " + strings.ReplaceAll(q.Answers, "\n", "\n-- ") + "\n"
	return head + Since(since, q.body)
}

// SQLOn is the query as it would be on another day.
func (q Query) SQLOn(day time.Time) string {
	return strings.ReplaceAll(q.SQL(), "current_date", "DATE '"+day.Format(time.DateOnly)+"'")
}

// Since gives a query that reads reports of the day of receipt that the
// expression since gives, as "2026-11-16", and of later days, and no others. The
// expression must be constant, for Athena to know before it reads. The query is a
// SELECT without a WITH of its own.
func Since(since, query string) string {
	parts := []string{fmt.Sprintf("%s AS (\nSELECT *\nFROM %[1]s\nWHERE dt >= %s\n)", AllReports, since)}
	views := Views()
	needed := query
	for _, view := range slices.Backward(views[1:]) {
		if mentions(needed, view.Name) {
			parts = slices.Insert(parts, 1, fmt.Sprintf("%s AS (\n%s)", view.Name, withoutComments(view.SQL)))
			needed += view.SQL
		}
	}
	return "WITH " + strings.Join(parts, ",\n") + "\n" + query
}

func mentions(sql, name string) bool {
	return regexp.MustCompile(`\b` + name + `\b`).MatchString(withoutComments(sql))
}

func withoutComments(sql string) string {
	var b strings.Builder
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// parseQuery reads a query and the comment at its head: the title, what it
// answers, and a line for each thing that has to be known to run it.
func parseQuery(name, text string) (Query, error) {
	q := Query{Name: name}
	var answers []string
	for line := range strings.Lines(text) {
		comment, isComment := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "-- ")
		if !isComment {
			break
		}
		text = text[len(line):]
		if asked, is := strings.CutPrefix(comment, "Asks for: "); is {
			q.AsksFor = asked
		} else if weeks, is := strings.CutPrefix(comment, "Reads: "); is {
			number, _, _ := strings.Cut(weeks, " ")
			var err error
			if q.Weeks, err = strconv.Atoi(number); err != nil {
				return Query{}, fmt.Errorf("how many weeks it reads: %w", err)
			}
		} else if q.Title == "" {
			q.Title = comment
		} else {
			answers = append(answers, comment)
		}
	}
	q.Answers, q.body = strings.Join(answers, "\n"), text
	if q.Title == "" || q.Answers == "" || q.Weeks == 0 {
		return Query{}, fmt.Errorf("the comment at its head lacks the title, what it answers, or the weeks that it reads")
	}
	return q, nil
}

func read(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // It is part of the program.
	}
	return string(text)
}

// withColumns puts the names of the columns of a line where they are wanted.
func withColumns(sql string) string {
	return strings.ReplaceAll(sql, "{columns}", strings.Join(names(Columns()), ", "))
}
