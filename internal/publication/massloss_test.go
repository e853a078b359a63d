package publication_test

import (
	"testing"
	"time"

	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// TestMassLoss takes items away. Whether all of them are gone decides.
func TestMassLoss(t *testing.T) {
	remove := func(numbers ...int) func(w *world) {
		return func(w *world) {
			for _, i := range numbers {
				w.items.Remove(nth(i))
			}
		}
	}
	for name, c := range map[string]struct {
		domains int
		lose    func(w *world)
		retire  int
		waits   bool
	}{
		"the only one":                     {1, remove(0), 1, false},
		"both":                             {2, remove(0, 1), 0, true},
		"all of five":                      {5, remove(0, 1, 2, 3, 4), 0, true},
		"all of thirty":                    {30, func(w *world) { w.items.Restore(new(storetest.MemoryItems)) }, 0, true},
		"one of two":                       {2, remove(1), 1, false},
		"two of three":                     {3, remove(0, 2), 2, false},
		"all but a wrong":                  {3, func(w *world) { remove(0, 1)(w); w.edit(nth(2), `"mode": "bad"`) }, 2, false},
		"all but one that was just edited": {3, func(w *world) { w.editOne(2, "mx2"); w.bring(nth(2)); remove(0, 1)(w) }, 2, false},
		"another folder, by a clock that was ahead": {3, func(w *world) {
			w.items.Restore(new(storetest.MemoryItems))
			w.ahead = 40 * 24 * time.Hour
			w.walkAll()
			w.ahead = 0
			w.editOne(100, "mx1")
			w.bring(nth(100))
		}, 0, true},
		"one after the other": {2, func(w *world) {
			remove(0)(w)
			w.walkAll()
			w.now = w.now.Add(time.Hour)
			remove(1)(w)
		}, 2, false},
		"another folder in its place": {3, func(w *world) { w.items.Restore(new(storetest.MemoryItems)); w.editOne(100, "mx1"); w.bring(nth(100)) }, 0, true},
		"another folder that is brought on later": {3, func(w *world) {
			w.items.Restore(new(storetest.MemoryItems))
			w.walkAll()
			w.editOne(100, "mx1")
			w.bring(nth(100))
		}, 0, true},
		"another folder that is edited later": {3, func(w *world) {
			w.items.Restore(new(storetest.MemoryItems))
			w.editOne(100, "mx1")
			w.walkAll()
			w.now = w.now.Add(24 * time.Hour)
		}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMany(t, c.domains)
			kept := w.items.Snapshot()
			c.lose(w)
			for range 30 { // Time alone changes nothing.
				if summary := w.walkAll(); summary.Braked != c.waits {
					t.Fatalf("the walk found %+v; want it to say whether changes are held back: %v", summary, c.waits)
				}
				w.now = w.now.Add(time.Hour)
			}
			if retire := w.passed("mode: none"); retire != c.retire {
				t.Fatalf("%d domains retire; want %d", retire, c.retire)
			}
			if !c.waits {
				return
			}
			if status := w.status(nth(0)); status.State != publication.StateRefused || len(status.Problems) != 1 || status.Problems[0].Rule != publication.RuleBrake {
				t.Errorf("status %+v; want it to say that all items are gone", status)
			}
			lost := w.items.Snapshot()
			w.items.Restore(kept)
			if summary := w.walkAll(); summary.Braked || summary.Refused > 0 {
				t.Errorf("with the items back, the walk found %+v", summary)
			}
			w.items.Restore(lost)
			w.walkAll()
			if err := publication.Release(t.Context(), w.state, w.now); err != nil {
				t.Fatal(err)
			}
			w.walkAll()
			if retire := w.passed("mode: none"); retire != c.domains {
				t.Errorf("%d domains retire once people said so; want %d", retire, c.domains)
			}
		})
	}
}

func (w *world) walkAll() publication.Summary {
	w.t.Helper()
	summary, err := w.walk.All(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return summary
}

// TestMassLossBesideRetiring: a domain that retires says nothing of the others, though
// it has an item again.
func TestMassLossBesideRetiring(t *testing.T) {
	w := newMany(t, 3)
	w.items.Remove(nth(2))
	w.bring(nth(2))
	w.edit(nth(2), `"mode": "bad"`)
	w.items.Remove(nth(0))
	w.items.Remove(nth(1))
	if summary := w.walkAll(); !summary.Braked || w.passed("mode: none") != 1 {
		t.Errorf("the walk found %+v, and %d domains retire; want changes held back, and 1", summary, w.passed("mode: none"))
	}
}
