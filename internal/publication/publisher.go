package publication

import (
	"context"
	"fmt"
	"time"

	"sealpost/internal/mtasts"
)

// Publisher brings items to where they are served.
type Publisher struct {
	Published PublishedStore
	Statuses  StatusStore
	Now       func() time.Time
}

// Edit publishes an item, or refuses it and leaves what is served as it was.
// An error means that it is not known how far it came; to call again is safe.
func (p *Publisher) Edit(ctx context.Context, domain string, item []byte) (Status, error) {
	policy, problems := Read(domain, item)
	if len(problems) > 0 {
		return p.say(ctx, Status{Domain: domain, State: StateRefused, Problems: problems})
	}
	if err := p.publish(ctx, domain, policy); err != nil {
		return Status{}, err
	}
	return p.say(ctx, Status{Domain: domain, State: StatePublished})
}

func (p *Publisher) publish(ctx context.Context, domain string, policy mtasts.Policy) error {
	body := policy.Render()
	wanted := Published{
		Domain:      domain,
		Body:        string(body),
		ID:          mtasts.ID(body),
		Mode:        policy.Mode,
		MX:          policy.MX,
		MaxAge:      policy.MaxAge,
		PublishedAt: p.Now().UTC(),
	}
	// Where it can't be told what is served, it may be damaged: then this mends it.
	if served, found, err := p.Published.Published(ctx, domain); err == nil && found && served.sameAs(wanted) {
		return nil
	}
	if err := p.Published.Publish(ctx, wanted); err != nil {
		return fmt.Errorf("publish the policy of %s: %w", domain, err)
	}
	return nil
}

// Remove takes down the policy of a domain whose item is gone.
func (p *Publisher) Remove(ctx context.Context, domain string) (Status, error) {
	if err := p.Published.Withdraw(ctx, domain); err != nil {
		return Status{}, fmt.Errorf("withdraw the policy of %s: %w", domain, err)
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
