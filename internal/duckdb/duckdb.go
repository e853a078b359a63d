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
// the query gives. DuckDB makes one column of each row, so that f.result_type
// is a member of f rather than a column of the table f.
var unnested = regexp.MustCompile(`(UNNEST\([\w.]+\) (?:WITH ORDINALITY )?AS (\w+)) \(([\w, ]+)\)`)

// translated gives a query of Trino's as DuckDB takes it.
func translated(sql string) string {
	return unnested.ReplaceAllStringFunc(sql, func(found string) string {
		parts := unnested.FindStringSubmatch(found)
		columns := parts[2]
		if strings.Contains(parts[1], "WITH ORDINALITY") {
			columns += parts[3][strings.LastIndex(parts[3], ","):]
		}
		return parts[1] + " (" + columns + ")"
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
