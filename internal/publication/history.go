package publication

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sealpost/internal/mtasts"
)

// history is all that was served for a domain, the oldest first; the last is
// what is served.
type history []Published

// readHistory gives the history of what is served, which belongs to it even if
// whoever published it came no further, with the AnnouncedAt that it has here.
// Times that are ahead are corrected.
func readHistory(ctx context.Context, store HistoryStore, served Published, now time.Time) (history, error) {
	entries, err := store.History(ctx, served.Domain)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", served.Domain, err)
	}
	if last := len(entries) - 1; last >= 0 && entries[last].PublishedAt.Equal(served.PublishedAt) {
		entries = entries[:last]
	}
	return Corrected(append(entries, served), now), nil
}

// exposure is until when senders may hold a policy that makes demands. As long as
// the DNS has not turned away from it that is counted from now, but nobody waits
// for the DNS for ever.
func (h history) exposure(now time.Time) time.Time {
	if len(h) == 0 {
		return time.Time{}
	}
	h = AnnouncedBy(now, h)
	last := &h[len(h)-1]
	if last.Override.Lets(RuleRetire, last.PublishedAt) {
		return last.PublishedAt
	}
	last.AnnouncedAt = earlier(last.AnnouncedAt, last.PublishedAt.Add(patienceWithDNS))
	return later(last.PublishedAt, LastHold(h, func(p Published) bool { return p.Mode != mtasts.ModeNone }).Until)
}

// asked is what was served because an item asked for it. An item that comes back
// before its domain is retired goes on where it was; after that it begins anew.
func (h history) asked(now time.Time) history {
	var asked history
	for i, entry := range h {
		end := now
		if i+1 < len(h) {
			end = h[i+1].PublishedAt
		}
		switch {
		case !entry.Retiring:
			asked = append(asked, entry)
		case end.After(h[:i+1].exposure(end)):
			asked = nil
		}
	}
	return asked
}

// enforced is since when items ask for enforce, without a break; false where they
// do not.
func (h history) enforced(now time.Time) (since time.Time, is bool) {
	for _, entry := range slices.Backward(h.asked(now)) {
		if entry.Mode != mtasts.ModeEnforce {
			break
		}
		since, is = entry.PublishedAt, true
	}
	return since, is
}

// tested is since when the domain is in testing; false where it is not. A time
// in which it retired ends it.
func (h history) tested() (since time.Time, is bool) {
	for _, entry := range slices.Backward(h) {
		if entry.Mode != mtasts.ModeTesting {
			break
		}
		since, is = entry.PublishedAt, true
	}
	return since, is
}

// ramps says whether a policy is to be kept for a day only.
func (h history) ramps(wanted Published) bool {
	if wanted.Mode != mtasts.ModeEnforce || h.unstretched(wanted).MaxAge <= rampMaxAge {
		return false
	}
	since, is := h.enforced(wanted.PublishedAt)
	return !is || wanted.PublishedAt.Before(since.Add(week))
}

// unstretched takes off the seconds by which the max_age of what came back was made
// longer: whoever goes back to it did not ask for them.
func (h history) unstretched(wanted Published) Published {
	for shorter := wanted.withMaxAge(wanted.MaxAge - 1); h.has(shorter.ID); shorter = wanted.withMaxAge(wanted.MaxAge - 1) {
		wanted = shorter
	}
	return wanted
}

// announced says whether a TXT value announces something that was served.
func (h history) announced(value string) bool {
	record, err := mtasts.ParseRecord(value)
	return err == nil && h.has(record.ID)
}

// has says whether an id is that of something that was served.
func (h history) has(id string) bool {
	return slices.ContainsFunc(h, func(entry Published) bool { return entry.ID == id })
}

// turned says whether the DNS, by its TXT records, no more announces the id that
// it did before the last was served. Who sees no record, or another id, does not
// hold a policy for longer than its max_age.
func (h history) turned(txts []string) bool {
	last := len(h) - 1
	record, err := mtasts.FindRecord(txts)
	switch {
	case err != nil || record.ID == h[last].ID:
		return true
	case h.has(record.ID):
		return false
	default: // It is new if what was served before was announced, and no other.
		return last > 0 && !h[last-1].AnnouncedAt.IsZero()
	}
}
