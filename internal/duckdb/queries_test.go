package duckdb_test

import (
	"errors"
	"os"
	"testing"

	"sealpost/internal/duckdb"
	"sealpost/internal/query"
	"sealpost/internal/querytest"
	"sealpost/schemas/athena"
)

func TestQueries(t *testing.T) {
	dir := t.TempDir()
	corpus := querytest.NewCorpus()
	corpus.Store(t, dir)
	db := open(t, dir)
	engine := func(sql string, values ...any) ([][]any, error) {
		result, err := db.Query(t.Context(), sql, values...)
		return result.Rows, err
	}
	querytest.Test(t, corpus, engine)
	t.Run("columns", func(t *testing.T) {
		for _, view := range athena.Views() {
			described, err := engine("DESCRIBE " + view.Name)
			if err != nil {
				t.Fatal(err)
			}
			querytest.CompareColumns(t, view, described, athena.Type.DuckDB)
		}
	})
	t.Run("mistakes", func(t *testing.T) { querytest.TestMistakes(t, corpus, engine) })
}

// open opens a directory, where there is an engine.
func open(t *testing.T, dir string) *duckdb.DB {
	t.Helper()
	db, err := duckdb.Open(t.Context(), dir)
	if errors.Is(err, query.ErrNoEngine) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
