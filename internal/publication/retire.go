package publication

import (
	"context"
	"errors"
	"time"

	"sealpost/internal/mtasts"
)

// retiredMaxAge is the shortest that an item may have, in seconds.
const retiredMaxAge = 86400

// retire publishes mode none in place of a policy whose item is gone. Senders
// that hold the policy would go on enforcing it if it just vanished
// (RFC 8461, section 8.3).
func (p *Publisher) retire(ctx context.Context, served Published) (Status, error) {
	wanted := Published{
		Domain:      served.Domain,
		Mode:        mtasts.ModeNone,
		MX:          served.MX,
		PublishedAt: p.Now().UTC(),
		DNS:         served.DNS,
		Override:    served.Override,
		Retiring:    true,
		Revision:    served.Revision + 1,
	}.withMaxAge(retiredMaxAge)
	if !served.serves(wanted) {
		problems, err := p.Guards.brake(ctx, wanted)
		if err != nil {
			return Status{}, err
		}
		if len(problems) > 0 {
			status, err := p.Journal.refuse(ctx, served.Domain, "", problems)
			return status, errors.Join(err, p.stillGone(ctx, served.Domain))
		}
	}
	status, err := p.publish(ctx, wanted, served, true, "")
	if err != nil {
		return Status{}, err
	}
	return status, p.stillGone(ctx, served.Domain)
}

// exposure is until when senders may hold an older policy of a domain that
// retires; the zero time for others.
func (p *Publisher) exposure(ctx context.Context, served Published) (time.Time, error) {
	if !served.Retiring {
		return time.Time{}, nil
	}
	history, err := readHistory(ctx, p.History, served)
	return history.exposure(), err
}
