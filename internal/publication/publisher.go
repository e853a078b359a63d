package publication

import (
	"context"
	"errors"
	"fmt"
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

// found is what a decision about a domain rests on.
type found struct {
	domain         string
	served         Published // Of what is not served, domain and revision.
	is             bool      // Something is served.
	digest         string    // Of the item; empty where there is none.
	maxAgeProblems []Problem // Why max_age does not grow yet.
}

// has says whether a body is what is served.
func (f found) has(body string) bool { return f.is && f.served.Body == body }

// bring reads what is served before it reads the item: where what is served is
// still the same in the end, nobody can have published a later item. And it
// reads both again once it has noted what became of them: so the last to note
// notes the last.
func (p *Publisher) bring(ctx context.Context, domain string) (Status, error) {
	served, is, err := p.Published.Published(ctx, domain)
	if err != nil {
		return Status{}, fmt.Errorf("read what is served for %s: %w", domain, err)
	}
	served.Domain = domain
	if is {
		if served, err = (clockCorrector{p.Published, p.History, p.Journal}).correct(ctx, served, p.Now()); err != nil {
			return Status{}, err
		}
	}
	item, digest, err := p.item(ctx, domain)
	if err != nil {
		return Status{}, err
	}
	status, err := p.decide(ctx, found{domain: domain, served: served, is: is, digest: digest}, item)
	if err != nil {
		return Status{}, err
	}
	return status, p.still(ctx, domain, digest, status.ServedRevision)
}

// still makes sure that item and policy are what was noted of them.
func (p *Publisher) still(ctx context.Context, domain, digest string, revision int) error {
	_, now, err := p.item(ctx, domain)
	if err != nil {
		return err
	}
	served, _, err := p.Published.Published(ctx, domain)
	if err != nil {
		return fmt.Errorf("read what is served for %s again: %w", domain, err)
	}
	if now != digest || served.Revision != revision {
		return errRaced
	}
	return nil
}

// item reads the item of a domain, and gives its digest; none where it is gone.
func (p *Publisher) item(ctx context.Context, domain string) (Item, string, error) {
	item, found, err := p.Items.Item(ctx, domain)
	if err != nil {
		return Item{}, "", fmt.Errorf("read the item of %s: %w", domain, err)
	}
	if !found {
		return Item{}, "", nil
	}
	return item, item.Digest(), nil
}

func (p *Publisher) decide(ctx context.Context, f found, item Item) (Status, error) {
	switch {
	case f.digest != "":
		return p.edit(ctx, f, item)
	case f.is:
		return p.retire(ctx, f)
	default:
		return p.Journal.close(ctx, f.domain, f.served.Revision)
	}
}

// edit publishes an item, or refuses it. Only what would change what is served
// is judged.
func (p *Publisher) edit(ctx context.Context, f found, item Item) (Status, error) {
	desired, problems := p.read(f.domain, item)
	if len(problems) > 0 {
		return p.refuse(ctx, f, problems)
	}
	asked, err := p.asked(ctx, f, desired)
	if err != nil {
		return Status{}, err
	}
	wanted, err := p.anew(ctx, f, asked)
	if err != nil {
		return Status{}, err
	}
	if f.has(wanted.Body) && !f.served.Retiring {
		wanted.PassedBy = f.served.PassedBy
		return p.publish(ctx, f, wanted)
	}
	if err := p.Journal.begin(ctx, f.domain, f.digest); err != nil {
		return Status{}, err
	}
	if problems, err = p.judge(ctx, f, asked, desired); err != nil {
		return Status{}, err
	}
	switch {
	case len(problems) == 0:
		return p.publish(ctx, f, wanted)
	case f.is && !f.served.Retiring && !counts(f.served, asked, desired):
		f.maxAgeProblems = problems
		return p.publish(ctx, f, wanted.withBodyOf(f.served))
	default:
		return p.refuse(ctx, f, problems)
	}
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

// asked is what an item asks for.
func (p *Publisher) asked(ctx context.Context, f found, desired Desired) (Published, error) {
	asked := Published{
		Domain:      f.domain,
		Mode:        desired.Policy.Mode,
		MX:          desired.Policy.MX,
		PublishedAt: p.Now().UTC(),
		DNS:         desired.DNS,
		Override:    desired.Override,
		PassedBy:    desired.Override,
		Revision:    f.served.Revision + 1,
	}.withMaxAge(desired.Policy.MaxAge)
	if desired.MaxAgeDefault && !f.has(asked.Body) {
		history, err := p.history(ctx, f)
		if err != nil {
			return Published{}, err
		}
		if history.ramps(asked) {
			asked = asked.withMaxAge(rampMaxAge)
		}
	}
	return asked, nil
}

// anew gives what is asked for an id that nothing had before, since an id stands
// for one instance of a policy (RFC 8461, section 3.1). A sender that fetched what
// was served next before the DNS turned to it holds that under the old id. Did this
// come back, the sender would go on with what it holds. So what comes back is kept
// for a second longer or shorter.
func (p *Publisher) anew(ctx context.Context, f found, asked Published) (Published, error) {
	if f.has(asked.Body) {
		return asked, nil
	}
	past, err := p.History.History(ctx, f.domain)
	if err != nil {
		return Published{}, fmt.Errorf("read the history of %s: %w", f.domain, err)
	}
	second := 1
	if asked.MaxAge > mtasts.MaxMaxAge/2 {
		second = -1
	}
	for history(past).has(asked.ID) && !f.has(asked.Body) {
		asked = asked.withMaxAge(asked.MaxAge + second)
	}
	return asked, nil
}

func (p *Publisher) judge(ctx context.Context, f found, asked Published, desired Desired) ([]Problem, error) {
	history, err := p.history(ctx, f)
	if err != nil {
		return nil, err
	}
	return p.Guards.judge(ctx, change{wanted: asked, history: history, counts: f.is && counts(f.served, asked, desired)})
}

// counts says whether a change is one that people made: a max_age that nobody
// wrote grows by itself.
func counts(served, wanted Published, desired Desired) bool {
	return !desired.MaxAgeDefault || served.withMaxAge(wanted.MaxAge).Body != wanted.Body
}

// history gives all that was served for a domain up to now.
func (p *Publisher) history(ctx context.Context, f found) (history, error) {
	if !f.is {
		return nil, nil
	}
	return p.past(ctx, f.served)
}

// past gives the history of what is served.
func (p *Publisher) past(ctx context.Context, served Published) (history, error) {
	dated, err := p.Journal.dated(ctx, served)
	if err != nil {
		return nil, err
	}
	return readHistory(ctx, p.History, dated, p.Now())
}

// refuse leaves what is served as it is, and sees it to its end: the edit that
// it goes back to may have come no further.
func (p *Publisher) refuse(ctx context.Context, f found, problems []Problem) (Status, error) {
	if f.is {
		if err := p.copy(ctx, f.served); err != nil {
			return Status{}, err
		}
	}
	status, err := p.Journal.refuse(ctx, f.served, f.digest, problems)
	if err != nil || !f.is || status.AnnouncedID == status.ID {
		return status, err
	}
	return status, p.queue(ctx, f.served)
}
