package publication_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

const day = 24 * time.Hour

// enforced is a policy that was served since some time after that morning, and
// announced some time after that; never where that is 0.
func enforced(since, announced, maxAge time.Duration, mx ...string) publication.Published {
	p := publication.Published{Mode: mtasts.ModeEnforce, MX: mx, MaxAge: int(maxAge / time.Second), PublishedAt: morning.Add(since)}
	if announced > 0 {
		p.AnnouncedAt = p.PublishedAt.Add(announced)
	}
	return p
}

func TestLastHold(t *testing.T) {
	const host = "mx2.example.com"
	in := func(mode mtasts.Mode, p publication.Published) publication.Published {
		p.Mode = mode
		return p
	}
	none := -1 * time.Hour
	for name, test := range map[string]struct {
		served []publication.Published
		until  time.Duration // After that morning.
	}{
		"nothing":                             {nil, none},
		"what is served counts for nothing":   {[]publication.Published{enforced(0, settle, day, "mx1.example.com")}, none},
		"replaced":                            {[]publication.Published{enforced(0, settle, day, "mx1.example.com"), enforced(10*day, settle, day, host)}, 11*day + settle + time.Hour},
		"replaced, and the DNS followed late": {[]publication.Published{enforced(0, settle, day, "mx1.example.com"), enforced(10*day, 3*day, day, host)}, 14*day + time.Hour},
		"the one that allows it was never announced, the next was": {[]publication.Published{
			enforced(0, settle, 5*day, "mx1.example.com"), enforced(10*day, 0, day, host), enforced(12*day, settle, 2*day, host)}, 17*day + settle + time.Hour},
		"nothing is known of the last":   {[]publication.Published{enforced(0, settle, day, "mx1.example.com"), enforced(10*day, 0, day, host)}, 11*day + time.Hour},
		"by a wildcard":                  {[]publication.Published{enforced(0, settle, day, "*.example.com"), enforced(10*day, settle, day, host)}, none},
		"by a wildcard of another depth": {[]publication.Published{enforced(0, settle, day, "*.com"), enforced(10*day, settle, day, host)}, 11*day + settle + time.Hour},
		"testing":                        {[]publication.Published{in(mtasts.ModeTesting, enforced(0, settle, day, "mx1.example.com")), enforced(10*day, settle, day, host)}, none},
		"none":                           {[]publication.Published{in(mtasts.ModeNone, enforced(0, settle, day, "mx1.example.com")), enforced(10*day, settle, day, host)}, none},
		"an older one is held for longer": {[]publication.Published{
			enforced(0, settle, 30*day, "mx1.example.com"), enforced(2*day, settle, day, "mx1.example.com"), enforced(10*day, settle, day, host)}, 32*day + settle + time.Hour},
		"a later one is held for longer": {[]publication.Published{
			enforced(0, settle, 3*day, "mx1.example.com"), enforced(2*day, settle, day, "mx1.example.com"), enforced(10*day, settle, day, host)}, 11*day + settle + time.Hour},
		"taken out, and put back": {[]publication.Published{
			enforced(0, settle, day, host), enforced(2*day, settle, 4*day, "mx1.example.com"), enforced(3*day, settle, day, host)}, 7*day + settle + time.Hour},
	} {
		want := morning.Add(test.until)
		if test.until == none {
			want = time.Time{}
		}
		got := publication.LastHold(test.served, func(p publication.Published) bool { return p.Bars(host) }).Until
		if !got.Equal(want) {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}

// TestHeldAsSendersDo plays senders of every habit against histories of every
// kind: none holds a policy for longer than LastHold says, and one holds it
// that long but for what caches may give out.
func TestHeldAsSendersDo(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 8461))
		h := anyHistory(random)
		worst := make([]time.Time, len(h)) // Until when anybody held each.
		for range 60 {
			sender{world: h, random: random, habit: random.IntN(3)}.live(h.moments(random), worst)
		}
		for i := range h {
			sender{world: h, habit: renews, exact: true}.live(h.untilTheLast(i), worst)
		}
		for i, p := range h[:len(h)-1] {
			until := publication.LastHold(h, func(other publication.Published) bool { return other.ID == p.ID }).Until
			if worst[i].After(until) {
				t.Errorf("history %d: a sender holds policy %d until %s, after %s", seed, i, worst[i], until)
			}
			if earliest := until.Add(-time.Hour - time.Second); !worst[i].IsZero() && worst[i].Before(earliest) {
				t.Errorf("history %d: nobody holds policy %d for longer than until %s, and %s is said", seed, i, worst[i], until)
			}
		}
	}
}

// histories are what was served; the last is announced.
type histories []publication.Published

func anyHistory(random *rand.Rand) histories {
	h := make(histories, 2+random.IntN(5))
	var at time.Duration
	for i := range h {
		h[i] = enforced(at, 0, day+time.Duration(random.IntN(20*86400))*time.Second)
		h[i].ID = fmt.Sprint(i)
		at += time.Minute + time.Duration(random.IntN([]int{600, 86400, 30 * 86400}[random.IntN(3)]))*time.Second
		announced := h[i].PublishedAt.Add(settle + time.Duration(random.IntN([]int{60, 7200, 5 * 86400}[random.IntN(3)]))*time.Second)
		if i == len(h)-1 || announced.Before(morning.Add(at)) {
			h[i].AnnouncedAt = announced
		}
	}
	return h
}

const ttl = 30 * time.Minute // How long resolvers keep what the DNS announced.

// served gives the policy that a fetch gives at a time, -1 for none; the edge may
// be behind.
func (h histories) served(at time.Time) int {
	for i, p := range slices.Backward(h) {
		if !at.Before(p.PublishedAt) {
			return i
		}
	}
	return -1
}

// announced is the same for the DNS.
func (h histories) announced(at time.Time) int {
	for i, p := range slices.Backward(h) {
		if !p.AnnouncedAt.IsZero() && !at.Before(p.AnnouncedAt) {
			return i
		}
	}
	return -1
}

// moments are when a sender has mail, most of them when something happens.
func (h histories) moments(random *rand.Rand) []time.Time {
	var moments []time.Time
	for _, p := range h {
		for _, around := range []time.Time{p.PublishedAt, p.AnnouncedAt, p.PublishedAt.Add(settle), p.AnnouncedAt.Add(ttl)} {
			if !around.IsZero() && random.IntN(2) == 0 {
				moments = append(moments, around.Add(time.Duration(random.IntN(120)-60)*time.Second))
			}
		}
	}
	end := h[len(h)-1].PublishedAt.Add(30 * day)
	for at := morning; at.Before(end); at = at.Add(time.Duration(1+random.IntN(5*86400)) * time.Second) {
		moments = append(moments, at)
	}
	slices.SortFunc(moments, time.Time.Compare)
	return moments
}

// untilTheLast are those of a sender that fetches a policy as late as it can, and
// then renews it as long as it can.
func (h histories) untilTheLast(i int) []time.Time {
	if i == len(h)-1 {
		return nil
	}
	var moments []time.Time
	at := h[i+1].PublishedAt.Add(-time.Second)
	for id := h.announced(at); id >= 0 && h.announced(at) == id; at = at.Add(day / 2) {
		moments = append(moments, at)
	}
	for j := range h[i+1:] {
		if last := h[i+1+j].AnnouncedAt.Add(-time.Second); len(moments) > 0 && last.After(moments[0]) && h.announced(last) == h.announced(moments[0]) {
			moments = append(moments, last)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	return moments
}

// The habits of senders.
const (
	keeps     = iota // It fetches when it has nothing.
	refreshes        // It fetches each time.
	renews           // It keeps for longer what the DNS still announces.
)

// sender is one that holds at most one policy.
type sender struct {
	world  histories
	random *rand.Rand
	habit  int
	exact  bool // No cache lies between.

	policy, id int
	until      time.Time
}

// live has it deliver a mail at each moment, and takes down how long it held what.
func (s sender) live(moments []time.Time, worst []time.Time) {
	for _, now := range moments {
		id := s.world.announced(s.behind(now, ttl))
		holds := now.Before(s.until)
		switch {
		case id < 0, holds && s.habit == keeps:
			continue
		case holds && s.habit == renews && id == s.id:
		default:
			s.id, s.policy = id, s.world.served(s.behind(now, settle))
		}
		s.until = now.Add(time.Duration(s.world[s.policy].MaxAge) * time.Second)
		if s.until.After(worst[s.policy]) {
			worst[s.policy] = s.until
		}
	}
}

// behind is a time that a cache may still tell of.
func (s sender) behind(now time.Time, by time.Duration) time.Time {
	if s.exact {
		return now
	}
	return now.Add(-time.Duration(s.random.Int64N(int64(by))))
}
