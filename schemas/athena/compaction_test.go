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
	now := day("2026-11-25").Add(23 * time.Hour)
	for _, c := range []struct {
		name          string
		reached, from time.Time
	}{
		{"for the first time, everything", time.Time{}, archive.FirstDay},
		{"day by day, a month again", day("2026-11-16"), day("2026-10-18")},
		{"after a long break, from where it had come to", day("2026-03-01"), day("2026-03-01")},
	} {
		got := athena.NewCompaction(now, c.reached)
		if want := (athena.Compaction{From: c.from, Before: day("2026-11-17")}); got != want {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}
