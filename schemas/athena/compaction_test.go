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
	for _, c := range []struct {
		name                         string
		today, reached, from, before time.Time
	}{
		{"for the first time, everything", day("2026-11-25"), time.Time{}, archive.FirstDay, day("2026-11-17")},
		{"day by day, the next", day("2026-11-25"), day("2026-11-15"), day("2026-11-16"), day("2026-11-17")},
		{"on Sundays, a month again", day("2026-11-29"), day("2026-11-19"), day("2026-10-21"), day("2026-11-21")},
		{"after a long break, from where it had come to", day("2026-11-25"), day("2026-03-01"), day("2026-03-02"), day("2026-11-17")},
	} {
		got := athena.NewCompaction(c.today.Add(23*time.Hour), c.reached)
		if want := (athena.Compaction{From: c.from, Before: c.before}); got != want {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}
