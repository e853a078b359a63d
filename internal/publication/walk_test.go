package publication_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// TestWalkMends what no edit would tell of.
func TestWalkMends(t *testing.T) {
	for name, spoil := range map[string]func(w *world){
		"an edit nobody heard of": func(w *world) { w.edit(domain, asked("none")) },
		"a deletion nobody heard of": func(w *world) {
			w.items.Remove(domain)
		},
		"the copy": func(w *world) {
			if err := w.state.RemoveCopy(w.t.Context(), mtasts.PolicyHost(domain)); err != nil {
				w.t.Fatal(err)
			}
		},
		"the record":   func(w *world) { delete(w.dns.txt, "_mta-sts.own.example") },
		"lost message": func(w *world) { w.edit(domain, asked("none")); w.bring(domain); w.queue.calls = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newOwn(t)
			w.active(asked("testing"))
			spoil(w)
			summary, err := w.walk.All(t.Context())
			if err != nil || summary != (publication.Summary{Domains: 1}) {
				t.Errorf("the walk found %+v, %v; want one domain", summary, err)
			}
			w.pass(20 * time.Minute)
			served, _ := w.served(domain)
			copied, _, err := w.state.Copy(t.Context(), mtasts.PolicyHost(domain))
			if string(copied) != served.Body || w.recordOf(domain) != served.ID || err != nil {
				t.Errorf("served %+v, copied %q, announced %q, %v", served, copied, w.recordOf(domain), err)
			}
			if _, found, _ := w.items.Item(t.Context(), domain); !found && !served.Retiring {
				t.Errorf("served %+v; want it retiring", served)
			}
		})
	}
}

// TestWalkSpreads what it looks at from outside, over as long as a queue waits.
func TestWalkSpreads(t *testing.T) {
	w := newMany(t, 30)
	w.pass(time.Hour)
	if _, err := w.walk.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	var due []time.Duration
	for _, call := range w.queue.calls {
		due = append(due, call.due.Sub(w.now))
	}
	slices.Sort(due)
	if len(due) != 30 || due[0] != 0 || due[1] != 30*time.Second || due[29] != 870*time.Second {
		t.Errorf("domains are looked at after %v; want one each 30 seconds", due)
	}
}

// TestStuck counts what should have gone on long ago, and not what waits for
// its owner.
func TestStuck(t *testing.T) {
	w := newOwn(t)
	w.strange = func(string) ([]byte, error) { return nil, errors.New("no route") }
	w.edit(domain, asked("testing"))
	w.bring(domain)
	for _, test := range []struct {
		after time.Duration
		stuck int
	}{{30 * time.Minute, 0}, {time.Second, 1}} {
		w.now = w.now.Add(test.after)
		if summary, err := w.walk.All(t.Context()); err != nil || summary.Stuck != test.stuck {
			t.Errorf("%s later: %+v, %v; want %d stuck", test.after, summary, err, test.stuck)
		}
	}
	w.strange = nil
	w.pass(time.Hour)
	w.edit("manual.example", `"mode": "testing", "mx": ["mx.manual.example"]`)
	w.bring("manual.example")
	w.pass(3 * time.Hour)
	w.wantState("manual.example", publication.StateLive)
	if summary, err := w.walk.All(t.Context()); err != nil || summary.Stuck != 0 || summary.Domains != 2 {
		t.Errorf("got %+v, %v; want none stuck of two", summary, err)
	}
}

// TestStuckRetiring: one whose end is due has a day for it.
func TestStuckRetiring(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(10 * time.Minute)
	until := w.bring(domain).ExposureUntil
	for after, stuck := range map[time.Duration]int{24 * time.Hour: 0, 24*time.Hour + 1: 1} {
		w.now = until.Add(after)
		if summary, err := w.walk.All(t.Context()); err != nil || summary.Stuck != stuck {
			t.Errorf("%s after it was due: %+v, %v; want %d stuck", after, summary, err, stuck)
		}
	}
}

// hanging never answers for one domain.
type hanging struct {
	publication.Items
	domain string
}

func (h hanging) Item(ctx context.Context, domain string) (publication.Item, bool, error) {
	if domain == h.domain {
		<-ctx.Done()
	}
	return h.Items.Item(ctx, domain)
}

// TestWalkLosesPatience with a domain, and goes on to the next.
func TestWalkLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newMany(t, 3)
		for i := range 3 {
			w.editOne(i, "mx2")
		}
		w.publisher.Items = hanging{w.items, nth(1)}
		w.walk.Patience = 30 * time.Second
		began := time.Now()
		summary, err := w.walk.All(t.Context())
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || summary.Failed != 1 || w.passed("mx2") != 2 || took != w.walk.Patience {
			t.Errorf("after %s: %+v, %v, and %d were published; want 2, and one given up after %s", took, summary, err, w.passed("mx2"), w.walk.Patience)
		}
	})
}

// TestWalkPassesOver what is retired.
func TestWalkPassesOver(t *testing.T) {
	w := newMany(t, 2)
	w.items.Remove(nth(0))
	w.bring(nth(0))
	w.pass(time.Hour)
	w.now = w.now.Add(48 * time.Hour)
	w.settleDown()
	w.wantState(nth(0), publication.StateRetired)
	if summary, err := w.walk.All(t.Context()); err != nil || summary.Domains != 1 {
		t.Errorf("got %+v, %v; want one domain", summary, err)
	}
}

// TestWalkGoesOn: one domain that fails holds up no other.
func TestWalkGoesOn(t *testing.T) {
	w := newMany(t, 5)
	for i := range 5 {
		w.editOne(i, "mx2")
	}
	w.state.FailNext(storetest.OpPublish, false)
	summary, err := w.walk.All(t.Context())
	if !errors.Is(err, storetest.ErrFailed) || summary.Failed != 1 || w.passed("mx2") != 4 {
		t.Errorf("got %+v, %v, and %d were published; want 4", summary, err, w.passed("mx2"))
	}
}

func TestWalkCannotList(t *testing.T) {
	for _, fail := range []func(w *world){
		func(w *world) { w.items.FailNext(storetest.OpDomains, true) },
		func(w *world) { w.state.FailNext(storetest.OpAllStatuses, true) },
		func(w *world) { w.state.FailNext(storetest.OpBrake, false) },
	} {
		w := newMany(t, 2)
		fail(w)
		if summary, err := w.walk.All(t.Context()); !errors.Is(err, storetest.ErrFailed) || summary != (publication.Summary{}) {
			t.Errorf("got %+v, %v; want the store's error alone", summary, err)
		}
	}
}

// TestWalkIsParallel walks over many domains at once; the race detector looks on.
func TestWalkIsParallel(t *testing.T) {
	w := newMany(t, 100)
	w.walk.Parallel = 8
	for i := range 100 {
		w.editOne(i, fmt.Sprint("mx", i%3), `"comment": "again"`)
	}
	if summary, err := w.walk.All(t.Context()); err != nil || summary.Domains != 100 {
		t.Errorf("got %+v, %v", summary, err)
	}
}
