package tlsrpt_test

import (
	"testing"

	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

func TestBenchmarkedReports(t *testing.T) {
	for _, size := range tlsrpttest.Sizes() {
		decoded, err := tlsrpt.Decode(tlsrpttest.Report(size.Policies, size.Failures))
		if err != nil {
			t.Fatalf("%s: %v", size.Name, err)
		}
		if len(decoded.Deviations) > 0 {
			t.Errorf("%s: deviations %v", size.Name, decoded.Deviations)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	benchmark(b, func(text []byte) error {
		_, err := tlsrpt.Decode(text)
		return err
	})
}

func BenchmarkKey(b *testing.B) {
	benchmark(b, func(text []byte) error {
		canonical, err := tlsrpt.Canonical(text)
		tlsrpt.Key(canonical)
		return err
	})
}

func benchmark(b *testing.B, do func(text []byte) error) {
	for _, size := range tlsrpttest.Sizes() {
		b.Run(size.Name, func(b *testing.B) {
			text := tlsrpttest.Report(size.Policies, size.Failures)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := do(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
