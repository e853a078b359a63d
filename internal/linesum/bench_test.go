package linesum_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
)

// many makes reports as they are read: a day's about one domain after the
// other, one in ten with a failure.
type many struct{ reports, domains int }

func (m many) Lines(context.Context, time.Time, time.Time) iter.Seq2[archive.Line, error] {
	line := digesttest.Report("Lark Mail", digesttest.Day(0), digesttest.STS("example.com", 9, 0))
	fails := []archive.FailureDetails{digesttest.Failure("certificate-expired", "mx.example.com", 1)}
	domains := make([]string, m.domains)
	for i := range domains {
		domains[i] = fmt.Sprintf("customer-%d.example", i)
	}
	return func(yield func(archive.Line, error) bool) {
		for i := range m.reports {
			line.ReportID = fmt.Sprint(i)
			line.StartDatetime = digesttest.Day(i * 7 / m.reports)
			policy := digesttest.STS(domains[i%m.domains], 9, 0)
			if i%10 == 0 {
				policy.TotalFailureSessionCount, policy.FailureDetails = 1, fails
			}
			line.Policies = []archive.PolicyResult{policy}
			if !yield(line, nil) {
				return
			}
		}
	}
}

// BenchmarkSums sums a week of reports, made as they are read.
func BenchmarkSums(b *testing.B) {
	for _, m := range []many{{100_000, 1}, {100_000, 10_000}, {1_000_000, 10_000}} {
		b.Run(fmt.Sprintf("%d reports, %d domains", m.reports, m.domains), func(b *testing.B) {
			engine := engineOver(m)
			b.ReportAllocs()
			for b.Loop() {
				sums, err := engine.Sums(b.Context(), digesttest.Query)
				if err != nil {
					b.Fatal(err)
				}
				if d := sums.Digest(digest.Subject{}); d.Reports != int64(m.reports) {
					b.Fatal(d.Reports)
				}
				b.StopTimer()
				b.ReportMetric(held(sums)/(1<<20), "MB-held")
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(m.reports), "ns/report")
		})
	}
}

// held is what lies in memory while the sums are kept.
func held(sums *digest.Sums) float64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	runtime.KeepAlive(sums)
	return float64(memory.HeapAlloc)
}
