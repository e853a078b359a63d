package publication_test

import (
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// TestTurnsLate: senders hold a policy for as long as the DNS announces the id
// that they know it by. So a domain whose record is kept by hand waits for its
// owner.
func TestTurnsLate(t *testing.T) {
	const (
		domain, name = "manual.example", "_mta-sts.manual.example"
		late         = 5 * day
		exposed      = day + time.Hour // What the policy is held for, and an hour.
		elsewhere    = "v=STSv1; id=elsewhere;"
	)
	for label, test := range map[string]struct {
		before string // What the DNS has meanwhile, if it is not the id of the policy.
		after  string // What it has after five days; "none" for what it is asked for.
		ends   time.Duration
	}{
		"mode none is announced":      {after: "none", ends: late + exposed},
		"the record is gone":          {after: "", ends: late + exposed},
		"it is of no use":             {after: "v=spf1 -all", ends: late + exposed},
		"somebody else's":             {after: elsewhere, ends: late + exposed},
		"never":                       {after: "policy", ends: 30*day + exposed},
		"an id of its owner's own":    {before: elsewhere, after: "none", ends: late + exposed},
		"that id, for ever":           {before: elsewhere, after: elsewhere, ends: 30*day + exposed},
		"that id, and then no record": {before: elsewhere, after: "", ends: late + exposed},
	} {
		t.Run(label, func(t *testing.T) {
			w := newWorld(t, 1)
			w.edit(domain, `"mode": "testing", "mx": ["mx.manual.example"]`)
			w.bring(domain)
			set := func(value string) {
				switch w.dns.txt[name] = []string{value}; value {
				case "":
					delete(w.dns.txt, name)
				case "none":
					w.dns.txt[name] = []string{w.status(domain).TXTWanted}
				case "policy":
					w.dns.txt[name] = []string{"v=STSv1; id=" + w.history(domain)[0].ID + ";"}
				}
			}
			if set("policy"); test.before != "" {
				set(test.before)
			}
			w.pass(day)
			w.items.Remove(domain)
			w.bring(domain)
			gone := w.now
			look := func(at time.Duration) (earliest time.Duration) {
				t.Helper()
				w.now = gone.Add(at)
				w.advance(domain)
				return w.bring(domain).ExposureUntil.Sub(gone)
			}
			for _, at := range []time.Duration{settle, day, late - time.Hour} {
				if earliest := look(at); earliest != at+exposed || w.status(domain).TurnedAt != (time.Time{}) {
					t.Errorf("after %s it is exposed until %s, and the DNS turned at %s; want %s, and not yet", at, earliest, w.status(domain).TurnedAt, at+exposed)
				}
			}
			set(test.after)
			for _, at := range []time.Duration{late, late + time.Hour, test.ends - time.Minute} {
				until := look(at)
				if want := min(test.ends, at+exposed); until != want && until != test.ends {
					t.Errorf("after %s it is exposed until %s; want %s", at, until, want)
				}
				if state := w.status(domain); state.TXTWanted == "" {
					t.Errorf("after %s its record is to go: %+v", at, state)
				}
			}
			look(test.ends + time.Minute)
			if obstacle, ours := w.status(domain).Obstacle, test.after == "none" || test.after == "policy"; (obstacle == "") == ours {
				t.Errorf("in the end the obstacle is %q", obstacle)
			}
			delete(w.dns.txt, name)
			look(test.ends + 2*time.Minute)
			look(test.ends + 62*time.Minute)
			w.wantState(domain, publication.StateRetired)
		})
	}
}

// TestTurnsBack: whoever sets the record from before again, at any time, has senders
// hold what they knew by it for longer.
func TestTurnsBack(t *testing.T) {
	const exposed = day + time.Hour
	for label, test := range map[string]struct {
		look, back time.Duration
		removed    bool
	}{
		"while senders hold it":   {time.Hour, 6 * time.Hour, false},
		"when the record is gone": {settle + exposed, settle + exposed + 30*time.Minute, true},
	} {
		t.Run(label, func(t *testing.T) {
			w := newOwn(t)
			w.active(asked("testing"))
			older := w.dns.txt["_mta-sts.own.example"]
			w.items.Remove(domain)
			w.bring(domain)
			gone := w.now
			w.pass(settle)
			w.now = gone.Add(test.look)
			w.advance(domain)
			if removed := w.recordOf(domain) == ""; removed != test.removed || removed == w.status(domain).TXTGoneAt.IsZero() {
				t.Fatalf("removed %v, %+v", removed, w.status(domain))
			}
			w.now = gone.Add(test.back)
			w.dns.txt["_mta-sts.own.example"] = older
			w.advance(domain)
			served, _ := w.served(domain)
			if status := w.status(domain); w.recordOf(domain) != served.ID || !status.AnnouncedAt.Equal(w.now) || status.TXTWanted != "v=STSv1; id="+served.ID+";" {
				t.Fatalf("the DNS announces %s, %+v; want mode none, from now on", w.recordOf(domain), status)
			}
			turned := w.now
			w.now = turned.Add(exposed - time.Minute)
			if w.advance(domain); w.recordOf(domain) != served.ID {
				t.Error("the record is gone, and senders hold the policy still")
			}
			w.now = turned.Add(exposed)
			w.advance(domain)
			w.now = turned.Add(exposed + 59*time.Minute)
			w.advance(domain)
			if _, is := w.served(domain); !is || w.recordOf(domain) != "" {
				t.Errorf("served %v, the DNS announces %q; want the record gone, and the policy an hour later", is, w.recordOf(domain))
			}
			w.now = turned.Add(exposed + time.Hour)
			w.advance(domain)
			w.wantState(domain, publication.StateRetired)

			w.active(asked("testing")) // After all.
			if now, _ := w.served(domain); now.Mode != mtasts.ModeTesting || older[0] == "v=STSv1; id="+now.ID+";" {
				t.Errorf("%+v has the id that it had before", now)
			}
		})
	}
}

// TestTurnedIsOfOneRetirement: the next one begins anew to ask for it.
func TestTurnedIsOfOneRetirement(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	delete(w.dns.txt, "_mta-sts.own.example")
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(settle)
	if w.status(domain).TurnedAt.IsZero() {
		t.Fatalf("%+v; want that the DNS turned", w.status(domain))
	}
	w.active(asked("testing"))
	if status := w.status(domain); !status.TurnedAt.IsZero() {
		t.Errorf("%+v; want nothing left of it", status)
	}
}

// TestTurnsBackByHand: what was noted of a record that was gone does not count once
// the one from before is back.
func TestTurnsBackByHand(t *testing.T) {
	const domain, name = "manual.example", "_mta-sts.manual.example"
	w := newWorld(t, 1)
	w.edit(domain, `"mode": "testing", "mx": ["mx.manual.example"]`)
	older := w.bring(domain).TXTWanted
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(time.Hour)
	if w.status(domain).TurnedAt.IsZero() {
		t.Fatalf("%+v; want that the DNS, which has no record, turned", w.status(domain))
	}
	w.dns.txt[name] = []string{older}
	w.now = w.now.Add(6 * time.Hour)
	w.advance(domain)
	if status := w.bring(domain); !status.TurnedAt.IsZero() || !status.ExposureUntil.Equal(w.now.Add(day+time.Hour)) {
		t.Errorf("now %s, %+v; want it counted anew", w.now, status)
	}
}

// TestTurnsAndIsAnnounced: who has removed the record, and sets the one that he is
// asked for after all, need not wait for longer.
func TestTurnsAndIsAnnounced(t *testing.T) {
	const domain, name = "manual.example", "_mta-sts.manual.example"
	w := newWorld(t, 1)
	w.edit(domain, `"mode": "testing", "mx": ["mx.manual.example"]`)
	w.dns.txt[name] = []string{w.bring(domain).TXTWanted}
	w.pass(settle)
	w.items.Remove(domain)
	w.bring(domain)
	delete(w.dns.txt, name)
	w.pass(settle)
	turned := w.status(domain).TurnedAt
	w.now = w.now.Add(6 * time.Hour)
	w.dns.txt[name] = []string{w.status(domain).TXTWanted}
	w.advance(domain)
	if status := w.bring(domain); turned.IsZero() || !status.AnnouncedAt.Equal(w.now) || !status.ExposureUntil.Equal(turned.Add(day+time.Hour)) {
		t.Errorf("now %s, %+v; want it counted from %s", w.now, status, turned)
	}
}

// TestPutBackBeforeItTurned: senders that were never told of mode none hold the
// policy still, so it goes on where it was.
func TestPutBackBeforeItTurned(t *testing.T) {
	const domain, name = "manual.example", "_mta-sts.manual.example"
	for label, turns := range map[string]bool{"before": false, "long after": true} {
		w := newWorld(t, 1)
		w.dns.mx[domain] = []string{"mx.manual.example"}
		w.edit(domain, `"mode": "enforce", "mx": ["mx.manual.example"], "max_age": 86400, `+trusted)
		w.dns.txt[name] = []string{w.bring(domain).TXTWanted}
		w.pass(settle)
		w.items.Remove(domain)
		w.bring(domain)
		w.pass(settle)
		if turns {
			delete(w.dns.txt, name)
			w.advance(domain)
		}
		w.now = w.now.Add(5 * day)
		w.edit(domain, `"mode": "enforce", "mx": ["mx.manual.example"], "max_age": 86400`)
		if status := w.bring(domain); (len(status.Problems) > 0) != turns {
			t.Errorf("%s: %+v", label, status)
		}
	}
}

// TestTurnsWithoutHistory: what was served before may be forgotten, since it was
// replaced years ago.
func TestTurnsWithoutHistory(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.items.Remove(domain)
	w.bring(domain)
	w.dns.txt["_mta-sts.own.example"] = []string{"v=STSv1; id=elsewhere;"}
	w.rotator.History = new(storetest.MemoryState)
	w.now = w.now.Add(settle)
	w.advance(domain)
	w.wantState(domain, publication.StateRetiring)
}
