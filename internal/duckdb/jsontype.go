//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// column is a column of an answer.
type column struct {
	name     string
	typeName typeName
}

// columns gives those of a query's answer, before it is run.
func (db *DB) columns(ctx context.Context, sql string, values []any) ([]column, error) {
	rows, err := db.engine.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE ("+sql+"))", values...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var columns []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.typeName); err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, rows.Err()
}

func hasJSON(columns []column) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.typeName.hasJSON() })
}

// jsonAsText words a query that gives the text of what has the type JSON. The
// driver would make floating-point numbers of the numbers in it, which have 15
// digits, and cannot be as large.
func jsonAsText(columns []column, sql string) string {
	var names, selected []string
	for i, c := range columns {
		name := fmt.Sprintf("c%d", i)
		names = append(names, name)
		if c.typeName.hasJSON() {
			name = fmt.Sprintf("CAST(%s AS %s)", name, c.typeName.withText())
		}
		selected = append(selected, name)
	}
	return fmt.Sprintf("SELECT %s FROM (%s) AS answer(%s)", strings.Join(selected, ", "), sql, strings.Join(names, ", "))
}

// valueOfJSON reads a text of the type JSON, to the last digit. What Go does not
// take for JSON stays a text.
func valueOfJSON(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return text
	}
	if _, err := decoder.Token(); err != io.EOF {
		return text
	}
	return value
}
