package publication

import (
	"context"
	"fmt"
)

// publish takes every step that is not taken yet: an earlier try may have come
// no further than that.
func (p *Publisher) publish(ctx context.Context, f found, wanted Published) (Status, error) {
	if f.is && f.served.serves(wanted) {
		wanted = f.served
	} else {
		var err error
		if wanted, err = p.replace(ctx, f, wanted); err != nil {
			return Status{}, err
		}
	}
	if err := p.copy(ctx, wanted); err != nil {
		return Status{}, err
	}
	return p.announce(ctx, wanted, f)
}

// replace puts what was served into history before it is gone from where it was
// served, since whoever put it there may have come no further.
func (p *Publisher) replace(ctx context.Context, f found, wanted Published) (Published, error) {
	switch served := f.served; {
	case f.is && served.Body == wanted.Body && served.Retiring == wanted.Retiring:
		wanted.PublishedAt, wanted.CorrectedAt = served.PublishedAt, served.CorrectedAt // By which history knows it.
	case f.is:
		if !wanted.PublishedAt.After(served.PublishedAt) { // A clock may be set back.
			if isAhead(served.PublishedAt, wanted.PublishedAt) {
				wanted.CorrectedAt = wanted.PublishedAt
			}
			wanted.PublishedAt = served.PublishedAt.Add(1)
		}
		dated, err := p.Journal.dated(ctx, served)
		if err == nil {
			err = p.addHistory(ctx, dated)
		}
		if err != nil {
			return Published{}, err
		}
	}
	done, err := p.Published.Publish(ctx, wanted)
	if err != nil {
		return Published{}, fmt.Errorf("publish the policy of %s: %w", wanted.Domain, err)
	}
	if !done {
		return Published{}, errRaced
	}
	return wanted, p.addHistory(ctx, wanted)
}

func (p *Publisher) addHistory(ctx context.Context, entry Published) error {
	if err := p.History.AddHistory(ctx, entry, p.Now().Add(keepHistory)); err != nil {
		return fmt.Errorf("add the policy of %s to its history: %w", entry.Domain, err)
	}
	return nil
}

// copy makes the copy what is served.
func (p *Publisher) copy(ctx context.Context, wanted Published) error {
	served, _, err := mirror{p.Published, p.Copies}.follow(ctx, wanted.Domain)
	if err == nil && served.Revision != wanted.Revision {
		return errRaced
	}
	return err
}

// announce has the TXT record follow what is served, unless it has already.
func (p *Publisher) announce(ctx context.Context, served Published, f found) (Status, error) {
	exposure, err := p.exposure(ctx, served)
	if err != nil {
		return Status{}, err
	}
	status, err := p.Journal.publish(ctx, served, f.digest, f.maxAgeProblems, exposure)
	if err != nil || status.State == StateActive {
		return status, err
	}
	return status, p.queue(ctx, served)
}

// queue has a [Rotator] look at what is served once the edge has it.
func (p *Publisher) queue(ctx context.Context, served Published) error {
	if err := p.Queue.Later(ctx, served.Domain, p.Settle); err != nil {
		return fmt.Errorf("have the policy of %s announced: %w", served.Domain, err)
	}
	return nil
}
