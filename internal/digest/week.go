package digest

import (
	"fmt"
	"time"
)

// Week is a week of ISO 8601: it begins on Monday, 00:00 UTC, and ends where
// the next one begins.
type Week struct {
	Year   int // Of the week's Thursday; around New Year not the year of every day in it.
	Number int // 1 to 52 or 53.
}

// ParseWeek reads a week as [Week.String] writes it, such as "2026-W47".
func ParseWeek(s string) (Week, error) {
	var w Week
	if _, err := fmt.Sscanf(s, "%4d-W%2d", &w.Year, &w.Number); err != nil || w.String() != s {
		return Week{}, fmt.Errorf("week %q: want a year and a week number, such as 2026-W47", s)
	}
	// A year has 52 or 53 weeks, so only the calendar can tell.
	if WeekOf(w.Start()) != w {
		return Week{}, fmt.Errorf("week %q: the year has no such week", s)
	}
	return w, nil
}

// WeekOf returns the week that holds t.
func WeekOf(t time.Time) Week {
	year, number := t.UTC().ISOWeek()
	return Week{Year: year, Number: number}
}

// Last returns the last week that is over at the time now.
func Last(now time.Time) Week {
	return WeekOf(now).Prev()
}

// Start returns the first moment of the week.
func (w Week) Start() time.Time {
	// The fourth of January always lies in week 1.
	fourth := time.Date(w.Year, time.January, 4, 0, 0, 0, 0, time.UTC)
	sinceMonday := (int(fourth.Weekday()) + 6) % 7
	return fourth.AddDate(0, 0, 7*(w.Number-1)-sinceMonday)
}

// End returns the first moment after the week.
func (w Week) End() time.Time {
	return w.Start().AddDate(0, 0, 7)
}

// Contains reports whether t lies in the week.
func (w Week) Contains(t time.Time) bool {
	return WeekOf(t) == w
}

// Prev returns the week before w.
func (w Week) Prev() Week {
	return WeekOf(w.Start().AddDate(0, 0, -7))
}

// String returns the week in the form of ISO 8601, such as "2026-W47".
func (w Week) String() string {
	return fmt.Sprintf("%04d-W%02d", w.Year, w.Number)
}

// MarshalText writes the week as [Week.String] does.
func (w Week) MarshalText() ([]byte, error) {
	return []byte(w.String()), nil
}

// UnmarshalText reads the week as [ParseWeek] does.
func (w *Week) UnmarshalText(text []byte) error {
	parsed, err := ParseWeek(string(text))
	if err != nil {
		return err
	}
	*w = parsed
	return nil
}
