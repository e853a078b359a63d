package duckdb_test

import (
	"slices"
	"strings"
	"testing"

	"sealpost/schemas/athena"
)

// TestColumnsOfViews: what is said of the columns of a view beside its SQL is what
// an engine makes of it.
func TestColumnsOfViews(t *testing.T) {
	db := open(t, t.TempDir())
	for _, view := range athena.Views() {
		var want, types []string
		for _, column := range view.Columns() {
			want = append(want, column.Name+" "+column.Type.DuckDB())
			types = append(types, "typeof("+column.Name+")")
		}
		names, err := db.Query(t.Context(), "SELECT * FROM "+view.Name)
		if err != nil {
			t.Fatal(err)
		}
		// A row without values has types all the same.
		found, err := db.Query(t.Context(), "SELECT "+strings.Join(types, ", ")+" FROM (SELECT 1) LEFT JOIN "+view.Name+" ON true")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, name := range names.Columns {
			got = append(got, name+" "+found.Rows[0][i].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has\n%s\nwant\n%s", view.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
