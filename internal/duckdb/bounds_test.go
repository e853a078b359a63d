//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"database/sql"
	"strings"
	"testing"
)

// TestOutOfMemory: what DuckDB says of its bounds is told in words that are of use
// here.
func TestOutOfMemory(t *testing.T) {
	engine, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	engine.SetMaxOpenConns(1)
	db := &DB{engine: engine, dir: t.TempDir()}
	for _, statement := range []string{"SET memory_limit = '20MB'", "SET temp_directory = '" + db.dir + "'", "SET max_temp_directory_size = '10MB'"} {
		if _, err := engine.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{
		"SELECT length(string_agg(repeat('x', 1000000))) FROM range(100)",
		"SELECT range, repeat('x', 500) || range AS text FROM range(200000) ORDER BY hash(range), text",
	} {
		_, err = db.run(t.Context(), sql, nil, []column{{"x", "VARCHAR"}})
		if err == nil || !strings.HasPrefix(err.Error(), "the query takes more memory, or more room on the disk") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
