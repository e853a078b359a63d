package querytest

import (
	"flag"
	"testing"
	"time"

	"sealpost/schemas/athena"
)

var scaleReports = flag.Int("scale", 0, "measure queries over so many reports")

// TestTrinoScale measures what the saved queries read, and what time of the processor they take,
// over the small files that reports are received in and over the compacted table.
func TestTrinoScale(t *testing.T) {
	if *scaleReports == 0 {
		t.Skip("-scale does not say how many reports to measure by")
	}
	trino := NewTrino(t)
	Synthetic(t, trino.Dir, *scaleReports)
	raw := measure(t, trino)

	c := athena.NewCompaction(Today.AddDate(0, 0, athena.SettleDays+1), time.Time{})
	answer, err := trino.Run(t.Context(), c.Fill())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("compacted in %v, having read %d KB", answer.CPU, answer.Bytes>>10)
	trino.Must(t, c.Switch())
	compacted := measure(t, trino)
	for _, q := range athena.Queries() {
		t.Logf("%-24s raw %6d KB %8v, compacted %6d KB %8v", q.Name,
			raw[q.Name].Bytes>>10, raw[q.Name].CPU, compacted[q.Name].Bytes>>10, compacted[q.Name].CPU)
	}
}

func measure(t *testing.T, trino *Trino) map[string]Answer {
	t.Helper()
	answers := make(map[string]Answer)
	for _, q := range athena.Queries() {
		answer, err := trino.Run(t.Context(), q.SQLOn(Today), valuesOf(q)...)
		if err != nil {
			t.Fatal(err)
		}
		answer.Rows = nil
		answers[q.Name] = answer
	}
	return answers
}
