package publication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"time"

	"sealpost/internal/mtasts"
)

// Publisher brings items to where they are served. It goes from the inside to
// the outside: what is served, its place in history, the copy at the edge, the
// call for the TXT record. The status comes last, and so never tells of more
// than is done.
type Publisher struct {
	Read      Read
	Items     Items
	Published PublishedStore
	History   HistoryStore
	Copies    CopyStore
	Guards    Guards
	Zones     Zones
	Journal   Journal
	Queue     Queue
	Settle    time.Duration // How long the edge may still hold what was served before.
	Now       func() time.Time
}

// maxRaces is how often a domain is looked at again because somebody else
// changed it meanwhile.
const maxRaces = 5

// keepHistory is how long what was served is kept after it last was.
const keepHistory = 2 * 365 * 24 * time.Hour

// Bring publishes what the item of a domain asks for, or says why not and
// leaves what is served as it was. An error means that it is not known how far
// it came; to call again is safe.
func (p *Publisher) Bring(ctx context.Context, domain string) (Status, error) {
	for range maxRaces {
		status, err := p.bring(ctx, domain)
		if !errors.Is(err, errRaced) {
			return status, err
		}
	}
	return Status{}, fmt.Errorf("publish the policy of %s: others keep changing it", domain)
}

// errRaced says that what a decision rested on has changed.
var errRaced = errors.New("changed meanwhile")

// bring reads what is served before it reads the item: where what is served is
// still the same in the end, nobody can have published a later item.
func (p *Publisher) bring(ctx context.Context, domain string) (Status, error) {
	served, is, err := p.Published.Published(ctx, domain)
	if err != nil {
		return Status{}, fmt.Errorf("read what is served for %s: %w", domain, err)
	}
	served.Domain = domain
	item, found, err := p.Items.Item(ctx, domain)
	switch {
	case err != nil:
		return Status{}, fmt.Errorf("read the item of %s: %w", domain, err)
	case found:
		return p.edit(ctx, domain, item, served, is)
	case is:
		return p.retire(ctx, served)
	default:
		return p.close(ctx, domain, served.Revision)
	}
}

// close is for a domain that has neither item nor policy.
func (p *Publisher) close(ctx context.Context, domain string, revision int) (Status, error) {
	status, err := p.Journal.close(ctx, domain, revision)
	if err != nil {
		return Status{}, err
	}
	return status, p.stillGone(ctx, domain)
}

// stillGone makes sure that what was noted of a domain without an item holds.
func (p *Publisher) stillGone(ctx context.Context, domain string) error {
	_, found, err := p.Items.Item(ctx, domain)
	switch {
	case err != nil:
		return fmt.Errorf("read the item of %s again: %w", domain, err)
	case found:
		return errRaced
	default:
		return nil
	}
}

// edit publishes an item, or refuses it. Whoever notes what became of an item
// looks whether it still is the item: so the last to note notes the last item.
func (p *Publisher) edit(ctx context.Context, domain string, item Item, served Published, is bool) (Status, error) {
	digest := digestOf(item)
	status, err := p.decide(ctx, domain, item, digest, served, is)
	if err != nil {
		return Status{}, err
	}
	now, found, err := p.Items.Item(ctx, domain)
	if err != nil {
		return Status{}, fmt.Errorf("read the item of %s again: %w", domain, err)
	}
	if !found || digestOf(now) != digest {
		return Status{}, errRaced
	}
	return status, nil
}

func (p *Publisher) decide(ctx context.Context, domain string, item Item, digest string, served Published, is bool) (Status, error) {
	desired, problems := p.read(domain, item)
	if len(problems) > 0 {
		return p.refuse(ctx, served, is, digest, problems)
	}
	wanted, err := p.wanted(ctx, domain, desired, served, is)
	if err != nil {
		return Status{}, err
	}
	if !is || served.Body != wanted.Body || served.Retiring {
		if err := p.Journal.begin(ctx, domain, digest); err != nil {
			return Status{}, err
		}
		if problems, err = p.judge(ctx, wanted, served, is); err != nil {
			return Status{}, err
		}
		if len(problems) > 0 {
			return p.refuse(ctx, served, is, digest, problems)
		}
	}
	return p.publish(ctx, wanted, served, is, digest)
}

// refuse leaves what is served as it is, and sees it to its end: the edit that
// it goes back to may have come no further.
func (p *Publisher) refuse(ctx context.Context, served Published, is bool, digest string, problems []Problem) (Status, error) {
	if is {
		if err := p.copy(ctx, served); err != nil {
			return Status{}, err
		}
	}
	status, err := p.Journal.refuse(ctx, served, digest, problems)
	if err != nil || !is || status.AnnouncedID == status.ID {
		return status, err
	}
	return status, p.queue(ctx, served)
}

// read gives what an item asks for, or what it can never have.
func (p *Publisher) read(domain string, item Item) (Desired, []Problem) {
	if item.Unreadable != "" {
		return Desired{}, []Problem{{Rule: RuleSyntax, Message: item.Unreadable}}
	}
	desired, problems := p.Read(domain, item.Text)
	if len(problems) == 0 {
		problems = p.Zones.check(domain, desired.DNS)
	}
	return desired, problems
}

// wanted is what is to be served.
func (p *Publisher) wanted(ctx context.Context, domain string, desired Desired, served Published, is bool) (Published, error) {
	wanted := Published{
		Domain:      domain,
		Mode:        desired.Policy.Mode,
		MX:          desired.Policy.MX,
		PublishedAt: p.Now().UTC(),
		DNS:         desired.DNS,
		Override:    desired.Override,
		Revision:    served.Revision + 1,
	}.withMaxAge(desired.Policy.MaxAge)
	if desired.MaxAgeDefault && served.Body != wanted.Body {
		history, err := p.historyOf(ctx, served, is)
		if err != nil {
			return Published{}, err
		}
		if history.ramps(wanted) {
			wanted = wanted.withMaxAge(rampMaxAge)
		}
	}
	if wanted.Override == nil && served.Body == wanted.Body {
		wanted.Override = served.Override // With which it passed, for history to tell.
	}
	return wanted, nil
}

// withMaxAge gives the body and id that go with a max_age.
func (p Published) withMaxAge(seconds int) Published {
	p.MaxAge = seconds
	body := mtasts.Policy{Mode: p.Mode, MX: p.MX, MaxAge: seconds}.Render()
	p.Body, p.ID = string(body), mtasts.ID(body)
	return p
}

// serves says whether p is all that is wanted, so that there is nothing to
// publish.
func (p Published) serves(wanted Published) bool {
	return p.Body == wanted.Body && p.ID == wanted.ID && p.Retiring == wanted.Retiring &&
		p.DNS == wanted.DNS && reflect.DeepEqual(p.Override, wanted.Override)
}

func (p *Publisher) judge(ctx context.Context, wanted, served Published, is bool) ([]Problem, error) {
	history, err := p.historyOf(ctx, served, is)
	if err != nil {
		return nil, err
	}
	return p.Guards.judge(ctx, change{wanted: wanted, history: history, alters: is && served.Body != wanted.Body})
}

// historyOf gives all that was served for a domain up to now.
func (p *Publisher) historyOf(ctx context.Context, served Published, is bool) (history, error) {
	if !is {
		return nil, nil
	}
	return readHistory(ctx, p.History, served)
}

// publish takes every step that is not taken yet: an earlier try may have come
// no further than that.
func (p *Publisher) publish(ctx context.Context, wanted, served Published, is bool, digest string) (Status, error) {
	if is && served.serves(wanted) {
		wanted = served
	} else if err := p.replace(ctx, &wanted, served, is); err != nil {
		return Status{}, err
	}
	if err := p.copy(ctx, wanted); err != nil {
		return Status{}, err
	}
	return p.announce(ctx, wanted, digest)
}

// replace puts what was served into history before it is gone from where it was
// served, since whoever put it there may have come no further.
func (p *Publisher) replace(ctx context.Context, wanted *Published, served Published, is bool) error {
	if is && served.Body == wanted.Body && served.Retiring == wanted.Retiring {
		wanted.PublishedAt = served.PublishedAt // By which history knows it.
	} else if is {
		if !wanted.PublishedAt.After(served.PublishedAt) { // A clock may be set back.
			wanted.PublishedAt = served.PublishedAt.Add(1)
		}
		if err := p.addHistory(ctx, served); err != nil {
			return err
		}
	}
	done, err := p.Published.Publish(ctx, *wanted)
	if err != nil {
		return fmt.Errorf("publish the policy of %s: %w", wanted.Domain, err)
	}
	if !done {
		return errRaced
	}
	return p.addHistory(ctx, *wanted)
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
func (p *Publisher) announce(ctx context.Context, served Published, digest string) (Status, error) {
	exposure, err := p.exposure(ctx, served)
	if err != nil {
		return Status{}, err
	}
	status, err := p.Journal.publish(ctx, served, digest, exposure)
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

func digestOf(item Item) string {
	sum := sha256.Sum256(append([]byte(item.Unreadable+"\x00"), item.Text...))
	return hex.EncodeToString(sum[:])
}
