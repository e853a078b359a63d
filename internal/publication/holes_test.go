package publication_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

const letsRetire = `"override": {"reason": "r", "until": "2030-01-01T00:00:00Z", "rules": ["testing-first", "retire"]}`

// cached is a resolver that keeps an answer for 300 s.
type cached struct {
	*fakeDNS
	kept map[string][]string
	at   map[string]time.Time
}

func (c *cached) TXT(ctx context.Context, name string) ([]string, error) {
	if at, is := c.at[name]; is && c.world.now.Sub(at) < 300*time.Second {
		return c.kept[name], nil
	}
	v, err := c.fakeDNS.TXT(ctx, name)
	c.kept[name], c.at[name] = v, c.world.now
	return v, err
}

type dead struct{ *fakeDNS }

func (dead) TXT(context.Context, string) ([]string, error) { return nil, errors.New("servfail") }

func TestRevertBehindCache(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.now = w.now.Add(time.Hour)
	w.rotator.Resolver = &cached{w.dns, map[string][]string{}, map[string]time.Time{}}
	w.edit(domain, asked("none"))
	w.bring(domain)
	w.pass(settle + time.Second) // none is announced
	w.edit(domain, asked("testing"))
	w.bring(domain)
	w.pass(30 * time.Minute)
	served, _ := w.served(domain)
	if s := w.status(domain); s.State == publication.StateActive && w.recordOf(domain) != served.ID {
		t.Errorf("ACTIVE, served %.6s, the zone has %.6s, %d messages", served.ID, w.recordOf(domain), len(w.queue.calls))
	}
}

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

func TestNoLongerReached(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.strange = func(string) ([]byte, error) { return nil, errors.New("no address") }
	for range 48 {
		w.now = w.now.Add(time.Hour)
		summary, _ := w.walk.All(t.Context())
		w.pass(30 * time.Minute)
		if s := w.status(domain); s.State != publication.StateActive || summary.Stuck > 0 {
			return
		}
	}
	t.Error("ACTIVE after two days without a policy host")
}

func TestRecordByHandGone(t *testing.T) {
	w := newWorld(t, 1)
	const d = "manual.example"
	w.edit(d, `"mode": "testing", "mx": ["mx.manual.example"]`)
	w.bring(d)
	w.dns.txt["_mta-sts."+d] = []string{w.status(d).TXTWanted}
	w.pass(10 * time.Minute)
	delete(w.dns.txt, "_mta-sts."+d)
	w.settleDown()
	if s := w.status(d); s.State == publication.StateActive {
		t.Errorf("ACTIVE, TXTSeen %q, the DNS has nothing", s.TXTSeen)
	}
}

func TestCloseIsOvertaken(t *testing.T) {
	for n := 1; n < 12; n++ {
		w := newOwn(t)
		w.edit(domain, asked("testing", letsRetire))
		w.bring(domain)
		w.items.Remove(domain)
		w.bring(domain)
		w.settleDown()
		w.state.InterruptNth(n, func() {
			w.edit(domain, asked("testing"))
			w.bring(domain)
			w.items.Remove(domain)
			w.bring(domain)
		})
		w.bring(domain)
		for range 20 {
			w.now = w.now.Add(100 * time.Hour)
			w.settleDown()
		}
		if _, is := w.served(domain); is {
			t.Errorf("call %d: %s, served for ever", n, w.status(domain).State)
		}
	}
}

func TestRefusalIsOvertaken(t *testing.T) {
	for n := 1; n < 16; n++ {
		w := newOwn(t)
		w.active(asked("testing"))
		w.edit(domain, asked("enforce", trusted))
		w.dns.mxFails = errors.New("servfail")
		w.state.InterruptNth(n, func() {
			w.dns.mxFails = nil
			w.bring(domain)
			w.dns.mxFails = errors.New("servfail")
		})
		_, err := w.publisher.Bring(t.Context(), domain)
		served, _ := w.served(domain)
		if s := w.status(domain); err == nil && s.ServedRevision != served.Revision {
			t.Errorf("call %d: %s of revision %d, served %d", n, s.State, s.ServedRevision, served.Revision)
		}
	}
}

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

func TestRecordErrorIsSaid(t *testing.T) {
	w := newOwn(t)
	w.edit(domain, asked("testing"))
	w.bring(domain)
	w.now = w.now.Add(settle)
	w.dns.FailNext("put", false)
	_, err := w.rotator.Advance(t.Context(), domain)
	if s := w.status(domain); err != nil && s.Obstacle == "" {
		t.Errorf("%v; status %s, and no word of why", err, s.State)
	}
}

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

func TestTestedWhileRetired(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing", `"max_age": 31557600`))
	w.now = w.now.Add(10 * time.Minute)
	w.items.Remove(domain)
	w.bring(domain)
	_ = w.state.AddEvidence(t.Context(), publication.Evidence{Domain: domain, LastReport: w.now})
	w.pass(10 * 24 * time.Hour)
	w.edit(domain, asked("enforce", `"max_age": 86400`))
	if s := w.bring(domain); len(s.Problems) == 0 {
		t.Error("enforced after 20 minutes of testing")
	}
}

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
