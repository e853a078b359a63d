package schemas_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/schemas"
)

func TestEveryDay(t *testing.T) {
	for _, year := range []int{0, 4, 400, 996, 999, 1000, 1200, 1900, 1996, 2000, 2023, 2024, 2026, 2100, 8996, 8999, 9000, 9999} {
		for month := range 14 {
			for day := range 33 {
				checkDay(t, year, month, day)
			}
		}
	}
}

func TestEveryLeapDay(t *testing.T) {
	for year := range 10_000 {
		checkDay(t, year, 2, 29)
	}
}

func checkDay(t *testing.T, year, month, day int) {
	t.Helper()
	s := fmt.Sprintf("%04d-%02d-%02dT12:00:00Z", year, month, day)
	_, err := time.Parse(time.RFC3339, s)
	if got, want := matches(schemas.TLSRPT(), s), err == nil && year >= 1000 && year < 9000; got != want {
		t.Errorf("%s: accepted is %v, want %v", s, got, want)
	}
}

func FuzzDatePattern(f *testing.F) {
	for _, s := range []string{
		"2026-11-22T00:00:00Z", "2026-11-22t23:59:60z", "2026-11-22 00:00:00", "2026-11-22T00:00:00.123456789-23:59",
		"0000-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-11-22T24:00:00Z", "2026-11-22T00:60:00Z", "2026-11-22T00:00:61Z", "2026-11-22T00:00:00.Z",
		"2026-11-22T00:00:00.1234567890Z", "2026-11-22T00:00:00+24:00", "2026-11-22T00:00:00+0100", "2026-11-22T00:00Z",
		"2026-11-22", "2026-11-22T00:00:00Z\n", " 2026-11-22T00:00:00Z", "2026-11-22T00:00:00,5Z", "2026-1-2T0:00:00Z",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		valid, zoned := parseDateTime(s)
		if got := matches(schemas.TLSRPT(), s); got != valid {
			t.Errorf("%q: accepted is %v, want %v", s, got, valid)
		}
		if got, want := matches(schemas.TLSRPTStrict(), s), valid && zoned && s[10] != ' '; got != want {
			t.Errorf("%q: accepted strictly is %v, want %v", s, got, want)
		}
	})
}

// parseDateTime says the same as the pattern, step by step.
func parseDateTime(s string) (valid, zoned bool) {
	if len(s) < len("2006-01-02T15:04:05") || s[:4] < "1000" || s[:4] >= "9000" || !strings.Contains("Tt ", s[10:11]) {
		return false, false
	}
	clock, rest := s[11:19], s[19:]
	if seconds, ok := strings.CutSuffix(clock, ":60"); ok {
		clock = seconds + ":59" // A leap second, RFC 3339, section 5.7.
	}
	if !parses("2006-01-02", s[:10]) || !parses("15:04:05", clock) {
		return false, false
	}
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		rest = strings.TrimLeft(fraction, "0123456789")
		if rest == fraction {
			return false, false
		}
	}
	switch {
	case rest == "":
		return true, false
	case rest == "Z" || rest == "z":
		return true, true
	}
	offset := len(rest) == len("+15:04") && strings.Contains("+-", rest[:1]) && parses("15:04", rest[1:])
	return offset, offset
}

func parses(layout, value string) bool {
	_, err := time.Parse(layout, value)
	return err == nil
}

func matches(schema *schemas.Schema, dateTime string) bool {
	return len(schema.CheckPart("date-time", "", dateTime)) == 0
}
