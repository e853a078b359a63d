package digest_test

import (
	"testing"
	"time"

	"sealpost/internal/digest"
)

func TestWeekOf(t *testing.T) {
	tests := []struct {
		at   string
		want string
	}{
		{"2026-11-16T00:00:00Z", "2026-W47"},
		{"2026-11-22T23:59:59Z", "2026-W47"},
		{"2026-11-23T00:00:00Z", "2026-W48"},
		{"2026-11-23T00:30:00+01:00", "2026-W47"}, // Still Sunday in UTC.
		{"2026-12-31T12:00:00Z", "2026-W53"},
		{"2027-01-03T23:59:59Z", "2026-W53"}, // A Sunday.
		{"2027-01-04T00:00:00Z", "2027-W01"},
		{"2024-12-30T00:00:00Z", "2025-W01"}, // The week's Thursday lies in 2025.
		{"2021-01-01T00:00:00Z", "2020-W53"},
		{"2022-01-02T00:00:00Z", "2021-W52"},
	}
	for _, test := range tests {
		w := digest.WeekOf(at(t, test.at))
		if w.String() != test.want {
			t.Errorf("WeekOf(%s) = %s, want %s", test.at, w, test.want)
		}
		if !w.Contains(at(t, test.at)) {
			t.Errorf("%s does not contain %s", w, test.at)
		}
	}
}

func TestWeekBounds(t *testing.T) {
	tests := []struct {
		week, start, end, prev string
	}{
		{"2026-W47", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z", "2026-W46"},
		{"2026-W53", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z", "2026-W52"},
		{"2027-W01", "2027-01-04T00:00:00Z", "2027-01-11T00:00:00Z", "2026-W53"},
		{"2025-W01", "2024-12-30T00:00:00Z", "2025-01-06T00:00:00Z", "2024-W52"},
		{"2018-W01", "2018-01-01T00:00:00Z", "2018-01-08T00:00:00Z", "2017-W52"},
		{"2017-W01", "2017-01-02T00:00:00Z", "2017-01-09T00:00:00Z", "2016-W52"}, // 1 January is a Sunday.
	}
	for _, test := range tests {
		w, err := digest.ParseWeek(test.week)
		check(t, err)
		got := []string{w.Start().Format(time.RFC3339), w.End().Format(time.RFC3339), w.Prev().String()}
		want := []string{test.start, test.end, test.prev}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: got %v, want %v", test.week, got, want)
				break
			}
		}
		if w.Contains(w.End()) || w.Contains(w.Start().Add(-time.Nanosecond)) {
			t.Errorf("%s contains what lies outside", w)
		}
	}
}

func TestLast(t *testing.T) {
	for now, want := range map[string]string{
		"2026-11-23T00:00:00Z": "2026-W47",
		"2026-11-22T23:59:59Z": "2026-W46",
		"2027-01-05T08:00:00Z": "2026-W53",
	} {
		if got := digest.Last(at(t, now)); got.String() != want {
			t.Errorf("Last(%s) = %s, want %s", now, got, want)
		}
	}
}

func TestParseWeekRefuses(t *testing.T) {
	for _, s := range []string{
		"", "2026", "2026-47", "2026-W0", "2026-W00", "2026-W54", "2025-W53", "2026-w47", "2026-W047",
		" 2026-W47", "2026-W47 ", "+026-W47", "2026-W4x", "2026W47", "２026-W47",
	} {
		if w, err := digest.ParseWeek(s); err == nil {
			t.Errorf("ParseWeek(%q) = %v", s, w)
		}
	}
}

func FuzzParseWeek(f *testing.F) {
	for _, s := range []string{"2026-W47", "2026-W53", "2025-W53", "0000-W01", "9999-W52", "2026-W00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := digest.ParseWeek(s)
		if err != nil {
			return
		}
		if w.String() != s {
			t.Errorf("ParseWeek(%q) prints as %s", s, w)
		}
		if w.Start().Weekday() != time.Monday || digest.WeekOf(w.Start()) != w || digest.WeekOf(w.End()).Prev() != w {
			t.Errorf("%s starts on %s", s, w.Start())
		}
	})
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, s)
	check(t, err)
	return moment
}
