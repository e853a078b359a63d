package publication

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sealpost/internal/mtasts"
)

// past gives the history of a domain that retires, once it is noted whether the
// DNS still announces what was served before. That it cannot be read is for the
// next time.
func (r *Rotator) past(ctx context.Context, served Published) (history, error) {
	history, err := readHistory(ctx, r.History, served, r.Now())
	if err != nil {
		return nil, err
	}
	if seen, err := r.look(ctx, served); err == nil {
		if err := r.Journal.turned(ctx, served, history.turned(seen)); err != nil {
			return nil, err
		}
	}
	history[len(history)-1], err = r.Journal.dated(ctx, served)
	return Corrected(history, r.Now()), err
}

// takeDown ends a domain that no sender holds a policy of any more: first the
// TXT record, and once every cache has forgotten it, the rest.
func (r *Rotator) takeDown(ctx context.Context, served Published, history history) (again time.Duration, err error) {
	if r.Now().After(history.exposure(r.Now()).Add(patienceWithDNS)) {
		return 0, r.withdraw(ctx, served)
	}
	if err := r.removeRecord(ctx, served, history); err != nil {
		return 0, r.unwritten(ctx, served, "removed", err)
	}
	seen, err := r.look(ctx, served)
	if err != nil {
		return soon, r.unreadable(ctx, served, err)
	}
	if slices.ContainsFunc(seen, history.announced) {
		return soon, r.Journal.unannounced(ctx, served, seen, fmt.Sprintf(
			"The TXT record %s still announces a policy from here. If you keep it by hand, remove it; else it is gone in some minutes.",
			mtasts.RecordName(served.Domain)))
	}
	status, err := r.Journal.gone(ctx, served, seen)
	if err != nil {
		return 0, err
	}
	if status.TXTGoneAt.IsZero() { // The status tells of something else yet.
		return soon, nil
	}
	if wait := lapse - r.Now().Sub(status.TXTGoneAt); wait > 0 {
		return min(wait, most), nil
	}
	return 0, r.withdraw(ctx, served)
}

// patienceWithDNS is how long a domain may stand in the way of its own end: one
// whose DNS is in other hands, or in none. Senders that still follow its record
// then find no policy, which is what mode none had told them for so long.
const patienceWithDNS = 30 * 24 * time.Hour

// removeRecord removes the record that announces what is served here. That of
// somebody else stays.
func (r *Rotator) removeRecord(ctx context.Context, served Published, history history) error {
	place, ours := r.Zones.Place(served.Domain, served.DNS)
	if !ours {
		return nil
	}
	values, err := r.Records.Values(ctx, place)
	if err != nil {
		return fmt.Errorf("read the record %s: %w", place.Name, err)
	}
	if len(values) != 1 || !history.announced(values[0]) {
		return nil
	}
	if err := r.stillServed(ctx, served); err != nil {
		return err
	}
	if err := r.Records.Remove(ctx, place, values[0]); err != nil {
		return fmt.Errorf("remove the record %s: %w", place.Name, err)
	}
	return nil
}

// withdraw removes the copy first: where the item comes back meanwhile, the
// policy that is published then stays, and gets its copy back.
func (r *Rotator) withdraw(ctx context.Context, served Published) error {
	dated, err := r.Journal.dated(ctx, served)
	if err != nil {
		return err
	}
	if err := r.History.AddHistory(ctx, dated, r.Now().Add(keepHistory)); err != nil {
		return fmt.Errorf("add the policy of %s to its history: %w", served.Domain, err)
	}
	if err := r.removeCopy(ctx, served.Domain); err != nil {
		return err
	}
	done, err := r.Published.Withdraw(ctx, served.Domain, served.Revision+1)
	// Whoever brought the domain on meanwhile may have put a copy there.
	if done {
		err = r.removeCopy(ctx, served.Domain)
	}
	_, _, copied := mirror{r.Published, r.Copies}.follow(ctx, served.Domain)
	if err := errors.Join(err, copied); err != nil || !done {
		return err
	}
	return r.Journal.retired(ctx, served)
}

func (r *Rotator) removeCopy(ctx context.Context, domain string) error {
	if err := r.Copies.RemoveCopy(ctx, mtasts.PolicyHost(domain)); err != nil {
		return fmt.Errorf("remove the copy of the policy of %s: %w", domain, err)
	}
	return nil
}
