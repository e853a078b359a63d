package publication_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// TestNotSeenFromOutside: the id does not move before the body is there.
func TestNotSeenFromOutside(t *testing.T) {
	for name, test := range map[string]struct {
		answer   string
		err      error
		obstacle string
	}{
		"error":      {"", errors.New("mta-sts.own.example answers 404"), "The policy cannot be fetched: mta-sts.own.example answers 404"},
		"other body": {"version: STSv1\nmode: none\n", nil, "https://mta-sts.own.example/.well-known/mta-sts.txt does not answer with the policy that is published. Does mta-sts.own.example point here?"},
		"longer":     {testingBody + "mx: mx.lark.example\n", nil, "https://mta-sts.own.example/.well-known/mta-sts.txt does not answer"},
		"cut short":  {testingBody[:len(testingBody)-1], nil, "https://mta-sts.own.example/.well-known/mta-sts.txt does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOwn(t)
			w.edit(domain, asked("testing"))
			w.bring(domain)
			w.strange = func(string) ([]byte, error) { return []byte(test.answer), test.err }
			w.now = w.now.Add(settle)
			if again := w.advance(domain); again != time.Minute || w.recordOf(domain) != "" {
				t.Errorf("look again after %s, the DNS announces %q; want a minute, and nothing", again, w.recordOf(domain))
			}
			if status := w.wantState(domain, publication.StatePublished); !strings.HasPrefix(status.Obstacle, test.obstacle) {
				t.Errorf("the obstacle is %q; want %q", status.Obstacle, test.obstacle)
			}
			w.strange = nil
			w.advance(domain)
			if status := w.wantState(domain, publication.StateActive); status.Obstacle != "" {
				t.Errorf("the obstacle is %q still", status.Obstacle)
			}
		})
	}
}

// heedless notes a status though it is called off.
type heedless struct{ publication.StatusStore }

func (h heedless) Status(ctx context.Context, domain string) (publication.Status, bool, error) {
	return h.StatusStore.Status(context.WithoutCancel(ctx), domain)
}

func (h heedless) SetStatus(ctx context.Context, s publication.Status) (bool, error) {
	return h.StatusStore.SetStatus(context.WithoutCancel(ctx), s)
}

// TestBrokenOff: a process that ends while it fetches learns nothing.
func TestBrokenOff(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	before := w.status(domain)
	ctx, end := context.WithCancel(t.Context())
	w.strange = func(string) ([]byte, error) { end(); return nil, ctx.Err() }
	w.rotator.Journal.Statuses = heedless{w.state}
	if _, err := w.rotator.Advance(ctx, domain); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v; want that it was cancelled", err)
	}
	if after := w.status(domain); after.Revision != before.Revision {
		t.Errorf("it was noted as %+v", after)
	}
}

// TestCopyIsAnother: the edge may hold what the copy was, so the id waits.
func TestCopyIsAnother(t *testing.T) {
	host := mtasts.PolicyHost(domain)
	for name, spoil := range map[string]func(w *world) error{
		"older": func(w *world) error { return w.state.PutCopy(w.t.Context(), host, []byte("older")) },
		"gone":  func(w *world) error { return w.state.RemoveCopy(w.t.Context(), host) },
	} {
		w := newOwn(t)
		w.edit(domain, asked("testing"))
		w.bring(domain)
		w.now = w.now.Add(settle)
		if err := spoil(w); err != nil {
			t.Fatal(err)
		}
		if again := w.advance(domain); again != settle || w.recordOf(domain) != "" {
			t.Errorf("%s: look again after %s, the DNS announces %q; want %s, and nothing", name, again, w.recordOf(domain), settle)
		}
		if body, _, err := w.state.Copy(t.Context(), host); string(body) != testingBody || err != nil {
			t.Errorf("%s: the copy is %q, %v", name, body, err)
		}
		w.advance(domain)
		w.wantState(domain, publication.StateActive)
	}
}

// TestPublishedMeanwhile has an edit published between any two steps of moving
// the id of the one before: that one is not announced after all.
func TestPublishedMeanwhile(t *testing.T) {
	for nth := 1; nth <= 12; nth++ {
		w := newOwn(t)
		w.edit(domain, asked("testing"))
		w.bring(domain)
		w.now = w.now.Add(settle)
		w.state.InterruptNth(nth, func() {
			w.edit(domain, asked("none"))
			w.bring(domain)
		})
		again := w.advance(domain)
		w.state.InterruptNth(1<<30, nil)
		served, _ := w.served(domain)
		for _, put := range w.dns.puts {
			if put.value != "v=STSv1; id="+mtasts.ID([]byte(put.served))+";" {
				t.Errorf("call %d: %q was written while %q was served", nth, put.value, put.served)
			}
		}
		if late := len(w.dns.puts) == 0; late && again == 0 {
			t.Errorf("call %d: nothing is announced, and nobody looks again", nth)
		}
		if body, _, _ := w.state.Copy(t.Context(), mtasts.PolicyHost(domain)); string(body) != served.Body {
			t.Errorf("call %d: the copy is %q, served is %q", nth, body, served.Body)
		}
		w.pass(10 * time.Minute)
		w.wantState(domain, publication.StateActive)
		if w.recordOf(domain) != served.ID {
			t.Errorf("call %d: the DNS announces %q; want %q", nth, w.recordOf(domain), served.ID)
		}
	}
}

const noneBody = "version: STSv1\nmode: none\nmx: mx.own.example\nmax_age: 604800\n"

// TestForeignRecord: what somebody else has set is never replaced unasked.
func TestForeignRecord(t *testing.T) {
	const name = "_mta-sts.own.example"
	for label, before := range map[string][]string{
		"of another host": {"v=STSv1; id=20260101;"},
		"of something":    {"google-site-verification=1"},
		"two":             {"v=STSv1; id=" + mtasts.ID([]byte(noneBody)) + ";", "v=STSv1; id=20260101;"},
	} {
		t.Run(label, func(t *testing.T) {
			w := newOwn(t)
			w.dns.txt[name] = before
			w.edit(domain, asked("none"))
			w.bring(domain)
			w.now = w.now.Add(settle)
			if again := w.advance(domain); again != 0 || !slices.Equal(w.dns.txt[name], before) {
				t.Errorf("look again after %s, the record is %q; want not soon, and as it was", again, w.dns.txt[name])
			}
			status := w.wantState(domain, publication.StateRefused)
			if want := fmt.Sprintf("The record %s has %s, which was not written here", name, strings.Trim(fmt.Sprintf("%q", before), "[]")); !strings.HasPrefix(status.Obstacle, want) {
				t.Errorf("the obstacle is %q; want %q", status.Obstacle, want)
			}
			w.edit(domain, asked("none", `"override": {"reason": "moved here", "until": "2030-01-01T00:00:00Z", "rules": ["txt-foreign"]}`))
			w.bring(domain)
			w.pass(10 * time.Minute)
			w.wantState(domain, publication.StateActive)
		})
	}
}

// TestOwnRecord: what was set by hand for a policy from here, or by us before,
// is replaced.
func TestOwnRecord(t *testing.T) {
	w := newOwn(t)
	w.dns.txt["_mta-sts.own.example"] = []string{"v=STSv1;id=" + mtasts.ID([]byte(testingBody))}
	w.active(asked("testing"))
	w.active(asked("none"))
	if served, _ := w.served(domain); w.recordOf(domain) != served.ID {
		t.Errorf("the DNS announces %q; want %q", w.recordOf(domain), served.ID)
	}
}

// TestCNAME: the owner of the domain has to point to our record, once.
func TestCNAME(t *testing.T) {
	w := newWorld(t, 1)
	w.dns.severed = true
	w.edit("a.example", `"mode": "testing", "mx": ["mx.a.example"]`)
	w.bring("a.example")
	w.pass(10 * time.Minute)
	status := w.wantState("a.example", publication.StateLive)
	if want := "The DNS does not announce the policy yet. If this record is missing, set it: _mta-sts.a.example. CNAME a.example._mta-sts.sts.example."; status.Obstacle != want {
		t.Errorf("the obstacle is %q; want %q", status.Obstacle, want)
	}
	w.dns.severed = false
	w.pass(time.Minute)
	w.wantState("a.example", publication.StateActive)
}

// TestDNSCannotBeRead is for its owner to hear of, and no failure of ours.
func TestDNSCannotBeRead(t *testing.T) {
	w := newOwn(t)
	w.edit(domain, asked("testing"))
	w.bring(domain)
	w.now = w.now.Add(settle)
	w.dns.FailNext("txt", false)
	if again := w.advance(domain); again != time.Minute {
		t.Errorf("look again after %s; want a minute", again)
	}
	if status := w.wantState(domain, publication.StateLive); !strings.HasPrefix(status.Obstacle, "The TXT record cannot be looked up: ") {
		t.Errorf("the obstacle is %q", status.Obstacle)
	}
}

// TestRecordFails: what fails in our zone is an error, so that it comes again.
func TestRecordFails(t *testing.T) {
	for _, op := range []storetest.Op{"values", "put"} {
		for _, written := range []bool{false, true} {
			w := newOwn(t)
			w.edit(domain, asked("testing"))
			w.bring(domain)
			w.now = w.now.Add(settle)
			w.dns.FailNext(op, written)
			if _, err := w.rotator.Advance(t.Context(), domain); !errors.Is(err, storetest.ErrFailed) {
				t.Errorf("%s: %v; want its error", op, err)
			}
			w.advance(domain)
			w.wantState(domain, publication.StateActive)
		}
	}
}

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

// TestRevertBehindCache: a resolver that still has the id from before says nothing
// of the zone, which has another by now.
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

// TestNoLongerReached: what was active is so no more once nobody can fetch it.
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

// TestRecordByHandGone: nor once its record is gone.
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

// TestRecordErrorIsSaid to people too, and not to the log alone.
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

// TestDrift: an MX host that an enforced policy does not allow gets no mail. Nobody
// edits anything then, so it is said of what is active.
func TestDrift(t *testing.T) {
	for mode, effect := range map[string]string{"enforce": "senders do not deliver there", "testing": "in mode enforce senders would not deliver there"} {
		w := newOwn(t)
		w.active(asked(mode, trusted))
		w.dns.mx[domain] = []string{"mx.own.example", "mx9.own.example"}
		w.advance(domain)
		want := "The policy does not allow mx9.own.example, an MX of own.example: " + effect + ". Add it to mx, or take it out of the DNS."
		w.wantDrift(want)
		w.dns.mxFails = errors.New("no answer")
		w.advance(domain)
		w.wantDrift(want) // As far as is known.
		w.dns.mxFails = nil
		w.dns.mx[domain] = []string{"mx7.own.example", "mx8.own.example", "mx9.own.example"}
		w.advance(domain)
		w.wantDrift("The policy does not allow mx7.own.example, mx8.own.example and mx9.own.example, MX hosts of own.example: " + effect + ". Add them to mx, or take them out of the DNS.")
		w.dns.mx[domain] = []string{"mx.own.example"}
		w.advance(domain)
		w.wantDrift("")
	}
}

func (w *world) wantDrift(want string) {
	w.t.Helper()
	if status := w.wantState(domain, publication.StateActive); status.Drift != want || status.Obstacle != "" {
		w.t.Errorf("the drift is %q, the obstacle %q; want %q", status.Drift, status.Obstacle, want)
	}
}

// TestForeignBesideOurs: exactly one value is ours to have there.
func TestForeignBesideOurs(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	const name = "_mta-sts.own.example"
	both := append(slices.Clone(w.dns.txt[name]), "v=spf1 -all")
	w.dns.txt[name] = both
	w.advance(domain)
	status := w.wantState(domain, publication.StateRefused)
	if !strings.Contains(status.Obstacle, `"v=spf1 -all"`) || !slices.Equal(w.dns.txt[name], both) {
		t.Errorf("the obstacle is %q, the record %q; want it named, and left", status.Obstacle, w.dns.txt[name])
	}
	w.dns.txt[name] = both[:1]
	w.advance(domain)
	w.wantState(domain, publication.StateActive)
}

// TestForeignWhileRetiring: its policy may be hosted by somebody else by now.
func TestForeignWhileRetiring(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.dns.txt["_mta-sts.own.example"] = []string{"v=STSv1; id=elsewhere;"}
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(10 * time.Minute)
	if status := w.wantState(domain, publication.StateRetiring); !strings.HasSuffix(status.Obstacle, "So mode none is not announced.") || status.AnnouncedID != "elsewhere" {
		t.Errorf("status %+v; want the record of the other named", status)
	}
}

// outdated is a resolver that still has what was there before.
type outdated struct {
	publication.Resolver
	txt []string
}

func (o outdated) TXT(context.Context, string) ([]string, error) { return o.txt, nil }

// TestForeignBehindCache: while a foreign record is known to be in the zone, what a
// resolver still has does not make the domain active.
func TestForeignBehindCache(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	const name = "_mta-sts.own.example"
	before := w.dns.txt[name]
	w.dns.txt[name] = append(slices.Clone(before), "v=spf1 -all")
	w.advance(domain)
	w.wantState(domain, publication.StateRefused)
	w.rotator.Resolver = outdated{w.dns, before}
	w.advance(domain)
	w.wantState(domain, publication.StateRefused)
}

// TestForeignAfterOverride: an override lets a foreign record be replaced until it
// ends, however long before that its policy was published.
func TestForeignAfterOverride(t *testing.T) {
	const name, foreign = "_mta-sts.own.example", "v=STSv1; id=elsewhere;"
	until := morning.Add(24 * time.Hour)
	for after, replaced := range map[time.Duration]bool{-time.Second: true, time.Second: false} {
		w := newOwn(t)
		w.active(asked("testing", `"override": {"reason": "moved here", "until": "`+until.Format(time.RFC3339)+`", "rules": ["txt-foreign"]}`))
		w.dns.txt[name] = []string{foreign}
		w.now = until.Add(after)
		w.advance(domain)
		if got := w.dns.txt[name][0] != foreign; got != replaced {
			t.Errorf("%s after the end of the override: replaced %v; want %v", after, got, replaced)
		}
	}
}
