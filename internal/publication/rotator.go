package publication

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sealpost/internal/mtasts"
)

// Rotator moves the id in the DNS once what is published is what senders get:
// one that saw the id first would keep the old policy under the new id
// (RFC 8461, section 8.1).
type Rotator struct {
	Published   PublishedStore
	History     HistoryStore
	Copies      CopyStore
	Records     Records
	Resolver    Resolver
	PolicyHosts PolicyHosts
	Zones       Zones
	Journal     Journal

	// Settle is how long the edge may still hold what was served before, and
	// longer than anybody who publishes may live: so nobody puts an older
	// policy or copy over what was looked at here.
	Settle time.Duration
	Now    func() time.Time
}

const (
	soon = time.Minute      // Until what is amiss is looked at again.
	most = 15 * time.Minute // That a Queue can wait.
)

// Advance does what can be done now for a domain, and says after what time
// there may be more to do; 0 if not soon. An error means that something failed;
// to call again is safe.
func (r *Rotator) Advance(ctx context.Context, domain string) (again time.Duration, err error) {
	served, is, err := r.Published.Published(ctx, domain)
	if err != nil {
		return 0, fmt.Errorf("read what is served for %s: %w", domain, err)
	}
	if !is {
		return 0, nil
	}
	if settling := r.Settle - r.Now().Sub(served.PublishedAt); settling > 0 {
		return min(settling, most), nil
	}
	again, err = r.advance(ctx, served)
	if errors.Is(err, errRaced) {
		return soon, nil
	}
	return again, err
}

func (r *Rotator) advance(ctx context.Context, served Published) (again time.Duration, err error) {
	if served.Retiring {
		history, err := readHistory(ctx, r.History, served)
		if err != nil {
			return 0, err
		}
		if exposed := history.exposure().Sub(r.Now()); exposed <= 0 {
			return r.takeDown(ctx, served, history)
		}
	}
	live, again, err := r.live(ctx, served)
	if err != nil || !live {
		return again, err
	}
	return r.announce(ctx, served)
}

// live looks at what is served from outside, and at the copy that is served in
// its place when the Policy Host is out of order.
func (r *Rotator) live(ctx context.Context, served Published) (live bool, again time.Duration, err error) {
	was, err := copyOf(ctx, r.Copies, served)
	if err != nil {
		return false, 0, err
	}
	if !was {
		return false, r.Settle, nil // The edge may hold the wrong one.
	}
	body, err := r.PolicyHosts.Fetch(ctx, served.Domain)
	if err != nil {
		return false, soon, r.Journal.obstacle(ctx, served, "The policy cannot be fetched yet: "+err.Error())
	}
	if !bytes.Equal(body, []byte(served.Body)) {
		return false, soon, r.Journal.obstacle(ctx, served, fmt.Sprintf("https://%s%s does not answer with the policy that is published. Does %s point here?",
			mtasts.PolicyHost(served.Domain), mtasts.PolicyPath, mtasts.PolicyHost(served.Domain)))
	}
	return true, 0, r.Journal.live(ctx, served)
}

// announce sees to it that the DNS announces what is served.
func (r *Rotator) announce(ctx context.Context, served Published) (again time.Duration, err error) {
	seen, unreadable := r.look(ctx, served)
	if unreadable != nil {
		return soon, r.Journal.obstacle(ctx, served, unreadable.Error())
	}
	if announces(seen, served) {
		return 0, r.Journal.announced(ctx, served, seen)
	}
	place, ours := r.Zones.Place(served.Domain, served.DNS)
	if !ours {
		return soon, r.Journal.obstacle(ctx, served, fmt.Sprintf("Set this TXT record, and no other: %s TXT %q", mtasts.RecordName(served.Domain), txtOf(served)))
	}
	foreign, err := r.write(ctx, served, place)
	if err != nil {
		return 0, err
	}
	if foreign != nil {
		return 0, r.foreign(ctx, served, place, foreign)
	}
	if seen, unreadable = r.look(ctx, served); unreadable == nil && announces(seen, served) {
		return 0, r.Journal.announced(ctx, served, seen)
	}
	return soon, r.awaited(ctx, served, place, seen)
}

// look reads the TXT records of a domain as everybody sees them. That they
// cannot be read is often no fault of ours, and for its owner to hear of.
func (r *Rotator) look(ctx context.Context, served Published) ([]string, error) {
	seen, err := r.Resolver.TXT(ctx, mtasts.RecordName(served.Domain))
	if err != nil {
		return nil, fmt.Errorf("the TXT record of %s cannot be looked up now: %w", served.Domain, err)
	}
	return seen, nil
}

func announces(seen []string, served Published) bool {
	record, err := mtasts.FindRecord(seen)
	return err == nil && record.ID == served.ID
}

// write makes the record at a place the one that is wanted. What somebody else
// has put there is returned, and left as it is.
func (r *Rotator) write(ctx context.Context, served Published, place Place) (foreign []string, err error) {
	values, err := r.Records.Values(ctx, place)
	if err != nil {
		return nil, fmt.Errorf("read the record %s: %w", place.Name, err)
	}
	if slices.Equal(values, []string{txtOf(served)}) {
		return nil, nil
	}
	if !served.Override.lets(RuleTXTForeign, r.Now()) {
		ours, err := r.ours(ctx, served, values)
		if err != nil || !ours {
			return values, err
		}
	}
	if err := r.same(ctx, served); err != nil {
		return nil, err
	}
	if err := r.Records.Put(ctx, place, txtOf(served)); err != nil {
		return nil, fmt.Errorf("write the record %s: %w", place.Name, err)
	}
	return nil, nil
}

// ours says whether all values are records that announce something that was
// published here.
func (r *Rotator) ours(ctx context.Context, served Published, values []string) (bool, error) {
	if len(values) == 0 {
		return true, nil
	}
	history, err := readHistory(ctx, r.History, served)
	if err != nil {
		return false, err
	}
	return len(values) == 1 && history.announced(values[0]), nil
}

// announced says whether a TXT value announces something that was served.
func (h history) announced(value string) bool {
	record, err := mtasts.ParseRecord(value)
	return err == nil && h.ids()[record.ID]
}

// same makes sure that nothing else is served by now.
func (r *Rotator) same(ctx context.Context, served Published) error {
	now, is, err := r.Published.Published(ctx, served.Domain)
	switch {
	case err != nil:
		return fmt.Errorf("read what is served for %s again: %w", served.Domain, err)
	case !is || now.Revision != served.Revision:
		return errRaced
	default:
		return nil
	}
}

// awaited notes what the DNS has though the record is written, and what to do.
func (r *Rotator) awaited(ctx context.Context, served Published, place Place, seen []string) error {
	text := fmt.Sprintf("The record is written, and the DNS still gives out what was there before. That takes some minutes; if it lasts, look whether the zone is the one that %s is delegated to.", served.Domain)
	if name := mtasts.RecordName(served.Domain); place.Name != name {
		text = fmt.Sprintf("The DNS does not announce the policy yet. If this record is missing, set it: %s. CNAME %s.", name, place.Name)
	}
	_, err := r.Journal.progress(ctx, served, func(s *Status) {
		s.Obstacle, s.TXTForeign = text, false
		s.sees(seen)
	})
	return err
}

func (r *Rotator) foreign(ctx context.Context, served Published, place Place, values []string) error {
	_, err := r.Journal.progress(ctx, served, func(s *Status) {
		s.TXTForeign = true
		s.Obstacle = fmt.Sprintf("txt-foreign: the TXT record %s holds %q, which was not written here, so it is left as it is. Remove it, or let it be replaced by an override of txt-foreign", place.Name, values)
	})
	return err
}
