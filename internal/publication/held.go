package publication

import (
	"slices"
	"time"

	"sealpost/internal/mtasts"
)

// lapse covers the time in which caches may still give out what was replaced.
const lapse = time.Hour

// Hold is how long senders may hold a policy that was replaced.
type Hold struct {
	Policy  Published
	TakenUp time.Time // When a sender could last take it up for its max_age.
	Until   time.Time
}

// Holds gives that of each policy that was replaced. All that was served for a
// domain is given, the oldest first, each with its AnnouncedAt.
func Holds(served []Published) []Hold {
	var holds []Hold
	for i, p := range served {
		if followers := served[i+1:]; len(followers) > 0 {
			taken := takenUpUntil(followers)
			holds = append(holds, Hold{p, taken, taken.Add(time.Duration(p.MaxAge)*time.Second + lapse)})
		}
	}
	return holds
}

// LastHold is the hold that ends last, of the policies of some kind; the zero
// value where none was replaced.
func LastHold(served []Published, kind func(Published) bool) Hold {
	var last Hold
	for _, hold := range Holds(served) {
		if kind(hold.Policy) && hold.Until.After(last.Until) {
			last = hold
		}
	}
	return last
}

// AnnouncedBy takes what was served last to be announced at a moment, if it was
// not before: until then senders go on taking up the policies before it.
func AnnouncedBy(moment time.Time, served []Published) []Published {
	served = slices.Clone(served)
	if last := len(served) - 1; last >= 0 && served[last].AnnouncedAt.IsZero() {
		served[last].AnnouncedAt = moment
	}
	return served
}

// takenUpUntil is when a sender took up a policy for the last time, by what
// followed it: it could be fetched until the next one was served. And as long as
// the DNS announces the id that they know, some senders (mox,
// postfix-mta-sts-resolver) hold it for another max_age without fetching
// anything; so it counts when the DNS turned to any of the next ones. Of the last
// one that is taken to be at once, if nothing is known of it.
func takenUpUntil(followers []Published) time.Time {
	for _, p := range followers {
		if !p.AnnouncedAt.IsZero() {
			return later(followers[0].PublishedAt, p.AnnouncedAt)
		}
	}
	return followers[len(followers)-1].PublishedAt
}

// Bars says whether senders that hold p deliver nothing to an MX host
// (RFC 8461, section 5).
func (p Published) Bars(host string) bool {
	return p.Mode == mtasts.ModeEnforce && !allows(p.MX, host)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
