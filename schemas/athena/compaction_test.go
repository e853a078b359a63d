package athena_test

import (
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/schemas/athena"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestNewCompaction(t *testing.T) {
	wednesday, sunday := day("2026-11-25").Add(23*time.Hour), day("2026-11-29")
	for _, c := range []struct {
		name               string
		now, reached       time.Time
		wantFrom, wantTill time.Time
	}{
		{"for the first time, everything", wednesday, time.Time{}, archive.FirstDay, day("2026-11-17")},
		{"for the first time, on a Sunday", sunday, time.Time{}, archive.FirstDay, day("2026-11-21")},
		{"day by day, the last one again", wednesday, day("2026-11-15"), day("2026-11-15"), day("2026-11-17")},
		{"on Sundays, a month again", sunday, day("2026-11-19"), day("2026-10-22"), day("2026-11-21")},
		{"after a long break, from where it had come to", wednesday, day("2026-03-01"), day("2026-03-01"), day("2026-11-17")},
		{"after a long break, on a Sunday", sunday, day("2026-03-01"), day("2026-03-01"), day("2026-11-21")},
	} {
		got := athena.NewCompaction(c.now, c.reached)
		if want := (athena.Compaction{From: c.wantFrom, Before: c.wantTill}); got != want {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}

// TestDigestReadsWhatJustCame: on the Tuesday after a week, its days lie behind
// the boundary, so that the digest sees a copy that has just come.
func TestDigestReadsWhatJustCame(t *testing.T) {
	monday, tuesday := day("2026-11-16"), day("2026-11-24")
	if before := athena.NewCompaction(tuesday, time.Time{}).Before; before.After(monday) {
		t.Errorf("days before %v are read from the table", before)
	}
}
