package publication

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A clock that was ahead leaves times in the future. Once the clock is corrected,
// they count as now, and that is stored: otherwise whatever waits for them would
// wait until real time has come to them, after months perhaps.

// clockSkew is how far the clocks of two machines may be apart.
const clockSkew = time.Minute

// isAhead reports whether a time can only come from a clock that was ahead.
func isAhead(t, now time.Time) bool { return t.After(now.Add(clockSkew)) }

// notAhead returns t, or now where t is ahead.
func notAhead(t, now time.Time) time.Time {
	if isAhead(t, now) {
		return now.UTC()
	}
	return t
}

// Since returns the time since which p counts as published.
func (p Published) Since() time.Time {
	if !p.CorrectedAt.IsZero() {
		return p.CorrectedAt
	}
	return p.PublishedAt
}

// Corrected returns the policies that were served for a domain, the oldest first,
// each with the time since which it counts as published: none later than the next,
// and none later than now. In the stores they have the times by which history knows
// them.
func Corrected(served []Published, now time.Time) []Published {
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

// clockCorrector corrects what was published with a clock that was ahead.
type clockCorrector struct {
	published PublishedStore
	history   HistoryStore
	journal   Journal
}

// correct stores that a policy counts as published now, if its time is ahead. Its
// place in history stays, since that gives the order.
func (c clockCorrector) correct(ctx context.Context, served Published, now time.Time) (Published, error) {
	wrong := served.Since()
	if !isAhead(wrong, now) {
		return served, nil
	}
	served.CorrectedAt = now.UTC()
	served.Revision++
	done, err := c.published.Publish(ctx, served)
	if err != nil {
		return Published{}, fmt.Errorf("correct the time of the policy of %s: %w", served.Domain, err)
	}
	if !done {
		return Published{}, errRaced
	}
	if err := c.history.AddHistory(ctx, served, now.Add(keepHistory)); err != nil {
		return Published{}, fmt.Errorf("correct the time of the policy of %s in its history: %w", served.Domain, err)
	}
	return served, c.journal.corrected(ctx, served, wrong)
}

// corrected notes in the status that the policy counts as published now.
func (j Journal) corrected(ctx context.Context, served Published, wrong time.Time) error {
	_, err := j.note(ctx, served.Domain, func(s *Status) {
		if s.ServedRevision != served.Revision-1 {
			return // Its policy is not noted yet.
		}
		s.ServedRevision = served.Revision
		s.ClockCorrection = fmt.Sprintf("The clock was ahead when the policy was published: it has the time %s, and counts as published on %s. Waiting times start there.",
			day(wrong), day(served.CorrectedAt))
	})
	return err
}

// corrected returns the status without times that are ahead.
func (s Status) corrected(now time.Time) Status {
	s.Since, s.AnnouncedAt = notAhead(s.Since, now), notAhead(s.AnnouncedAt, now)
	s.TurnedAt, s.TXTGoneAt = notAhead(s.TurnedAt, now), notAhead(s.TXTGoneAt, now)
	return s
}

// correct takes off a brake the times that are ahead. A release that would last
// longer than one does has ended: it was for changes before the clock was set right.
func (b *Brake) correct(now time.Time) {
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

// releaseSkew is how far the clock of the machine that releases the brake may be
// ahead.
const releaseSkew = 15 * time.Minute
