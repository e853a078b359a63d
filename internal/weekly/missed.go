package weekly

import (
	"context"
	"fmt"

	"sealpost/internal/digest"
	"sealpost/internal/told"
)

// weeksKnown is how many weeks before a missed one are searched for an earlier
// digest to the same audience.
const weeksKnown = 4

// isMissed reports whether the week before the due one must still be mailed to an
// audience. A schedule can pass over a week: it names another week in winter than
// in summer, or falls into an hour that the clocks skip, or its run failed.
//
// An audience that had no digest before the week is new, and misses nothing. A
// digest that was left in doubt before the due week began to be due was reported
// then.
func (m Mail) isMissed(ctx context.Context, due digest.Week, to told.Audience) (bool, error) {
	week := due.Prev()
	d, err := m.Deliveries.Delivery(ctx, week.String(), to.Name)
	if err != nil {
		return false, fmt.Errorf("find out whether the digest of week %s was mailed: %w", week, err)
	}
	switch d.State {
	case told.StateSent:
		return false, nil
	case told.StateNotSent:
		return true, nil
	case told.StateSending:
		return !d.Since.Before(due.End()), nil
	default:
		return m.isKnown(ctx, week, to)
	}
}

// isKnown reports whether a digest was mailed, or begun, to an audience in the
// weeks before one.
func (m Mail) isKnown(ctx context.Context, week digest.Week, to told.Audience) (bool, error) {
	for range weeksKnown {
		week = week.Prev()
		d, err := m.Deliveries.Delivery(ctx, week.String(), to.Name)
		if err != nil {
			return false, fmt.Errorf("find out whether the digest of week %s was mailed: %w", week, err)
		}
		if d.State != "" {
			return true, nil
		}
	}
	return false, nil
}
