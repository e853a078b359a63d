package publication

import (
	"context"
	"time"

	"sealpost/internal/mtasts"
)

// retiredMaxAge is the shortest that an item may have, in seconds.
const retiredMaxAge = 86400

// retire publishes mode none in place of a policy whose item is gone. Senders
// that hold the policy would go on enforcing it if it just vanished
// (RFC 8461, section 8.3).
func (p *Publisher) retire(ctx context.Context, f found) (Status, error) {
	wanted, err := p.anew(ctx, f, Published{
		Domain:      f.domain,
		Mode:        mtasts.ModeNone,
		MX:          f.served.MX,
		PublishedAt: p.Now().UTC(),
		DNS:         f.served.DNS,
		Override:    f.served.Override,
		Retiring:    true,
		Revision:    f.served.Revision + 1,
	}.withMaxAge(retiredMaxAge))
	if err != nil {
		return Status{}, err
	}
	if !f.served.serves(wanted) {
		problems, err := p.mayRetire(ctx, f, wanted)
		if err != nil {
			return Status{}, err
		}
		if len(problems) > 0 {
			return p.refuse(ctx, f, problems)
		}
	}
	return p.publish(ctx, f, wanted)
}

// mayRetire says why a domain whose item is gone is not to retire. One that retires
// already goes on, unless that waited before.
func (p *Publisher) mayRetire(ctx context.Context, f found, wanted Published) ([]Problem, error) {
	if wanted.Override.Lets(RuleBrake, wanted.PublishedAt) {
		return nil, nil
	}
	if !f.served.Retiring {
		if problems, err := p.massLoss(ctx, f.domain, wanted.PublishedAt); len(problems) > 0 || err != nil {
			return problems, err
		}
	}
	return p.Guards.brake(ctx, wanted)
}

// exposure is until when senders may hold an older policy of a domain that
// retires; the zero time for others.
func (p *Publisher) exposure(ctx context.Context, served Published) (time.Time, error) {
	if !served.Retiring {
		return time.Time{}, nil
	}
	history, err := p.past(ctx, served)
	return history.exposure(p.Now()), err
}
