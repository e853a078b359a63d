package publication

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// massLossProblem is the problem of a domain whose item is gone together with those
// of all others. A disk that is not mounted and a table that was emptied look like
// that, and so does a folder that was put in the place of another.
var massLossProblem = Problem{Rule: RuleBrake, Message: "The items of all domains are gone at the same time, which may be a mistake, so none of them retires: " +
	"a disk may not be mounted, or a table was emptied. Put the items back, unless the domains are to retire" + ResumeHint}

// massLoss returns the problem of a domain whose item is gone if no domain that was
// hosted before still has its item, and this is not the only one. It is asked again
// each time, so nothing needs to be released once the items are back.
func (p *Publisher) massLoss(ctx context.Context, domain string, now time.Time) ([]Problem, error) {
	brake, err := p.Guards.Brake.Brake(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the brake: %w", err)
	}
	if brake.Released(now) {
		return nil, nil
	}
	since, err := p.lostSince(ctx, domain, now)
	if err != nil {
		return nil, err
	}
	items, kept, err := p.keptItems(ctx, since)
	if kept || err != nil {
		return nil, err
	}
	for other, err := range p.Guards.Directory.AllPublished(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the hosted domains: %w", err)
		}
		if other.Domain != domain && !other.Retiring && !items[other.Domain] {
			return []Problem{massLossProblem}, nil
		}
	}
	return nil, nil
}

// lostSince returns when the loss of a domain's item was noticed.
func (p *Publisher) lostSince(ctx context.Context, domain string, now time.Time) (time.Time, error) {
	status, _, err := p.Journal.Statuses.Status(ctx, domain)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the status of %s: %w", domain, err)
	}
	if slices.Contains(status.Problems, massLossProblem) && status.Since.Before(now) {
		return status.Since, nil
	}
	return now, nil
}

// keptItems reports whether a domain that was hosted well before a moment has an
// item. Otherwise it returns the domains that have one: those of a folder that was
// put in the place of another.
func (p *Publisher) keptItems(ctx context.Context, before time.Time) (items map[string]bool, kept bool, err error) {
	items = make(map[string]bool)
	for domain, err := range p.Items.Domains(ctx) {
		if err != nil {
			return nil, false, fmt.Errorf("list the items: %w", err)
		}
		items[domain] = true
		served, is, err := p.Published.Published(ctx, domain)
		if err != nil {
			return nil, false, fmt.Errorf("read what is served for %s: %w", domain, err)
		}
		isNew := served.Revision == 1 && served.Since().After(before.Add(-brakeWindow))
		if is && !served.Retiring && !isNew {
			return nil, true, nil
		}
	}
	return items, false, nil
}
