package publication_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// held is how long senders hold the policy of these tests.
const held = 604800 * time.Second

// TestRetire takes an item away: mode none is announced, everything stays until
// no sender holds the policy, then the record goes, and an hour later the rest.
func TestRetire(t *testing.T) {
	w := newOwn(t)
	w.active(asked("enforce", trusted, `"max_age": 604800`))
	enforced, _ := w.served(domain)
	w.items.Remove(domain)
	gone := w.now
	status := w.bring(domain)
	retiring, _ := w.served(domain)
	if until := gone.Add(held + time.Hour); status.State != publication.StateRetiring || !status.ExposureUntil.Equal(until) {
		t.Errorf("status %+v; want it retiring until %s", status, until)
	}
	if retiring.Mode != mtasts.ModeNone || retiring.MaxAge != 86400 || !slices.Equal(retiring.MX, enforced.MX) {
		t.Errorf("served %+v; want mode none for a day", retiring)
	}
	w.pass(held + 50*time.Minute)
	if w.recordOf(domain) != retiring.ID {
		t.Errorf("the DNS announces %q; want mode none, %s", w.recordOf(domain), retiring.ID)
	}
	w.now = w.now.Add(settle + 11*time.Minute) // It was announced that much later.
	if again := w.advance(domain); again != 15*time.Minute || w.recordOf(domain) != "" {
		t.Errorf("after that the DNS announces %q, to be looked at after %s; want nothing, and 15m", w.recordOf(domain), again)
	}
	if _, is := w.served(domain); !is {
		t.Error("nothing is served while caches may hold the record")
	}
	w.now = w.now.Add(time.Hour)
	w.advance(domain)
	if _, is := w.served(domain); is {
		t.Error("it is served for ever")
	}
	w.wantState(domain, publication.StateRetired)
	if _, is, err := w.state.Copy(t.Context(), mtasts.PolicyHost(domain)); is || err != nil {
		t.Errorf("there is a copy: %v, %v", is, err)
	}
	if history := w.history(domain); len(history) != 2 {
		t.Errorf("the history is %+v; want both", history)
	}
	if status := w.bring(domain); status.State != publication.StateRetired {
		t.Errorf("status %+v; want it retired still", status)
	}
}

// TestPutBack puts an item back at any moment of retiring. Until everybody has
// forgotten the policy it goes on where it was; after that it begins anew.
func TestPutBack(t *testing.T) {
	for _, test := range []struct {
		after time.Duration
		state publication.State
	}{
		{0, publication.StateActive},
		{time.Second, publication.StateActive},
		{settle, publication.StateActive},
		{24 * time.Hour, publication.StateActive},
		{held + 59*time.Minute, publication.StateActive},
		{held + 61*time.Minute + settle, publication.StateRefused},
		{held + 100*time.Minute, publication.StateRefused},
		{held + 48*time.Hour, publication.StateRefused},
	} {
		t.Run(test.after.String(), func(t *testing.T) {
			w := newOwn(t)
			w.active(asked("enforce", trusted))
			w.now = w.now.Add(8 * 24 * time.Hour) // It may have a long max_age by now.
			w.edit(domain, asked("enforce", `"max_age": 604800`))
			w.bring(domain)
			w.pass(time.Hour)
			w.items.Remove(domain)
			w.bring(domain)
			w.pass(test.after)
			w.advance(domain)
			w.edit(domain, asked("enforce"))
			w.bring(domain)
			w.pass(2 * time.Hour)
			w.wantState(domain, test.state)

			w.edit(domain, asked("testing"))
			w.bring(domain)
			w.pass(2 * time.Hour)
			w.wantState(domain, publication.StateActive)
			served, _ := w.served(domain)
			copied, _, err := w.state.Copy(t.Context(), mtasts.PolicyHost(domain))
			if served.Mode != mtasts.ModeTesting || w.recordOf(domain) != served.ID || string(copied) != served.Body || err != nil {
				t.Errorf("served %+v, announced %q, copied %q, %v; want testing everywhere", served, w.recordOf(domain), copied, err)
			}
		})
	}
}

// TestPutBackWhileWithdrawn has the item come back between any two steps of
// taking it down.
func TestPutBackWhileWithdrawn(t *testing.T) {
	for nth := 1; nth <= 25; nth++ {
		t.Run(fmt.Sprint(nth), func(t *testing.T) {
			w := newOwn(t)
			w.active(asked("testing"))
			w.items.Remove(domain)
			w.bring(domain)
			w.pass(30 * 24 * time.Hour)
			w.advance(domain)
			w.now = w.now.Add(2 * time.Hour)
			w.state.InterruptNth(nth, func() {
				w.edit(domain, asked("testing", `"max_age": 90000`))
				w.bring(domain)
			})
			w.advance(domain)
			w.state.InterruptNth(1<<30, nil)
			served, is := w.served(domain)
			copied, _, err := w.state.Copy(t.Context(), mtasts.PolicyHost(domain))
			if string(copied) != served.Body || err != nil {
				t.Errorf("served is %q, the copy %q, %v", served.Body, copied, err)
			}
			if status := w.status(domain); is != (status.State != publication.StateRetired) {
				t.Errorf("served %v, status %+v", is, status)
			}
		})
	}
}

// TestRetireByHand: a record that its owner keeps has to go by his hand.
func TestRetireByHand(t *testing.T) {
	const domain, name = "manual.example", "_mta-sts.manual.example"
	w := newWorld(t, 1)
	w.edit(domain, `"mode": "testing", "mx": ["mx.manual.example"]`)
	w.bring(domain)
	w.pass(settle)
	status := w.wantState(domain, publication.StateLive)
	if want := `Set this TXT record, and no other: _mta-sts.manual.example TXT "` + status.TXTWanted + `"`; status.Obstacle != want {
		t.Errorf("the obstacle is %q; want %q", status.Obstacle, want)
	}
	w.dns.txt[name] = []string{status.TXTWanted}
	w.pass(time.Minute)
	w.wantState(domain, publication.StateActive)

	w.items.Remove(domain)
	w.bring(domain)
	w.pass(settle)
	w.dns.txt[name] = []string{w.status(domain).TXTWanted}
	w.pass(48 * time.Hour)
	w.advance(domain)
	status = w.wantState(domain, publication.StateRetiring)
	if want := "The TXT record " + name + " still announces a policy from here."; len(status.Obstacle) < len(want) || status.Obstacle[:len(want)] != want {
		t.Errorf("the obstacle is %q; want %q", status.Obstacle, want)
	}
	w.dns.txt[name] = []string{"v=STSv1; id=elsewhere;"} // Somebody else hosts it now.
	w.advance(domain)
	w.now = w.now.Add(time.Hour)
	w.advance(domain)
	w.wantState(domain, publication.StateRetired)
	if w.recordOf(domain) != "elsewhere" {
		t.Errorf("the DNS announces %q; want what others set", w.recordOf(domain))
	}
}

// TestNeverHeardOf: of a domain that has neither item nor policy nothing is kept.
func TestNeverHeardOf(t *testing.T) {
	w := newOwn(t)
	if status := w.bring(domain); status.State != publication.StateRetired || w.status(domain).Domain != "" || len(w.told) > 0 {
		t.Errorf("got %+v, kept %+v, told %+v", status, w.status(domain), w.told)
	}
	if again := w.advance(domain); again != 0 {
		t.Errorf("look again after %s; want never", again)
	}
}

// TestRetireAfterCrashes: whoever published mode none died at once, and nobody
// noticed until the time was over. All the same the record goes first, caches
// get the time to forget it, and history has everything.
func TestRetireAfterCrashes(t *testing.T) {
	for _, op := range []storetest.Op{storetest.OpSetStatus, storetest.OpPutCopy, storetest.OpAddHistory} {
		t.Run(string(op), func(t *testing.T) {
			w := newOwn(t)
			w.active(asked("testing"))
			w.items.Remove(domain)
			w.state.FailNth(op, 1, false)
			if op == storetest.OpAddHistory {
				w.state.FailNth(op, 2, false)
			}
			if _, err := w.publisher.Bring(t.Context(), domain); !errors.Is(err, storetest.ErrFailed) {
				t.Fatalf("got %v; want the store's error", err)
			}
			w.now = w.now.Add(48 * time.Hour)
			for range 3 {
				w.advance(domain)
			}
			if _, is := w.served(domain); !is {
				t.Error("it is withdrawn before caches forgot its record")
			}
			w.settleDown() // Now mode none is announced.
			w.wantState(domain, publication.StateRetiring)
			w.now = w.now.Add(24 * time.Hour)
			w.settleDown()
			w.wantState(domain, publication.StateRetired)
			if history := w.history(domain); len(history) != 2 {
				t.Errorf("the history is %+v; want both", history)
			}
		})
	}
}

// TestItemComesMeanwhile has an item appear between any two steps of finding
// that there is none.
func TestItemComesMeanwhile(t *testing.T) {
	for nth := 1; nth <= 6; nth++ {
		w := newOwn(t)
		w.active(asked("testing"))
		w.items.Remove(domain)
		w.bring(domain)
		w.pass(time.Hour)
		w.now = w.now.Add(48 * time.Hour)
		w.settleDown()
		w.wantState(domain, publication.StateRetired)
		w.state.InterruptNth(nth, func() {
			w.edit(domain, asked("testing"))
			w.bring(domain)
		})
		w.bring(domain)
		w.state.InterruptNth(1<<30, nil)
		if _, is := w.served(domain); is {
			w.wantState(domain, publication.StatePublished)
		}
	}
}

// TestPutBackWhileRecordGoes has the item come back between any two steps of
// removing the record: then it stays, and what is noted is not that the record is gone.
func TestPutBackWhileRecordGoes(t *testing.T) {
	removed := 0
	const calls, lookups = 12, 2 // Of the state; of the DNS before it is asked to remove the record.
	for nth := 1; nth <= calls+lookups; nth++ {
		w := newOwn(t)
		w.active(asked("testing"))
		w.items.Remove(domain)
		w.bring(domain)
		w.pass(time.Hour)
		w.now = w.now.Add(48 * time.Hour)
		putBack := func() {
			w.edit(domain, asked("testing"))
			w.bring(domain)
		}
		if nth <= calls {
			w.state.InterruptNth(nth, putBack)
		} else {
			w.dns.InterruptNth(nth-calls, putBack)
		}
		w.advance(domain)
		w.state.InterruptNth(1<<30, nil)
		w.dns.InterruptNth(1<<30, nil)
		for _, served := range w.dns.removals {
			if removed++; !served.Retiring {
				t.Errorf("call %d: the record was removed while %q was served", nth, served.Body)
			}
		}
		if served, _ := w.served(domain); !served.Retiring && !w.status(domain).TXTGoneAt.IsZero() {
			t.Errorf("call %d: %+v", nth, w.status(domain))
		}
		w.pass(10 * time.Minute)
		if served, _ := w.served(domain); !served.Retiring {
			w.wantState(domain, publication.StateActive)
		}
	}
	if removed == 0 {
		t.Error("no record was ever removed")
	}
}

// letsRetire lets a policy be enforced, and retire, at once.
const letsRetire = `"override": {"reason": "r", "until": "2030-01-01T00:00:00Z", "rules": ["testing-first", "retire"]}`

// dead is a DNS whose TXT records nobody can read.
type dead struct{ *fakeDNS }

func (dead) TXT(context.Context, string) ([]string, error) { return nil, errors.New("servfail") }

// TestOverrideTakenBack: what the item no longer asks for does not hold, though
// history still tells of it.
func TestOverrideTakenBack(t *testing.T) {
	w := newOwn(t)
	w.active(asked("enforce", letsRetire))
	w.edit(domain, asked("enforce")) // The override is taken back.
	w.bring(domain)
	w.pass(time.Hour)
	w.items.Remove(domain)
	if s := w.bring(domain); !s.ExposureUntil.After(w.now) {
		t.Errorf("retires at once by an override that was taken back: %s, now %s", s.ExposureUntil, w.now)
	}
}

// TestRetiringEnds even where the DNS cannot be read any more.
func TestRetiringEnds(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(time.Hour)
	w.rotator.Resolver = dead{w.dns}
	for range 300 {
		w.now = w.now.Add(24 * time.Hour)
		w.settleDown()
	}
	summary, _ := w.walk.All(t.Context())
	if _, is := w.served(domain); is {
		t.Errorf("RETIRING a year after, %+v", summary)
	}
}

// TestRefusedAfterWithdrawal: what is gone leaves nothing in the status of an
// item that came back and was refused.
func TestRefusedAfterWithdrawal(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(time.Hour)
	w.edit(domain, asked("bad"))
	w.settleDown()
	w.now = w.now.Add(30 * time.Hour)
	w.settleDown()
	w.settleDown()
	if _, is := w.served(domain); !is && w.status(domain).ID != "" {
		t.Errorf("nothing is served; %+v", w.status(domain))
	}
}

// TestTestedWhileRetired: the time in mode none is no time of testing.
func TestTestedWhileRetired(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing", `"max_age": 31557600`))
	w.now = w.now.Add(10 * time.Minute)
	w.items.Remove(domain)
	w.bring(domain)
	_ = w.state.AddEvidence(t.Context(), domain, publication.SignerEvidence{Signer: "sender.example", LastReport: w.now})
	w.pass(10 * 24 * time.Hour)
	w.edit(domain, asked("enforce", `"max_age": 86400`))
	if s := w.bring(domain); len(s.Problems) == 0 {
		t.Error("enforced after 20 minutes of testing")
	}
}

// TestRecordComesBack: then caches have it again, and need the time to forget it.
func TestRecordComesBack(t *testing.T) {
	w := newWorld(t, 1)
	const d, name = "manual.example", "_mta-sts.manual.example"
	w.edit(d, `"mode": "testing", "mx": ["mx.manual.example"], `+letsRetire)
	w.bring(d)
	w.items.Remove(d)
	w.bring(d)
	w.pass(settle + time.Minute) // The record is away.
	served, _ := w.served(d)
	w.dns.txt[name] = []string{"v=STSv1; id=" + served.ID + ";"}
	w.advance(d) // And back.
	w.now = w.now.Add(2 * time.Hour)
	delete(w.dns.txt, name)
	w.advance(d)
	if _, is := w.served(d); !is {
		t.Error("withdrawn at once, while caches hold the record")
	}
}

// TestCopyOfTheWithdrawn has the domain looked at between any two steps of
// withdrawing it: no copy stays behind.
func TestCopyOfTheWithdrawn(t *testing.T) {
	for n := 1; n < 25; n++ {
		w := newOwn(t)
		w.edit(domain, asked("testing", letsRetire))
		w.bring(domain)
		w.items.Remove(domain)
		w.bring(domain)
		w.pass(settle + time.Minute)
		w.now = w.now.Add(2 * time.Hour)
		w.state.InterruptNth(n, func() { w.bring(domain) })
		_, _ = w.rotator.Advance(t.Context(), domain)
		_, is := w.served(domain)
		if _, has, _ := w.state.Copy(t.Context(), mtasts.PolicyHost(domain)); !is && has {
			t.Errorf("call %d: the copy stays of what is withdrawn", n)
		}
	}
}

// retireUntilRemoval has a domain retire, up to where its record may go.
func retireUntilRemoval(t *testing.T) *world {
	w := newOwn(t)
	w.active(asked("testing"))
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(10 * time.Minute)
	w.now = w.now.Add(48 * time.Hour)
	return w
}

// TestForeignBesideOursAtTheEnd: a record that others share is not ours to remove.
func TestForeignBesideOursAtTheEnd(t *testing.T) {
	const name = "_mta-sts.own.example"
	w := retireUntilRemoval(t)
	both := append(slices.Clone(w.dns.txt[name]), "v=spf1 -all")
	w.dns.txt[name] = both
	w.dns.FailNext("remove", true)
	if again := w.advance(domain); again != time.Minute || !w.dns.FailureAhead() || !slices.Equal(w.dns.txt[name], both) {
		t.Errorf("look again after %s, removal was tried: %v, the record is %q; want it left", again, !w.dns.FailureAhead(), w.dns.txt[name])
	}
}
