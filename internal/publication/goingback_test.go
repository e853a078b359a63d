package publication_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// TestGoingBack goes back to what was served before, by way of other policies
// that were there for some time each. Senders fetch at any moment of this, look at
// the id again when all is quiet, and then hold what is served.
func TestGoingBack(t *testing.T) {
	const (
		a    = `"mode": "testing", "mx": ["mx.%[1]s"]`
		none = `"mode": "none", "mx": ["mx.%[1]s"]`
		b    = `"mode": "testing", "mx": ["mx.%[1]s", "mx2.%[1]s"]`
		c    = `"mode": "testing", "mx": ["*.%[1]s"], "max_age": 86400`
		most = `"mode": "testing", "mx": ["mx.%[1]s"], "max_age": 31557600`
	)
	for _, domain := range modelDomains {
		for way, items := range map[string][]string{
			"A B A": {a, b, a}, "A B C A": {a, b, c, a}, "by none": {a, none, a}, "again and again": {a, b, a, b, a, b},
			"deleted": {a, "", a}, "deleted again": {a, "", a, ""}, "of a year": {most, b, most}, "of a day": {c, b, c},
		} {
			for _, stay := range []time.Duration{time.Second, time.Minute, settle + 20*time.Second, time.Hour} {
				t.Run(fmt.Sprint(domain, " ", way, " ", stay), func(t *testing.T) {
					goBack(t, domain, items, stay)
				})
			}
		}
	}
}

func goBack(t *testing.T, domain string, items []string, stay time.Duration) {
	m := &model{world: newWorld(t, 1), publications: make(map[string][]publication.Published), publishedAt: make(map[string]time.Time)}
	m.senders = newSenders(m, 1)
	m.dns.mx[domain] = []string{"mx." + domain}
	var holders []*holder
	pass := func(d time.Duration) { // An owner sets what he is asked for, a minute later.
		for until := m.now.Add(d); m.now.Before(until); {
			m.pass(min(20*time.Second, until.Sub(m.now)))
			if status := m.status(domain); domain == "manual.example" && m.now.Sub(status.Since) > time.Minute && status.State != publication.StatePublished {
				m.dns.txt[mtasts.RecordName(domain)] = []string{status.TXTWanted}
			}
			m.senders.watch(domain)
			for _, recordAge := range []int{0, 299} {
				for _, policyAge := range []int{0, 59} {
					h := &holder{}
					m.senders.send(domain, h, recordAge, policyAge)
					holders = append(holders, h)
				}
			}
		}
	}
	for i, item := range items {
		if m.edit(domain, fmt.Sprintf(item, domain)); item == "" {
			m.items.Remove(domain)
		}
		m.bring(domain)
		m.watch(domain)
		if i == 0 || i == len(items)-1 {
			pass(time.Hour)
		} else {
			pass(stay)
		}
	}
	served, _ := m.served(domain)
	if status := m.bring(domain); status.State != publication.StateActive && !served.Retiring || m.recordOf(domain) != mtasts.ID([]byte(served.Body)) {
		t.Fatalf("the DNS announces %s: %+v", m.recordOf(domain), status)
	}
	if served.MaxAge < mtasts.MinMaxAge || served.MaxAge > mtasts.MaxMaxAge {
		t.Errorf("max_age is %d", served.MaxAge)
	}
	for _, h := range holders {
		if m.senders.send(domain, h, 0, 0); h.policy.Body != served.Body {
			t.Fatalf("a sender holds, under %s, %q; served is %q", h.id, h.policy.Body, served.Body)
		}
	}
}

// TestHistoryIsLeftAlone where nothing changes: it is read for every domain that
// goes another way.
func TestHistoryIsLeftAlone(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.state.FailNext(storetest.OpHistory, false)
	w.bring(domain)
}

// remembers tells of what it no longer serves.
type remembers struct{ *storetest.MemoryState }

func (r remembers) Published(ctx context.Context, domain string) (publication.Published, bool, error) {
	p, is, err := r.MemoryState.Published(ctx, domain)
	if !is {
		p.Body = testingBody
	}
	return p, is, err
}

// TestComesBackFromNothing: what was withdrawn is served under a new id, too.
func TestComesBackFromNothing(t *testing.T) {
	w := newOwn(t)
	w.publisher.Published = remembers{w.state}
	w.active(asked("testing", letsRetire))
	before, _ := w.served(domain)
	w.items.Remove(domain)
	w.bring(domain)
	w.pass(2 * time.Hour)
	w.wantState(domain, publication.StateRetired)
	w.active(asked("testing"))
	if now, _ := w.served(domain); now.ID == before.ID {
		t.Errorf("%+v has the id of %+v", now, before)
	}
}

// TestNoneComesBack: what retired in mode none, and is asked for in mode none, is
// the same to senders; but it was asked for anew.
func TestNoneComesBack(t *testing.T) {
	w := newOwn(t)
	w.active(asked("none", `"max_age": 86400`))
	before, _ := w.served(domain)
	w.items.Remove(domain)
	w.bring(domain)
	w.edit(domain, asked("none", `"max_age": 86400`, letsRetire))
	w.bring(domain)
	if now, _ := w.served(domain); now.ID != before.ID || now.Retiring || now.PassedBy == nil {
		t.Errorf("served is %+v; want it with the id %s, and passed by an override", now, before.ID)
	}
}

// TestForgottenIDs: once history has forgotten an id, no sender holds anything by it.
func TestForgottenIDs(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	before, _ := w.served(domain)
	w.active(asked("none"))
	w.active(asked("testing"))
	if now, _ := w.served(domain); now.MaxAge != before.MaxAge+1 {
		t.Fatalf("served is %+v; want it for a second longer than %+v", now, before)
	}
	w.publisher.History = new(storetest.MemoryState)
	w.bring(domain)
	if now, _ := w.served(domain); now.ID != before.ID {
		t.Errorf("served is %+v; want %+v", now, before)
	}
}
