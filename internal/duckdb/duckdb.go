// Package duckdb runs SQL over the reports in a directory: the views and the
// saved queries of Athena, on the embedded engine DuckDB.
//
// DuckDB is C++. Where there is no compiler for that, [Open] gives
// [query.ErrNoEngine].
package duckdb

import (
	"regexp"
	"strings"

	"sealpost/schemas/athena"
)

// macros stand in for what Trino calls otherwise than DuckDB.
var macros = []string{
	// The weeks of ISO 8601 are %x and %v for Trino; all else that is used here has the same name.
	`CREATE MACRO date_format(t, f) AS strftime(t, replace(replace(f, '%x', '%G'), '%v', '%V'))`,
	`CREATE MACRO cardinality(l) AS len(l)`,
}

// unnested finds where Trino makes columns of the members of rows, by names that
// the query gives.
var unnested = regexp.MustCompile(`(?i)(UNNEST\([\w.]+\)\s+(WITH ORDINALITY\s+)?AS (\w+)) \(([\w, ]+)\)`)

// translated gives a query of Trino's as DuckDB takes it, which makes one column
// of each row: then f.result_type is a member of the column f rather than a column
// of the table f. A list of anything but rows has one name in both.
func translated(sql string) string {
	return unnested.ReplaceAllStringFunc(sql, func(found string) string {
		parts := unnested.FindStringSubmatch(found)
		unnest, isNumbered, table, columns := parts[1], parts[2] != "", parts[3], strings.Split(parts[4], ",")
		number := ""
		if isNumbered {
			number = "," + columns[len(columns)-1]
			columns = columns[:len(columns)-1]
		}
		if len(columns) < 2 {
			return found
		}
		return unnest + " (" + table + number + ")"
	})
}

// columnsOfLines are the columns of the table, as read_json wants them.
func columnsOfLines() string {
	var all []string
	for _, c := range athena.Columns() {
		all = append(all, c.Name+": '"+c.Type.DuckDB()+"'")
	}
	return "{" + strings.Join(all, ", ") + "}"
}
