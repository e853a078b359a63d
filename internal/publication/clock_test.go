package publication_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// TestClockSetBack publishes with a clock that is ahead, which is set right then. The
// policy counts as published from the first look on: it is announced once the edge
// has it, and a week of testing begins.
func TestClockSetBack(t *testing.T) {
	for _, ahead := range []time.Duration{2 * time.Minute, 2 * time.Hour, 40 * 24 * time.Hour, 5 * 365 * 24 * time.Hour} {
		for _, walks := range []bool{false, true} { // Who looks first.
			t.Run(fmt.Sprint(ahead, walks), func(t *testing.T) {
				w := newOwn(t)
				w.ahead = ahead
				w.edit(domain, asked("testing"))
				w.bring(domain)
				w.ahead = 0
				if walks {
					w.walkAll()
				}
				if again := w.advance(domain); again != settle || w.recordOf(domain) != "" {
					t.Fatalf("look again after %s, with the record %q; want %s, and none", again, w.recordOf(domain), settle)
				}
				corrected := w.now
				w.now = w.now.Add(settle)
				w.advance(domain)
				status := w.wantState(domain, publication.StateActive)
				wrong := morning.Add(ahead).Format("2 January 2006, 15:04 UTC")
				if !strings.Contains(status.ClockCorrection, wrong) || !strings.Contains(status.ClockCorrection, corrected.Format("2 January 2006, 15:04 UTC")) {
					t.Errorf("the status says %q of the clock", status.ClockCorrection)
				}
				if served, _ := w.served(domain); !served.Since().Equal(corrected) {
					t.Errorf("served %+v; want it to count from %s", served, corrected)
				}

				if err := w.state.AddEvidence(t.Context(), publication.Evidence{Domain: domain, LastReport: corrected.Add(time.Hour), ReportSigner: "sender.example"}); err != nil {
					t.Fatal(err)
				}
				w.edit(domain, asked("enforce"))
				w.now = corrected.Add(7*24*time.Hour - time.Second)
				if status := w.bring(domain); status.State != publication.StateRefused {
					t.Errorf("enforce before a week of testing: %+v", status)
				}
				w.now = w.now.Add(time.Second)
				if status := w.bring(domain); status.State != publication.StatePublished || status.ClockCorrection != "" {
					t.Errorf("enforce after a week of testing: %+v", status)
				}
				if history := publication.Corrected(w.history(domain), w.now); len(history) != 2 || !history[0].PublishedAt.Equal(corrected) || !history[1].PublishedAt.Equal(w.now) {
					t.Errorf("history %+v", history)
				}
				w.pass(time.Hour)
				w.wantState(domain, publication.StateActive)
			})
		}
	}
}

// TestEditAfterClockSetBack: what is published then comes after what was published
// before, whatever the clock says.
func TestEditAfterClockSetBack(t *testing.T) {
	w := newOwn(t)
	w.ahead = time.Hour
	w.edit(domain, asked("testing"))
	w.bring(domain)
	w.ahead = 0
	w.edit(domain, asked("none"))
	w.bring(domain)
	served, _ := w.served(domain)
	if history := w.history(domain); len(history) != 2 || history[1].ID != served.ID || !served.Since().Equal(w.now) {
		t.Errorf("served %+v, history %+v", served, w.history(domain))
	}
	if again := w.advance(domain); again != settle {
		t.Errorf("look again after %s; want %s", again, settle)
	}
	w.pass(time.Hour)
	w.wantState(domain, publication.StateActive)
}

// TestRetireAfterClockSetBack: it takes as long as for any other domain.
func TestRetireAfterClockSetBack(t *testing.T) {
	w := newOwn(t)
	w.ahead = 40 * 24 * time.Hour
	w.active(asked("enforce", trusted, `"max_age": 604800`))
	w.ahead = 0
	w.walkAll()
	w.items.Remove(domain)
	status := w.bring(domain)
	if until := w.now.Add(held + time.Hour); status.State != publication.StateRetiring || status.ExposureUntil.Before(until.Add(-settle)) || status.ExposureUntil.After(until.Add(settle)) {
		t.Errorf("status %+v; want it retiring until %s", status, until)
	}
	for range 10 {
		w.now = w.now.Add(24 * time.Hour)
		w.settleDown()
	}
	w.wantState(domain, publication.StateRetired)
}

// TestBrakeAfterClockSetBack: neither does it hold for what was counted ahead, nor
// does a release last longer than it does.
func TestBrakeAfterClockSetBack(t *testing.T) {
	w := newMany(t, 24)
	w.ahead = 40 * 24 * time.Hour
	for i := range 5 {
		w.editOne(i, "mx2")
		w.bring(nth(i))
	}
	w.ahead = 0
	w.now = w.now.Add(time.Hour)
	w.editOne(0, "mx3")
	w.bring(nth(0)) // What was counted counts as now.
	w.now = w.now.Add(time.Hour)
	w.editOne(5, "mx3")
	if status := w.bring(nth(5)); status.State != publication.StatePublished {
		t.Errorf("%+v; want it to pass", status)
	}
	if err := publication.Release(t.Context(), w.state, w.now.Add(40*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		w.editOne(i, "mx4")
		w.bring(nth(i))
	}
	if passed := w.passed("mx4"); passed != 5 {
		t.Errorf("%d domains were changed under a release from the time to come; want 5", passed)
	}
}
