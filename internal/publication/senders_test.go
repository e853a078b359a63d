package publication_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// senders are those of each domain of a model, who send at any time. What they
// learn of it may come out of caches.
type senders struct {
	*model
	random  *rand.Rand
	holders map[string][]*holder
	records map[string][]record
}

// holder is a sender that holds a policy under the id that it saw, and for
// another max_age whenever it sees that id again (mox,
// postfix-mta-sts-resolver).
type holder struct {
	bold   bool // It fetches without a record too (mox).
	policy publication.Published
	id     string
	until  time.Time
}

// record is what the DNS announced since some time; "" for nothing.
type record struct {
	id string
	at time.Time
}

const holdersEach = 4

func newSenders(m *model, seed uint64) *senders {
	s := &senders{m, rand.New(rand.NewPCG(seed, 5321)), make(map[string][]*holder), make(map[string][]record)}
	for _, domain := range modelDomains {
		for i := range holdersEach {
			s.holders[domain] = append(s.holders[domain], &holder{bold: i%2 == 0})
		}
	}
	return s
}

// watch notes what the DNS announces, and has some send.
func (s *senders) watch(domain string) {
	now := record{s.recordOf(domain), s.now}
	if seen := s.records[domain]; len(seen) == 0 || seen[len(seen)-1].id != now.id {
		s.records[domain] = append(seen, now)
	}
	for _, h := range s.holders[domain] {
		if s.random.IntN(3) == 0 {
			s.send(domain, h, s.random.IntN(300), s.random.IntN(60))
		}
	}
}

// send has a sender look at a record and a policy that are some seconds old.
func (s *senders) send(domain string, h *holder, recordAge, policyAge int) {
	id, at := "", s.now.Add(time.Duration(-recordAge)*time.Second)
	for _, r := range s.records[domain] {
		if !r.at.After(at) {
			id = r.id
		}
	}
	holds := s.now.Before(h.until)
	switch {
	case holds && id == h.id && id != "":
		h.keep(s.now)
		return
	case id == "" && !(h.bold && holds), id == "foreign", s.strange != nil:
		return
	}
	var fetched publication.Published
	at = s.now.Add(time.Duration(-policyAge) * time.Second)
	for _, p := range s.publications[domain] {
		if !p.PublishedAt.After(at) {
			fetched = p
		}
	}
	if fetched.Body == "" {
		return
	}
	if h.policy = fetched; id != "" {
		h.id = id
	}
	h.keep(s.now)
}

func (h *holder) keep(now time.Time) {
	h.until = now.Add(time.Duration(h.policy.MaxAge) * time.Second)
}

// wantReleased: once no cache has anything else, whoever looks at what the DNS
// announces holds what is served.
func (s *senders) wantReleased() {
	s.t.Helper()
	s.now = s.now.Add(time.Hour)
	for _, domain := range modelDomains {
		served, is := s.served(domain)
		if !is || s.recordOf(domain) != served.ID {
			continue
		}
		for _, h := range s.holders[domain] {
			if s.send(domain, h, 0, 0); h.policy.Body != served.Body {
				s.t.Fatalf("%s: a sender holds, under %s, %q; served is %q", domain, h.id, h.policy.Body, served.Body)
			}
		}
	}
}

// wantForgotten: who holds a policy that makes demands when mode none is
// withdrawn was led to hold it by a record that did not change for too long.
func (s *senders) wantForgotten(domain string, none publication.Published) {
	s.t.Helper()
	if s.turned(domain, none).Sub(none.PublishedAt) > 30*24*time.Hour {
		return
	}
	for _, h := range s.holders[domain] {
		if h.policy.Mode != mtasts.ModeNone && h.until.After(s.now) {
			s.t.Fatalf("%s: withdrawn at %s, and a sender holds, under %s, until %s: %+v", domain, s.now, h.id, h.until, h.policy)
		}
	}
}

// turned is when the DNS last announced a policy from before mode none; now, if
// it does so yet.
func (s *senders) turned(domain string, none publication.Published) time.Time {
	older := func(id string) bool {
		return id != none.ID && slices.ContainsFunc(s.publications[domain], func(p publication.Published) bool { return p.ID == id })
	}
	turned, until := none.PublishedAt, s.now
	for _, r := range slices.Backward(s.records[domain]) {
		if older(r.id) {
			return later(turned, until)
		}
		until = r.at
	}
	return turned
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
