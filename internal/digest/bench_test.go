package digest_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// BenchmarkForms writes the digest of 10,000 domains that all fail, as text and
// as HTML, which is cut until it fits.
func BenchmarkForms(b *testing.B) {
	var lines []archive.Line
	for i := range 10_000 {
		domain := fmt.Sprintf("customer-%d.example", i)
		lines = append(lines, report("Lark Mail", day(i%7), sts(domain, 1000, 5, failure("certificate-expired", "mx."+domain, 5))))
	}
	d := sum(b, nil, lines)
	for b.Loop() {
		check(b, errors.Join(d.Text(io.Discard), d.HTML(io.Discard, digest.Options{})))
	}
}
