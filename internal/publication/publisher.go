package publication

import (
	"context"
	"fmt"
	"time"

	"sealpost/internal/mtasts"
)

// Publisher brings items to where they are served. It goes from the inside to
// the outside: what is served, its place in history, the copy at the edge, and
// last the status, which so never tells of more than is done.
type Publisher struct {
	Read      Read
	Published PublishedStore
	History   HistoryStore
	Copies    CopyStore
	Statuses  StatusStore
	Now       func() time.Time
}

// Read gives the policy that an item asks for, or else why it cannot be served.
// It is no part of this package so that the many who only serve need not carry
// what it takes to read and explain items.
type Read func(domain string, item []byte) (mtasts.Policy, []Problem)

// Edit publishes an item, or refuses it and leaves what is served as it was.
// An error means that it is not known how far it came; to call again is safe.
func (p *Publisher) Edit(ctx context.Context, domain string, sequence Sequence, item []byte) (Status, error) {
	policy, problems := p.Read(domain, item)
	if len(problems) > 0 {
		return p.say(ctx, Status{Domain: domain, State: StateRefused, Problems: problems})
	}
	latest, err := p.publish(ctx, domain, sequence, policy)
	if err != nil {
		return Status{}, err
	}
	if !latest {
		return Status{Domain: domain, State: StateSuperseded, UpdatedAt: p.Now().UTC()}, nil
	}
	return p.say(ctx, Status{Domain: domain, State: StatePublished})
}

// publish takes every step even where the same is served already: an earlier
// try may have come no further than that.
func (p *Publisher) publish(ctx context.Context, domain string, sequence Sequence, policy mtasts.Policy) (latest bool, err error) {
	wanted := p.wanted(ctx, domain, sequence, policy)
	latest, err = p.Published.Publish(ctx, wanted)
	if err != nil {
		return false, fmt.Errorf("publish the policy of %s: %w", domain, err)
	}
	if !latest {
		return false, nil
	}
	if err := p.History.AddHistory(ctx, wanted); err != nil {
		return false, fmt.Errorf("add the policy of %s to its history: %w", domain, err)
	}
	if err := p.Copies.PutCopy(ctx, mtasts.PolicyHost(domain), []byte(wanted.Body)); err != nil {
		return false, fmt.Errorf("copy the policy of %s: %w", domain, err)
	}
	return true, nil
}

// wanted is what is to be served. What is served already keeps the time of its
// publication, by which history knows it.
func (p *Publisher) wanted(ctx context.Context, domain string, sequence Sequence, policy mtasts.Policy) Published {
	body := policy.Render()
	wanted := Published{
		Domain:      domain,
		Body:        string(body),
		ID:          mtasts.ID(body),
		Mode:        policy.Mode,
		MX:          policy.MX,
		MaxAge:      policy.MaxAge,
		PublishedAt: p.Now().UTC(),
		Sequence:    sequence,
	}
	// Where it can't be told what is served, it may be damaged: then this mends it.
	if served, found, err := p.Published.Published(ctx, domain); err == nil && found && served.sameAs(wanted) {
		wanted.PublishedAt = served.PublishedAt
	}
	return wanted
}

// Remove takes down the policy of a domain whose item is gone.
func (p *Publisher) Remove(ctx context.Context, domain string, sequence Sequence) (Status, error) {
	latest, err := p.Published.Withdraw(ctx, domain, sequence)
	if err != nil {
		return Status{}, fmt.Errorf("withdraw the policy of %s: %w", domain, err)
	}
	if !latest {
		return Status{Domain: domain, State: StateSuperseded, UpdatedAt: p.Now().UTC()}, nil
	}
	if err := p.Copies.RemoveCopy(ctx, mtasts.PolicyHost(domain)); err != nil {
		return Status{}, fmt.Errorf("remove the copy of the policy of %s: %w", domain, err)
	}
	return p.say(ctx, Status{Domain: domain, State: StateWithdrawn})
}

// Refuse notes why an item cannot be published, where that is not for what it
// says. What is served stays as it was.
func (p *Publisher) Refuse(ctx context.Context, domain string, why Problem) (Status, error) {
	return p.say(ctx, Status{Domain: domain, State: StateRefused, Problems: []Problem{why}})
}

// say notes a status, if it is another than before.
func (p *Publisher) say(ctx context.Context, status Status) (Status, error) {
	if before, found, err := p.Statuses.Status(ctx, status.Domain); err == nil && found && status.sameAs(before) {
		return before, nil
	}
	status.UpdatedAt = p.Now().UTC()
	if err := p.Statuses.SetStatus(ctx, status); err != nil {
		return Status{}, fmt.Errorf("note the status of %s: %w", status.Domain, err)
	}
	return status, nil
}
