package sqlsum_test

import (
	"flag"
	"testing"

	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/querytest"
	"sealpost/internal/sqlsum"
)

var archiveDir = flag.String("archive", "", "a directory with reports to measure by, such as go test ./internal/duckdb -scale keeps in -scale.dir")

// BenchmarkEngines sums the reports of five weeks by both engines, and holds
// them to the same digest.
func BenchmarkEngines(b *testing.B) {
	if *archiveDir == "" {
		b.Skip("-archive names no directory with reports to measure by")
	}
	q := digest.Query{Week: digest.WeekOf(querytest.Today).Prev(), Earlier: 4, Counts: func(string, bool) bool { return true }}
	digests := make(map[string]bool)
	for _, by := range []struct {
		name string
		open func(*testing.B) digesttest.Engine
	}{
		{"line by line", func(*testing.B) digesttest.Engine { return byLines(*archiveDir) }},
		{"by SQL on DuckDB", func(b *testing.B) digesttest.Engine { return sqlsum.Engine{Database: openDuckDB(b, *archiveDir)} }},
	} {
		b.Run(by.name, func(b *testing.B) {
			engine := by.open(b)
			var d digest.Digest
			for b.Loop() {
				d = digestOf(b, engine, q)
			}
			digests[text(b, d)] = true
			b.ReportMetric(float64(d.Reports), "reports-of-the-week")
		})
	}
	if len(digests) != 1 {
		b.Errorf("there are %d digests; want one", len(digests))
	}
}
