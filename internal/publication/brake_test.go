package publication_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// newMany is a world with so many domains, all in testing.
func newMany(t *testing.T, domains int) *world {
	w := newWorld(t, 1)
	for i := range domains {
		w.editOne(i, "mx1")
		w.bring(nth(i))
	}
	w.now = w.now.Add(time.Hour)
	return w
}

func nth(i int) string { return fmt.Sprintf("d%d.example", i) }

func (w *world) editOne(i int, mx string, more ...string) {
	w.edit(nth(i), strings.Join(append([]string{fmt.Sprintf(`"mode": "testing", "mx": ["%s.example"]`, mx)}, more...), ", "))
}

// passed counts the domains that serve what mentions a text.
func (w *world) passed(text string) (passed int) {
	for served, err := range w.state.Snapshot().AllPublished(w.t.Context()) {
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.Contains(served.Body, text) {
			passed++
		}
	}
	return passed
}

// TestBrake changes all of some domains at once: a few pass, and where that is
// not a small share, the others wait.
func TestBrake(t *testing.T) {
	for domains, want := range map[int]int{1: 1, 5: 5, 6: 5, 24: 5, 30: 6, 50: 10, 100: 20} {
		t.Run(fmt.Sprint(domains), func(t *testing.T) {
			w := newMany(t, domains)
			for i := range domains {
				w.editOne(i, "mx2")
				status := w.bring(nth(i))
				if braked := status.State == publication.StateRefused; braked != (i >= want) {
					t.Fatalf("domain %d: %+v; want %d to pass", i, status, want)
				}
			}
			if passed := w.passed("mx2"); passed != want {
				t.Errorf("%d domains were changed; want %d", passed, want)
			}
		})
	}
}

func TestBrakeSaysWhat(t *testing.T) {
	w := newMany(t, 24)
	for i := range 6 {
		w.editOne(i, "mx2")
		w.bring(nth(i))
	}
	want := "5 of 24 domains changed within ten minutes, which may be a mistake, so all further changes wait. Look whether they are meant; then let all of them pass with: sealpost resume (rule brake)"
	if status := w.status(nth(5)); len(status.Problems) != 1 || status.Problems[0].String() != want {
		t.Errorf("got  %v\nwant %s", status.Problems, want)
	}
	w.now = w.now.Add(48 * time.Hour)
	summary, err := w.walk.All(t.Context())
	if err != nil || !summary.Braked || summary.Refused != 1 {
		t.Errorf("the walk found %+v, %v; want it to say that changes are held back", summary, err)
	}
	if w.passed("mx2") != 5 {
		t.Error("the brake lets go by itself")
	}
}

// TestBrakeIsReleased: then everything passes for a while, and later counting
// begins anew.
func TestBrakeIsReleased(t *testing.T) {
	w := newMany(t, 24)
	change := func(mx string) {
		for i := range 24 {
			w.editOne(i, mx)
			w.bring(nth(i))
		}
	}
	change("mx2")
	if err := publication.Release(t.Context(), w.state, w.now); err != nil {
		t.Fatal(err)
	}
	if _, err := w.walk.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	if passed := w.passed("mx2"); passed != 24 {
		t.Errorf("%d domains were changed after the release; want all", passed)
	}
	released := w.now
	w.now = released.Add(75*time.Minute - time.Second)
	change("mx3")
	if passed := w.passed("mx3"); passed != 24 {
		t.Errorf("%d domains were changed just before the release ends; want all", passed)
	}
	w.now = released.Add(75 * time.Minute)
	change("mx4")
	if passed := w.passed("mx4"); passed != 5 {
		t.Errorf("%d domains were changed after it; want 5", passed)
	}
}

// TestBrakeCounts: not what comes slowly, nor the same domain twice, nor a new
// domain, nor what serves the same.
func TestBrakeCounts(t *testing.T) {
	for name, change := range map[string]func(w *world, i int){
		"slowly":        func(w *world, i int) { w.now = w.now.Add(2 * time.Minute); w.editOne(i, "mx2"); w.bring(nth(i)) },
		"one domain":    func(w *world, i int) { w.editOne(0, fmt.Sprint("mx2-", i)); w.bring(nth(0)) },
		"new domains":   func(w *world, i int) { w.editOne(100+i, "mx2"); w.bring(nth(100 + i)) },
		"only comments": func(w *world, i int) { w.editOne(i, "mx1", `"comment": "c"`); w.bring(nth(i)) },
		"override": func(w *world, i int) {
			w.editOne(i, "mx2", `"override": {"reason": "r", "until": "2030-01-01T00:00:00Z", "rules": ["brake"]}`)
			w.bring(nth(i))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMany(t, 20)
			for i := range 20 {
				change(w, i)
			}
			for i := range 20 {
				if status := w.status(nth(i)); status.State == publication.StateRefused {
					t.Fatalf("%+v; want no brake", status)
				}
			}
		})
	}
}

// TestBrakeWindow: a change counts for ten minutes from the last one of its
// domain, to the second.
func TestBrakeWindow(t *testing.T) {
	for after, held := range map[time.Duration]bool{10*time.Minute - time.Second: true, 10 * time.Minute: false} {
		w := newMany(t, 24)
		w.editOne(0, "mx9")
		w.bring(nth(0))
		w.now = w.now.Add(5 * time.Minute)
		for i := range 5 {
			w.editOne(i, "mx2")
			w.bring(nth(i))
		}
		w.now = w.now.Add(after)
		w.editOne(5, "mx2")
		if status := w.bring(nth(5)); (status.State == publication.StateRefused) != held {
			t.Errorf("after %s: %+v; want it held: %v", after, status, held)
		}
	}
}

// TestBrakeCountsDomainsAgain: what share of the domains changed goes by how many
// there are now.
func TestBrakeCountsDomainsAgain(t *testing.T) {
	w := newMany(t, 30)
	for i := range 6 {
		w.editOne(i, "mx2")
		w.bring(nth(i))
	}
	w.now = w.now.Add(10 * time.Minute)
	for i := range 20 {
		w.editOne(30+i, "mx1")
		w.bring(nth(30 + i))
	}
	for i := range 11 {
		w.editOne(i, "mx3")
		w.bring(nth(i))
	}
	if passed := w.passed("mx3"); passed != 10 {
		t.Errorf("%d of 50 domains were changed; want 10", passed)
	}
}

// TestBrakeHoldsDeletions: most of all.
func TestBrakeHoldsDeletions(t *testing.T) {
	w := newMany(t, 20)
	for i := range 20 {
		w.items.Remove(nth(i))
		w.bring(nth(i))
	}
	if none := w.passed("mode: none"); none != 5 {
		t.Errorf("%d domains retire; want 5", none)
	}
	w.editOne(10, "mx1") // Who puts an item back has nothing to wait for.
	if status := w.bring(nth(10)); status.State != publication.StatePublished {
		t.Errorf("got %+v; want it as it was", status)
	}
}

// TestBrakeCountsDomainsSeldom: to count them reads all of them.
func TestBrakeCountsDomainsSeldom(t *testing.T) {
	w := newMany(t, 50)
	for i := range 10 {
		if i == 6 { // The domains were counted with the change before.
			w.state.FailNext(storetest.OpAllPublished, false)
		}
		w.editOne(i, "mx2")
		w.bring(nth(i))
	}
	if passed := w.passed("mx2"); passed != 10 || !w.state.FailureAhead() {
		t.Errorf("%d domains were changed; want 10, and the domains counted once", passed)
	}
}

func TestBrakeCannotBeRead(t *testing.T) {
	for _, op := range []storetest.Op{storetest.OpBrake, storetest.OpSetBrake} {
		w := newMany(t, 2)
		w.editOne(0, "mx2")
		w.state.FailNext(op, false)
		if status, err := w.publisher.Bring(t.Context(), nth(0)); !errors.Is(err, storetest.ErrFailed) || w.passed("mx2") > 0 {
			t.Errorf("%s: %+v, %v; want the store's error, and nothing changed", op, status, err)
		}
	}
}

// TestGrowthIsNoChange: a max_age that grows by itself is no mistake of a script.
func TestGrowthIsNoChange(t *testing.T) {
	w := newWorld(t, 1)
	for i := range 10 {
		w.dns.mx[nth(i)] = []string{"mx1.example"}
		w.edit(nth(i), `"mode": "enforce", "mx": ["mx1.example"], `+trusted)
		w.bring(nth(i))
	}
	w.settleDown()
	w.now = w.now.Add(8 * 24 * time.Hour)
	w.settleDown() // Nobody edits anything.
	if b, _ := w.state.Brake(t.Context()); !b.EngagedAt.IsZero() {
		t.Errorf("the brake holds, and nobody edited: %v", w.status(nth(9)).Problems)
	}
}
