package publication

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A clock that was ahead leaves times in the future. Once it is set right, they
// count as now, and that is kept: otherwise all that waits for them would wait
// until the clock comes there by itself, after months perhaps.

// clockSkew is how far the clocks of two machines may be apart.
const clockSkew = time.Minute

// isAhead reports whether a time can only come from a clock that was ahead.
func isAhead(t, now time.Time) bool { return t.After(now.Add(clockSkew)) }

// notAhead returns a time that is not ahead.
func notAhead(t, now time.Time) time.Time {
	if isAhead(t, now) {
		return now.UTC()
	}
	return t
}

// Since returns since when p counts as published.
func (p Published) Since() time.Time {
	if !p.CorrectedAt.IsZero() {
		return p.CorrectedAt
	}
	return p.PublishedAt
}

// InTime returns what was served for a domain, the oldest first, each with the time
// since when it counts as published: none later than the next, and none later than
// now. Otherwise the times are those by which history knows what was served.
func InTime(served []Published, now time.Time) []Published {
	served = slices.Clone(served)
	latest := now.UTC()
	for i := range slices.Backward(served) {
		p := &served[i]
		p.AnnouncedAt = earlier(p.AnnouncedAt, latest)
		latest = earlier(p.Since(), latest)
		p.PublishedAt, p.CorrectedAt = latest, time.Time{}
	}
	return served
}

// clock sets right what was published with a clock that was ahead.
type clock struct {
	published PublishedStore
	history   HistoryStore
	journal   Journal
}

// setRight notes of what is served that it counts as published now, if the time
// that it has is ahead. Its place in history stays, by which the order is known.
func (c clock) setRight(ctx context.Context, served Published, now time.Time) (Published, error) {
	wrong := served.Since()
	if !isAhead(wrong, now) {
		return served, nil
	}
	served.CorrectedAt = now.UTC()
	served.Revision++
	done, err := c.published.Publish(ctx, served)
	if err != nil {
		return Published{}, fmt.Errorf("set the time of the policy of %s right: %w", served.Domain, err)
	}
	if !done {
		return Published{}, errRaced
	}
	if err := c.history.AddHistory(ctx, served, now.Add(keepHistory)); err != nil {
		return Published{}, fmt.Errorf("set the time of the policy of %s right in its history: %w", served.Domain, err)
	}
	return served, c.journal.corrected(ctx, served, wrong)
}

// corrected notes that what is served counts as published now.
func (j Journal) corrected(ctx context.Context, served Published, wrong time.Time) error {
	_, err := j.note(ctx, served.Domain, func(s *Status) {
		if s.ServedRevision != served.Revision-1 {
			return // Its policy is not noted yet.
		}
		s.ServedRevision = served.Revision
		s.Clock = fmt.Sprintf("The clock was ahead when the policy was published: it has the time %s, and counts as published on %s. All that waits for a time counts from there.",
			day(wrong), day(served.CorrectedAt))
	})
	return err
}

// inTime returns the status without times that are ahead.
func (s Status) inTime(now time.Time) Status {
	s.Since, s.AnnouncedAt = notAhead(s.Since, now), notAhead(s.AnnouncedAt, now)
	s.TurnedAt, s.TXTGoneAt = notAhead(s.TurnedAt, now), notAhead(s.TXTGoneAt, now)
	return s
}

// setRight takes off a brake the times that are ahead. A release that would last
// longer than one does has ended: it was for changes before the clock was set right.
func (b *Brake) setRight(now time.Time) {
	for domain, at := range b.Changed {
		b.Changed[domain] = notAhead(at, now)
	}
	b.EngagedAt = notAhead(b.EngagedAt, now)
	if isAhead(b.CountedAt, now) {
		b.CountedAt = time.Time{}
	}
	if !b.Released(now) {
		b.ReleasedUntil = time.Time{}
	}
}

// Released reports whether everything passes.
func (b Brake) Released(now time.Time) bool {
	return now.Before(b.ReleasedUntil) && !b.ReleasedUntil.After(now.Add(releaseFor+releaseSkew))
}

// releaseSkew is how far the clock of whoever releases the brake may be ahead.
const releaseSkew = 15 * time.Minute
