package querytest

import (
	"slices"
	"strings"
	"testing"

	"sealpost/schemas/athena"
)

// TestTrinoDescribesViews: what is said of the columns of a view beside its SQL is
// what Trino makes of it. Athena refuses a view where it differs.
func TestTrinoDescribesViews(t *testing.T) {
	trino := NewTrino(t)
	for _, view := range athena.Views() {
		answer, err := trino.Run(t.Context(), "DESCRIBE "+view.Name)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, row := range answer.Rows {
			got = append(got, row[0].(string)+" "+row[1].(string))
		}
		for _, column := range view.Columns() {
			want = append(want, column.Name+" "+column.Type.Trino())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has\n%s\nwant\n%s", view.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
