package publication_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
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

				if err := w.state.AddEvidence(t.Context(), domain, publication.SignerEvidence{Signer: "sender.example", LastReport: corrected.Add(time.Hour)}); err != nil {
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

// TestClockSkew: clocks that are a minute apart are right.
func TestClockSkew(t *testing.T) {
	for ahead, corrected := range map[time.Duration]bool{time.Minute: false, time.Minute + 1: true} {
		w := newOwn(t)
		w.ahead = ahead
		w.edit(domain, asked("testing"))
		w.bring(domain)
		w.ahead = 0
		w.advance(domain)
		if served, _ := w.served(domain); served.CorrectedAt.IsZero() == corrected {
			t.Errorf("%s ahead: served %+v; want its time corrected: %v", ahead, served, corrected)
		}
	}
}

// TestNoStatusAhead: once a clock is right, no status has a time that is ahead.
func TestNoStatusAhead(t *testing.T) {
	active := func(w *world) { w.active(asked("testing")) }
	gone := func(w *world) {
		active(w)
		w.items.Remove(domain)
		w.bring(domain)
		w.pass(10 * time.Minute)
		w.now = w.now.Add(48 * time.Hour)
		w.advance(domain)
	}
	for name, test := range map[string]struct {
		do    func(w *world)
		times func(s publication.Status) []time.Time
	}{
		"active":             {active, func(s publication.Status) []time.Time { return []time.Time{s.Since, s.AnnouncedAt} }},
		"without its record": {gone, func(s publication.Status) []time.Time { return []time.Time{s.Since, s.TurnedAt, s.TXTGoneAt} }},
	} {
		w := newOwn(t)
		w.ahead = 40 * 24 * time.Hour
		test.do(w)
		w.ahead = 0
		w.walkAll()
		for _, at := range test.times(w.status(domain)) {
			if at.IsZero() || at.After(w.now) {
				t.Errorf("%s: %+v at %s; want it to have no time that is ahead", name, w.status(domain), w.now)
			}
		}
	}
}

// TestClockSetBackBeforeStatus: what was published, and is not in the status yet, gets
// there although its time is corrected first.
func TestClockSetBackBeforeStatus(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.ahead = time.Hour
	w.edit(domain, asked("none"))
	w.state.FailNth(storetest.OpSetStatus, 2, false)
	if _, err := w.publisher.Bring(t.Context(), domain); !errors.Is(err, storetest.ErrFailed) {
		t.Fatalf("got %v; want the error of the status", err)
	}
	w.ahead = 0
	status := w.bring(domain)
	if served, _ := w.served(domain); served.Mode != mtasts.ModeNone || status.ID != served.ID || status.Mode != served.Mode {
		t.Errorf("served %+v, status %+v", served, status)
	}
}

// TestBrakeTimesAhead: what a brake has from a clock that was ahead does not last.
func TestBrakeTimesAhead(t *testing.T) {
	ahead := func(w *world, change func(b *publication.Brake, at time.Time)) {
		t.Helper()
		brake, err := w.state.Brake(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		change(&brake, w.now.Add(40*24*time.Hour))
		brake.Revision++
		if done, err := w.state.SetBrake(t.Context(), brake); err != nil || !done {
			t.Fatal(done, err)
		}
	}
	w := newMany(t, 50)
	ahead(w, func(b *publication.Brake, at time.Time) { b.Hosted, b.CountedAt = 1, at })
	for i := range 50 {
		w.editOne(i, "mx2")
		w.bring(nth(i))
	}
	if passed := w.passed("mx2"); passed != 10 {
		t.Errorf("%d domains were changed; want 10 of 50, which are counted again", passed)
	}
	ahead(w, func(b *publication.Brake, at time.Time) { b.EngagedAt = at })
	w.bring(nth(49))
	if brake, err := w.state.Brake(t.Context()); err != nil || !brake.EngagedAt.Equal(w.now) {
		t.Errorf("the brake is %+v, %v; want it engaged since now", brake, err)
	}
}

// TestReleaseOfAnotherClock: a machine that releases the brake may be a little ahead.
func TestReleaseOfAnotherClock(t *testing.T) {
	const lasts, skew = 75 * time.Minute, 15 * time.Minute
	for left, released := range map[time.Duration]bool{0: false, 1: true, lasts: true, lasts + skew: true, lasts + skew + 1: false} {
		if got := (publication.Brake{ReleasedUntil: morning.Add(left)}).Released(morning); got != released {
			t.Errorf("with %s left: released %v; want %v", left, got, released)
		}
	}
}
