package archive_test

import (
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
)

// TestLongReportsStayAsTheyAre: a report is quoted in pieces, between characters.
func TestLongReportsStayAsTheyAre(t *testing.T) {
	for name, text := range map[string]string{
		"letters":           strings.Repeat("x", 200_000),
		"backslashes":       strings.Repeat(`\"`, 100_000),
		"two bytes each":    "x" + strings.Repeat("\u00fc", 100_000),
		"three bytes each":  "xx" + strings.Repeat("\u4e00", 70_000),
		"four bytes each":   strings.Repeat("\U0001f512", 60_000),
		"control, escaped":  strings.Repeat(`\u0000`, 30_000),
		"just a piece":      strings.Repeat("x", 64<<10),
		"a piece and a bit": strings.Repeat("x", 64<<10+1),
		"nothing":           "",
	} {
		a := archive.Archive{Bucket: new(storetest.Memory)}
		line := lineReceived(time.Date(2026, time.November, 17, 10, 0, 0, 0, time.UTC), "long")
		line.ReportJSON = text
		keep(t, a, line)
		if got, err := a.Get(t.Context(), line.ReportKey); err != nil || got.ReportJSON != text {
			t.Errorf("%s: %d bytes became %d, %v", name, len(text), len(got.ReportJSON), err)
		}
	}
}
