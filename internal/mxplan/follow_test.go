package mxplan_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/mxplan"
	"sealpost/internal/publication"
)

// TestFollow has an administrator do what the plan says, hour by hour, while
// senders of every habit come by. In the end all is done, and no sender ever held
// a policy that bars a host that it would deliver to.
func TestFollow(t *testing.T) {
	for seed := range uint64(100) {
		w := newTown(t, seed)
		change := mxplan.Change{Domain: "example.com", Remove: names(mx1), Add: names(mx3)}
		switch seed % 3 {
		case 1:
			change.Remove = nil
		case 2:
			change.Add = nil
		}
		for done := false; !done; w.hour() {
			plan := mxplan.New(change, w.known())
			if done = plan.Done(); !done {
				w.follow(plan)
			}
			if w.now.Sub(morning) > 100*day {
				t.Fatalf("seed %d: after 100 days there is left to do:\n%s", seed, told(plan))
			}
		}
	}
}

// TestFollowFromAnywhere has the administrator begin with MX records that were
// changed in any order. Once what is missing is put back, the rest goes as ever.
func TestFollowFromAnywhere(t *testing.T) {
	hosts := names(mx1, mx2, mx3)
	patterns := [][]string{names(mx1), names(mx2), names(mx3), names(mx1, mx2), names(mx2, mx3), names("*.example.com"), names(mx1, "*.example.net")}
	for seed := range uint64(150) {
		w := &town{t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 7505)), now: morning, was: make(map[string]time.Time), anywhere: true, wrong: true}
		w.delay = time.Duration(1+w.random.IntN(96)) * time.Hour
		for range 1 + w.random.IntN(4) {
			w.publish(patterns[w.random.IntN(len(patterns))], []mtasts.Mode{mtasts.ModeEnforce, mtasts.ModeTesting}[w.random.IntN(2)])
			for range 1 + w.random.IntN(10*24) {
				w.hour()
			}
		}
		w.random.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
		w.mx = slices.Clone(hosts[:1+w.random.IntN(2)])
		change := mxplan.Change{Domain: "example.com"}
		switch seed % 3 {
		case 0:
			change.Add = names(hosts[2])
		case 1:
			change.Remove = names(hosts[0])
		default:
			change.Add, change.Remove = names(hosts[2]), names(hosts[0])
		}
		for {
			plan := mxplan.New(change, w.known())
			if _, ends := plan.Step(mxplan.End); ends || plan.Done() {
				break
			}
			_, wrong := plan.Step(mxplan.Restore)
			if wrong && !w.wrong {
				t.Fatalf("seed %d: by the plan senders came to hold mail back:\n%s", seed, told(plan))
			}
			w.wrong = wrong
			w.follow(plan)
			w.hour()
			if w.now.Sub(morning) > 100*day {
				t.Fatalf("seed %d: after 100 days there is left to do:\n%s", seed, told(plan))
			}
		}
	}
}

// town is a domain and those who send to it.
type town struct {
	t        *testing.T
	seed     uint64
	random   *rand.Rand
	now      time.Time
	served   []publication.Published
	delay    time.Duration // Until the DNS announces what is served.
	mx       []string
	was      map[string]time.Time // When a host was in the DNS for the last time.
	held     []time.Time          // Until when any sender holds each policy.
	anywhere bool                 // Its MX records were changed in any order.
	wrong    bool                 // It is known that senders hold mail back.
}

const mxTTL = day

// newTown has a domain with a past: mx1 is its MX host, sometimes mx2 too, and mx3
// where the change is to remove only; there mx1 may be gone from the DNS already.
func newTown(t *testing.T, seed uint64) *town {
	w := &town{
		t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 8461)), now: morning,
		mx: names(mx1), was: make(map[string]time.Time),
	}
	w.delay = time.Duration(1+w.random.IntN(96)) * time.Hour
	patterns := [][]string{names(mx1), names(mx1, mx2), names(mx1, "*.example.net"), names("*.example.com")}
	for range 1 + w.random.IntN(4) {
		w.publish(patterns[w.random.IntN(len(patterns))], []mtasts.Mode{mtasts.ModeEnforce, mtasts.ModeTesting}[w.random.IntN(2)])
		for range w.random.IntN(10 * 24) {
			w.hour()
		}
	}
	if seed%3 == 2 {
		w.publish(names(mx1, mx3), mtasts.ModeEnforce)
		w.hour()
		w.mx = names(mx1, mx3)
		if seed%2 == 0 {
			w.mx = names(mx3) // Too early, if senders hold a policy from before.
		}
	}
	return w
}

func (w *town) publish(mx []string, mode mtasts.Mode) {
	p := publication.Published{Mode: mode, MX: mx, MaxAge: int(time.Duration(24+w.random.IntN(20*24)) * time.Hour / time.Second), PublishedAt: w.now}
	w.served, w.held = append(w.served, p), append(w.held, time.Time{})
}

func (w *town) known() mxplan.Situation {
	return mxplan.Situation{Now: w.now, Served: slices.Clone(w.served), Serving: true, MX: w.mx}
}

// follow does the next step, at once where nothing is to be waited for.
func (w *town) follow(plan mxplan.Plan) {
	next := plan.Steps[slices.IndexFunc(plan.Steps, func(s mxplan.Step) bool { return s.State == mxplan.Next })]
	last := w.served[len(w.served)-1]
	switch next.Kind {
	case mxplan.Restore:
		w.mx = append(w.mx, strings.ReplaceAll(next.Hosts[0], "*.example", "mx1.example"))
	case mxplan.Allow:
		w.publish(next.MX, last.Mode)
	case mxplan.Disallow:
		if w.now.After(w.was[next.Hosts[0]].Add(mxTTL)) {
			w.publish(next.MX, last.Mode)
		}
	case mxplan.List:
		w.mx = append(w.mx, next.Hosts...)
	case mxplan.Unlist:
		w.mx = slices.DeleteFunc(w.mx, func(host string) bool { return slices.Contains(next.Hosts, host) })
	}
}

// hour lets an hour pass, in which senders come by: those that have no policy,
// and those that prolong one that the DNS still announces.
func (w *town) hour() {
	last := len(w.served) - 1
	if p := &w.served[last]; p.AnnouncedAt.IsZero() && !w.now.Before(p.PublishedAt.Add(w.delay)) {
		p.AnnouncedAt = w.now
	}
	for _, i := range []int{last, w.announced()} {
		if i >= 0 {
			w.held[i] = w.now.Add(time.Duration(w.served[i].MaxAge) * time.Second)
		}
	}
	for _, host := range w.mx {
		w.was[host] = w.now
	}
	w.now = w.now.Add(time.Hour)
	w.check()
}

// announced is the policy that the DNS announces; -1 for none.
func (w *town) announced() int {
	for i, p := range slices.Backward(w.served) {
		if !p.AnnouncedAt.IsZero() {
			return i
		}
	}
	return -1
}

// check looks whether any sender cannot deliver. Those that come by may take the
// MX records from a cache.
func (w *town) check() {
	for i, p := range w.served {
		if w.wrong || !w.now.Before(w.held[i]) {
			continue
		}
		allowed := func(host string) bool { return !p.Bars(host) }
		if !slices.ContainsFunc(w.mx, allowed) {
			w.t.Fatalf("seed %d: at %s senders hold %v, and the MX records are %v", w.seed, w.now, p.MX, w.mx)
		}
		if w.anywhere {
			continue
		}
		if slices.Contains(w.mx, mx3) && w.seed%3 != 2 && !allowed(mx3) {
			w.t.Fatalf("seed %d: at %s senders hold %v, and %s is an MX", w.seed, w.now, p.MX, mx3)
		}
		if w.now.Before(w.was[mx1].Add(mxTTL)) && !allowed(mx1) {
			w.t.Fatalf("seed %d: at %s senders hold %v, and resolvers may have %s", w.seed, w.now, p.MX, mx1)
		}
	}
}
