package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"sealpost/internal/told"
)

// Days is the conformance suite of told.DayStore. It opens an empty store for
// each test.
func Days(t *testing.T, open func(t *testing.T) told.DayStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, told.DayStore)
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

func dayIsReplaced(t *testing.T, store told.DayStore) {
	wantDay(t, store, told.Day{Domain: "example.com"})
	for _, d := range []told.Day{
		{Date: "2026-11-17", Causes: map[string]told.Telling{"sts certificate-expired *.example.com": {At: at}, "tlsa other elsewhere": {Told: true, At: at.Add(time.Nanosecond)}}, Revision: 1},
		{Date: "2026-11-17", Causes: map[string]told.Telling{"„so“ is no <cause> & more": {Told: true, At: at.AddDate(1, 0, 0)}}, Revision: 2},
		{Date: "2026-11-18", Revision: 3},
	} {
		d.Domain = "example.com"
		setDay(t, store, d, true)
		wantDay(t, store, d)
	}
	wantDay(t, store, told.Day{Domain: "example.net"})
}

func onlyTheNextDay(t *testing.T, store told.DayStore) {
	last := told.Day{Domain: "example.com"}
	for i, step := range []struct {
		revision int
		done     bool
	}{{2, false}, {0, false}, {-1, false}, {1, true}, {1, false}, {0, false}, {3, false}, {2, true}, {1, false}, {3, true}} {
		d := told.Day{Domain: "example.com", Date: fmt.Sprint(i), Revision: step.revision}
		setDay(t, store, d, step.done)
		if step.done {
			last = d
		}
		wantDay(t, store, last)
	}
}

func oneOfManySetsDay(t *testing.T, store told.DayStore) {
	for revision := 1; revision <= 2; revision++ {
		of := func(i int) told.Day {
			return told.Day{Domain: "example.com", Date: fmt.Sprint(i), Revision: revision}
		}
		winner := oneOfMany(t, func(i int) (bool, error) { return store.SetDay(t.Context(), of(i)) })
		wantDay(t, store, of(winner))
	}
}

func daysAreCopied(t *testing.T, store told.DayStore) {
	d := told.Day{Domain: "example.com", Date: "2026-11-17", Causes: map[string]told.Telling{"a": {At: at}}, Revision: 1}
	setDay(t, store, d, true)
	d.Causes["b"] = told.Telling{At: at}
	for range 2 {
		got, err := store.Day(t.Context(), "example.com")
		if err != nil || len(got.Causes) != 1 {
			t.Fatalf("day: %+v, %v; want one cause", got, err)
		}
		got.Causes["c"] = told.Telling{At: at}
	}
}

func hostileDays(t *testing.T, store told.DayStore) {
	for _, domain := range hostileNames {
		if done, err := store.SetDay(t.Context(), told.Day{Domain: domain, Date: "2026-11-17", Revision: 1}); done || err == nil {
			t.Errorf("set the day of %q: %v, %v; want an error", domain, done, err)
		}
		if got, err := store.Day(t.Context(), domain); err == nil {
			t.Errorf("the day of %q: %+v; want an error", domain, got)
		}
	}
}

func setDay(t *testing.T, store told.DayStore, d told.Day, want bool) {
	t.Helper()
	if done, err := store.SetDay(t.Context(), d); err != nil || done != want {
		t.Errorf("set revision %d of the day: %v, %v; want %v", d.Revision, done, err, want)
	}
}

func wantDay(t *testing.T, store told.DayStore, want told.Day) {
	t.Helper()
	if got, err := store.Day(t.Context(), want.Domain); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the day of %s: %+v, %v; want %+v", want.Domain, got, err, want)
	}
}
