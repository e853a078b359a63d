package weekly_test

import (
	"errors"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // The schedules below must not depend on the machine.

	"sealpost/internal/digest"
	"sealpost/internal/storetest"
	"sealpost/internal/told"
)

// schedules of which the week that is due changes with the clocks, or that fall
// into an hour that the clocks skip.
var schedules = []struct {
	zone    string
	weekday time.Weekday
	hour    int
}{
	{"America/Los_Angeles", time.Sunday, 16},
	{"America/New_York", time.Sunday, 19},
	{"America/Chicago", time.Sunday, 18},
	{"America/Halifax", time.Sunday, 20},
	{"America/St_Johns", time.Sunday, 20},
	{"America/St_Johns", time.Sunday, 21},
	{"Atlantic/Azores", time.Sunday, 23},
	{"Pacific/Easter", time.Sunday, 18},
	{"Pacific/Easter", time.Saturday, 22},
	{"America/Nuuk", time.Sunday, 22},
	{"America/Nuuk", time.Saturday, 23},
	{"Australia/Sydney", time.Monday, 10},
	{"Europe/Berlin", time.Tuesday, 8},
}

// TestNoWeekIsSkipped runs each schedule from May 2026 to May 2027. Each week is
// mailed once, whatever the clocks do and though one run of nine is missed.
func TestNoWeekIsSkipped(t *testing.T) {
	for _, schedule := range schedules {
		w := withoutReports(t)
		zone, err := time.LoadLocation(schedule.zone)
		if err != nil {
			t.Fatal(err)
		}
		day := time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC)
		for day.Weekday() != schedule.weekday {
			day = day.AddDate(0, 0, 1)
		}
		var mailed []string
		var due digest.Week
		for i := range 53 {
			for _, minute := range []int{0, 45} {
				at := time.Date(day.Year(), day.Month(), day.Day()+7*i, schedule.hour, minute, 0, 0, zone)
				if at.Hour() != schedule.hour || i%9 == 4 {
					continue // The clocks skip the hour, or the run is missed.
				}
				w.now, due = at, digest.Last(at)
				answer, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`))
				if err != nil {
					t.Fatal(err)
				}
				for _, outcome := range answer.Outcomes {
					if outcome.Due != (outcome.Week == due.String()) {
						t.Errorf("%+v: at %s: %+v", schedule, at, outcome)
					}
					if outcome.Now {
						mailed = append(mailed, outcome.Week)
					}
				}
			}
		}
		slices.Sort(mailed)
		first, err := digest.ParseWeek(mailed[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, week := 0, first; week.Start().Before(due.End()); i, week = i+1, digest.WeekOf(week.End()) {
			if i >= len(mailed) || mailed[i] != week.String() {
				t.Fatalf("%+v: mailed %q; want %s to %s, each once", schedule, mailed, first, due)
			}
		}
		if len(w.sent) != len(mailed) {
			t.Errorf("%+v: %d mails; want %d", schedule, len(w.sent), len(mailed))
		}
	}
}

// TestMissedWeek: what the run of a week does about the week before.
func TestMissedWeek(t *testing.T) {
	const before = "2026-W46"
	start := week.Start() // The week before is over, and due from now on.
	for name, test := range map[string]struct {
		kept  []told.Delivery
		call  string
		mails int
		doubt bool
	}{
		"a new audience":           {nil, `{"week": "last"}`, 1, false},
		"mailed":                   {[]told.Delivery{{Week: before, State: told.StateSent}}, `{"week": "last"}`, 1, false},
		"refused":                  {[]told.Delivery{{Week: before, State: told.StateNotSent}}, `{"week": "last"}`, 2, false},
		"missed":                   {[]told.Delivery{{Week: "2026-W45", State: told.StateSent}}, `{"week": "last"}`, 2, false},
		"missed after another":     {[]told.Delivery{{Week: "2026-W44", State: told.StateSending}}, `{"week": "last"}`, 2, false},
		"the fourth before":        {[]told.Delivery{{Week: "2026-W42", State: told.StateSent}}, `{"week": "last"}`, 2, false},
		"known long ago":           {[]told.Delivery{{Week: "2026-W41", State: told.StateSent}}, `{"week": "last"}`, 1, false},
		"a week is named":          {[]told.Delivery{{Week: "2026-W45", State: told.StateSent}}, `{"week": "2026-W47"}`, 1, false},
		"mailed by order":          {[]told.Delivery{{Week: "2026-W45", State: told.StateSent}}, `{"week": "last", "resend": true}`, 1, false},
		"in doubt since its day":   {[]told.Delivery{{Week: before, State: told.StateSending, Since: start.AddDate(0, 0, 1)}}, `{"week": "last"}`, 1, false},
		"in doubt since today":     {[]told.Delivery{{Week: before, State: told.StateSending, Since: tuesday.Add(-time.Hour)}}, `{"week": "last"}`, 1, true},
		"in doubt since just then": {[]told.Delivery{{Week: before, State: told.StateSending, Since: week.End()}}, `{"week": "last"}`, 1, true},
		"another audience's":       {[]told.Delivery{{Week: "2026-W45", Audience: "hill", State: told.StateSent}}, `{"week": "last"}`, 1, false},
	} {
		w := withoutReports(t)
		for _, d := range test.kept {
			d.Revision = 1
			if d.Audience == "" {
				d.Audience = told.All
			}
			if d.Since.IsZero() {
				d.Since = start.AddDate(0, 0, -30)
			}
			if done, err := w.state.SetDelivery(t.Context(), d); err != nil || !done {
				t.Fatal(done, err)
			}
		}
		answer, err := w.mail.Answer(t.Context(), []byte(test.call))
		doubt := slices.ContainsFunc(answer.Outcomes, told.Outcome.InDoubt)
		if (err != nil) != test.doubt || doubt != test.doubt || len(w.sent) != test.mails {
			t.Errorf("%s: %+v, %v; %d mails; want %d, in doubt: %v", name, answer.Outcomes, err, len(w.sent), test.mails, test.doubt)
		}
		if o := answer.Outcomes[0]; o.Week != week.String() || !o.Due || !o.Sent {
			t.Errorf("%s: %+v; want the due week first", name, o)
		}
		if _, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`)); (err != nil) != test.doubt || len(w.sent) < test.mails || test.call == `{"week": "last"}` && len(w.sent) > test.mails {
			t.Errorf("%s: the second call: %v, %d mails", name, err, len(w.sent))
		}
	}
}

// TestMissedWeekNotKnown: the due week is mailed though nothing is known of the
// one before, and the error says so.
func TestMissedWeekNotKnown(t *testing.T) {
	const ofDue = 2 // The reads for the due week: its own delivery and the one before.
	for nth := ofDue + 1; nth <= ofDue+5; nth++ {
		w := withoutReports(t)
		w.state.FailNth(storetest.OpDelivery, nth, false)
		answer, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`))
		if !errors.Is(err, storetest.ErrFailed) || len(w.sent) != 1 || !answer.Outcomes[0].Sent {
			t.Errorf("read %d: %+v, %v; %d mails", nth, answer.Outcomes, err, len(w.sent))
		}
	}
}
