package querytest

import (
	"testing"

	"sealpost/internal/duckdb"
	"sealpost/schemas/athena"
)

func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	NewCorpus().Store(t, dir)
	db, err := duckdb.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range athena.Queries() {
		var args []any
		if q.AsksFor != "" {
			args = append(args, "late 1")
		}
		r, err := db.Query(t.Context(), q.SQL(), args...)
		if err != nil {
			t.Errorf("%s: %v\n%s", q.Name, err, q.SQL())
			continue
		}
		t.Logf("%s: %d rows %v", q.Name, len(r.Rows), r.Columns)
		if len(r.Rows) > 0 {
			t.Log(r.Rows[0])
		}
	}
}
