package tlsrpt_test

import (
	"os"
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
)

// example is a report as RFC 8460, appendix B, has one, with erratum 6241.
func example(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/report.json")
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// edited is the example with one place of it changed.
func edited(tb testing.TB, old, new string) string {
	tb.Helper()
	text := example(tb)
	if strings.Count(text, old) != 1 {
		tb.Fatalf("%q does not stand in the example once", old)
	}
	return strings.Replace(text, old, new, 1)
}

func decode(tb testing.TB, text string) tlsrpt.Decoded {
	tb.Helper()
	decoded, err := tlsrpt.Decode([]byte(text))
	if err != nil {
		tb.Fatalf("Decode: %v", err)
	}
	return decoded
}
