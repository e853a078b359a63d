package publication

import (
	"time"

	"sealpost/internal/mtasts"
)

// lapse covers the time in which caches may still give out what was replaced.
const lapse = time.Hour

// HeldUntil is until when senders may hold a policy of some kind, of those that
// were replaced; the zero time where there was none. All that was served for a
// domain is given, the oldest first.
func HeldUntil(served []Published, kind func(Published) bool) time.Time {
	var until time.Time
	for i, p := range served {
		if followers := served[i+1:]; len(followers) > 0 && kind(p) {
			until = later(until, takenUpUntil(followers).Add(time.Duration(p.MaxAge)*time.Second+lapse))
		}
	}
	return until
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

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
