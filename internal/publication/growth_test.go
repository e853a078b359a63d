package publication_test

import (
	"errors"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// TestGrowthWaits: a max_age that the item leaves out grows after the first week of
// enforce, and waits where a rule forbids that. No edit is refused, for there was none.
func TestGrowthWaits(t *testing.T) {
	for name, c := range map[string]struct {
		breakMX, fixMX func(w *world)
		drift          bool
	}{
		"an MX host that is not allowed": {
			func(w *world) { w.dns.mx[domain] = []string{"mx." + domain, "other.example"} },
			func(w *world) { w.dns.mx[domain] = []string{"mx." + domain} }, true,
		},
		"no MX host": {
			func(w *world) { w.dns.mx[domain] = nil },
			func(w *world) { w.dns.mx[domain] = []string{"mx." + domain} }, false,
		},
		"MX records that cannot be read": {
			func(w *world) { w.dns.mxFails = errors.New("no DNS") },
			func(w *world) { w.dns.mxFails = nil }, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOwn(t)
			w.active(asked("enforce", trusted))
			before, _ := w.served(domain)
			c.breakMX(w)
			w.now = w.now.Add(8 * 24 * time.Hour)
			w.settleDown()
			status := w.wantState(domain, publication.StateActive)
			if served, _ := w.served(domain); served.Body != before.Body {
				t.Fatalf("served %+v; want it as it was", served)
			}
			if len(status.Problems) > 0 || len(status.MaxAgeProblems) != 1 || status.MaxAgeProblems[0].Rule != publication.RuleMXCovered || (status.Drift != "") != c.drift {
				t.Errorf("status %+v; want it to name what the growth waits for", status)
			}

			w.edit(domain, asked("enforce", trusted, `"comment": "an edit of something else"`))
			w.settleDown()
			if status := w.wantState(domain, publication.StateActive); len(status.MaxAgeProblems) != 1 {
				t.Errorf("after an edit: %+v", status)
			}
			w.edit(domain, asked("enforce", trusted, `"max_age": 604800`))
			w.bring(domain)
			if status := w.wantState(domain, publication.StateRefused); len(status.MaxAgeProblems) > 0 {
				t.Errorf("an edit that asks for it: %+v", status)
			}
			w.edit(domain, asked("enforce", trusted))
			c.fixMX(w)
			w.settleDown()
			served, _ := w.served(domain)
			if status := w.wantState(domain, publication.StateActive); served.MaxAge != 604800 || len(status.MaxAgeProblems) > 0 {
				t.Errorf("once that is fixed: %+v, served %+v", status, served)
			}
		})
	}
}
