package publication

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	again, err = r.settle(ctx, served)
	if errors.Is(err, errRaced) {
		return soon, nil
	}
	return again, err
}

// settle waits until the edge has what is served.
func (r *Rotator) settle(ctx context.Context, served Published) (again time.Duration, err error) {
	now := r.Now()
	served, err = clockCorrector{r.Published, r.History, r.Journal}.correct(ctx, served, now)
	if err != nil {
		return 0, err
	}
	if settling := r.Settle - now.Sub(served.Since()); settling > 0 {
		return min(settling, most), nil
	}
	return r.advance(ctx, served)
}

func (r *Rotator) advance(ctx context.Context, served Published) (again time.Duration, err error) {
	if served.Retiring {
		history, err := r.past(ctx, served)
		if err != nil {
			return 0, err
		}
		if now := r.Now(); !now.Before(history.exposure(now)) {
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
	now, differed, err := mirror{r.Published, r.Copies}.follow(ctx, served.Domain)
	switch {
	case err != nil:
		return false, 0, err
	case now.Revision != served.Revision:
		return false, 0, errRaced
	case differed:
		return false, r.Settle, nil // The edge may hold the wrong one.
	}
	body, err := r.PolicyHosts.Fetch(ctx, served.Domain)
	if ctx.Err() != nil { // It was broken off here, which tells nothing of the host.
		return false, 0, fmt.Errorf("fetch the policy of %s: %w", served.Domain, ctx.Err())
	}
	if err != nil {
		return false, soon, r.Journal.unseen(ctx, served, "The policy cannot be fetched: "+err.Error())
	}
	if !bytes.Equal(body, []byte(served.Body)) {
		return false, soon, r.Journal.unseen(ctx, served, fmt.Sprintf("https://%s%s does not answer with the policy that is published. Does %s point here?",
			mtasts.PolicyHost(served.Domain), mtasts.PolicyPath, mtasts.PolicyHost(served.Domain)))
	}
	return true, 0, r.Journal.live(ctx, served)
}

// announce sees to it that the DNS announces what is served. It writes before it
// looks, since resolvers keep for minutes what they were once asked for, also
// that there was nothing.
func (r *Rotator) announce(ctx context.Context, served Published) (again time.Duration, err error) {
	if settled, err := r.settled(ctx, served); settled || err != nil {
		return 0, err
	}
	place, ours := r.Zones.Place(served.Domain, served.DNS)
	if ours {
		foreign, err := r.write(ctx, served, place)
		if err != nil {
			return 0, r.unwritten(ctx, served, "written", err)
		}
		if foreign != nil {
			return 0, r.foreign(ctx, served, place, foreign)
		}
	}
	seen, err := r.look(ctx, served)
	switch {
	case err != nil:
		return soon, r.unreadable(ctx, served, err)
	case announces(seen, served):
		return 0, r.announced(ctx, served, seen)
	case ours:
		return soon, r.Journal.unannounced(ctx, served, seen, awaited(served, place))
	default:
		return soon, r.Journal.unannounced(ctx, served, seen,
			fmt.Sprintf("Set this TXT record, and no other: %s TXT %q", mtasts.RecordName(served.Domain), txtOf(served)))
	}
}

// settled says whether the DNS announced what is served before, and still does.
// Then the zone itself is left alone: Route 53 answers five questions a second,
// of a whole account.
func (r *Rotator) settled(ctx context.Context, served Published) (bool, error) {
	status, _, err := r.Journal.Statuses.Status(ctx, served.Domain)
	if err != nil {
		return false, fmt.Errorf("read the status of %s: %w", served.Domain, err)
	}
	if status.ServedRevision != served.Revision || status.AnnouncedID != served.ID || status.TXTForeign {
		return false, nil
	}
	seen, err := r.look(ctx, served)
	if err != nil || len(seen) != 1 || !announces(seen, served) {
		return false, nil
	}
	return true, r.announced(ctx, served, seen)
}

// announced notes that the DNS announces what is served, and what of the DNS has
// run away from the policy since: nobody edits it then, so nobody is refused.
func (r *Rotator) announced(ctx context.Context, served Published, seen []string) error {
	return r.Journal.announced(ctx, served, seen, r.drift(ctx, served))
}

// drift notes which MX hosts what is announced does not allow. That they cannot be
// read is for the next time.
func (r *Rotator) drift(ctx context.Context, served Published) func(*Status) {
	var barred []string
	if served.Mode != mtasts.ModeNone {
		hosts, err := r.Resolver.MX(ctx, served.Domain)
		if err != nil {
			return func(*Status) {}
		}
		barred = slices.DeleteFunc(hosts, func(host string) bool { return host == "" || allows(served.MX, host) })
	}
	return func(s *Status) { s.Drift = served.drift(barred) }
}

// drift words which MX hosts p does not allow.
func (p Published) drift(barred []string) string {
	if len(barred) == 0 {
		return ""
	}
	effect := "senders do not deliver there"
	if p.Mode != mtasts.ModeEnforce {
		effect = "in mode enforce senders would not deliver there"
	}
	if last := len(barred) - 1; last > 0 {
		names := strings.Join(barred[:last], ", ") + " and " + barred[last]
		return fmt.Sprintf("The policy does not allow %s, MX hosts of %s: %s. Add them to mx, or take them out of the DNS.", names, p.Domain, effect)
	}
	return fmt.Sprintf("The policy does not allow %s, an MX of %s: %s. Add it to mx, or take it out of the DNS.", barred[0], p.Domain, effect)
}

// look reads the TXT records of a domain as everybody sees them.
func (r *Rotator) look(ctx context.Context, served Published) ([]string, error) {
	return r.Resolver.TXT(ctx, mtasts.RecordName(served.Domain))
}

// unreadable notes that they cannot be read, which is often no fault of ours,
// and for its owner to hear of.
func (r *Rotator) unreadable(ctx context.Context, served Published, err error) error {
	return r.Journal.obstacle(ctx, served, "The TXT record cannot be looked up: "+err.Error(), true)
}

// unwritten notes why the TXT record could not be changed, and returns the error. What
// the record announces is unknown if it cannot be read either.
func (r *Rotator) unwritten(ctx context.Context, served Published, what string, err error) error {
	_, unread := r.look(ctx, served)
	return errors.Join(err, r.Journal.obstacle(ctx, served, "The TXT record cannot be "+what+": "+err.Error(), unread != nil))
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
	if !served.Override.Lets(RuleTXTForeign, r.Now()) {
		ours, err := r.ours(ctx, served, values)
		if err != nil || !ours {
			return values, err
		}
	}
	if err := r.stillServed(ctx, served); err != nil {
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
	history, err := readHistory(ctx, r.History, served, r.Now())
	if err != nil {
		return false, err
	}
	return len(values) == 1 && history.announced(values[0]), nil
}

// stillServed makes sure that nothing else is served by now.
func (r *Rotator) stillServed(ctx context.Context, served Published) error {
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

// awaited says what the DNS lacks though the record is written.
func awaited(served Published, place Place) string {
	if name := mtasts.RecordName(served.Domain); place.Name != name {
		return fmt.Sprintf("The DNS does not announce the policy yet. If this record is missing, set it: %s. CNAME %s.", name, place.Name)
	}
	return fmt.Sprintf("The record is written, and the DNS still gives out what was there before. That takes some minutes; if it lasts, look whether the zone is the one that %s is delegated to.", served.Domain)
}

// foreign notes whose record is in the way. That of a domain that retires is no
// more ours to care for.
func (r *Rotator) foreign(ctx context.Context, served Published, place Place, values []string) error {
	quoted := fmt.Sprintf("%q", values)
	text := fmt.Sprintf("The record %s has %s, which was not written here, so it is left as it is. ", place.Name, strings.Trim(quoted, "[]"))
	if served.Retiring {
		return r.Journal.unannounced(ctx, served, values, text+"So mode none is not announced.")
	}
	_, err := r.Journal.progress(ctx, served, func(s *Status) {
		s.TXTForeign = true
		s.Obstacle = text + "Remove it, which is seen within the hour, or let it be replaced by an override of the rule txt-foreign."
		s.sees(values, r.Now())
	})
	return err
}
