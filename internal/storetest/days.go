package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"sealpost/internal/alert"
)

// Days is the conformance suite of alert.DayStore. It opens an empty store for
// each test.
func Days(t *testing.T, open func(t *testing.T) alert.DayStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, alert.DayStore)
	}{
		{"a day reads back and is replaced", dayIsReplaced},
		{"only the next revision of a day is taken", onlyTheNextDay},
		{"of many at once one sets the day", oneOfManySetsDay},
		{"days are copied", daysAreCopied},
		{"hostile domains have no day", hostileDays},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func dayIsReplaced(t *testing.T, store alert.DayStore) {
	wantDay(t, store, alert.Day{Domain: "example.com"})
	for _, d := range []alert.Day{
		{Date: "2026-11-17", Causes: map[string]alert.Telling{"sts certificate-expired *.example.com": {At: at}, "tlsa other elsewhere": {Told: true, At: at.Add(time.Nanosecond)}}, Revision: 1},
		{Date: "2026-11-17", Causes: map[string]alert.Telling{"„so“ is no <cause> & more": {Told: true, At: at.AddDate(1, 0, 0)}}, Revision: 2},
		{Date: "2026-11-18", Revision: 3},
	} {
		d.Domain = "example.com"
		setDay(t, store, d, true)
		wantDay(t, store, d)
	}
	wantDay(t, store, alert.Day{Domain: "example.net"})
}

func onlyTheNextDay(t *testing.T, store alert.DayStore) {
	last := alert.Day{Domain: "example.com"}
	for i, step := range []struct {
		revision int
		done     bool
	}{{2, false}, {0, false}, {-1, false}, {1, true}, {1, false}, {0, false}, {3, false}, {2, true}, {1, false}, {3, true}} {
		d := alert.Day{Domain: "example.com", Date: fmt.Sprint(i), Revision: step.revision}
		setDay(t, store, d, step.done)
		if step.done {
			last = d
		}
		wantDay(t, store, last)
	}
}

func oneOfManySetsDay(t *testing.T, store alert.DayStore) {
	for revision := 1; revision <= 2; revision++ {
		of := func(i int) alert.Day {
			return alert.Day{Domain: "example.com", Date: fmt.Sprint(i), Revision: revision}
		}
		winner := oneOfMany(t, func(i int) (bool, error) { return store.SetDay(t.Context(), of(i)) })
		wantDay(t, store, of(winner))
	}
}

func daysAreCopied(t *testing.T, store alert.DayStore) {
	d := alert.Day{Domain: "example.com", Date: "2026-11-17", Causes: map[string]alert.Telling{"a": {At: at}}, Revision: 1}
	setDay(t, store, d, true)
	d.Causes["b"] = alert.Telling{At: at}
	for range 2 {
		got, err := store.Day(t.Context(), "example.com")
		if err != nil || len(got.Causes) != 1 {
			t.Fatalf("day: %+v, %v; want one cause", got, err)
		}
		got.Causes["c"] = alert.Telling{At: at}
	}
}

func hostileDays(t *testing.T, store alert.DayStore) {
	for _, domain := range hostileNames {
		if done, err := store.SetDay(t.Context(), alert.Day{Domain: domain, Date: "2026-11-17", Revision: 1}); done || err == nil {
			t.Errorf("set the day of %q: %v, %v; want an error", domain, done, err)
		}
		if got, err := store.Day(t.Context(), domain); err == nil {
			t.Errorf("the day of %q: %+v; want an error", domain, got)
		}
	}
}

func setDay(t *testing.T, store alert.DayStore, d alert.Day, want bool) {
	t.Helper()
	if done, err := store.SetDay(t.Context(), d); err != nil || done != want {
		t.Errorf("set revision %d of the day: %v, %v; want %v", d.Revision, done, err, want)
	}
}

func wantDay(t *testing.T, store alert.DayStore, want alert.Day) {
	t.Helper()
	if got, err := store.Day(t.Context(), want.Domain); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the day of %s: %+v, %v; want %+v", want.Domain, got, err, want)
	}
}
