package publication

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Walk sends every domain through the same door as an edit: whatever was missed
// is found here.
type Walk struct {
	Items     Items
	Statuses  Statuses
	Publisher *Publisher
	Brake     BrakeStore
	Queue     Queue
	Parallel  int           // How many domains at once; at least 1.
	Patience  time.Duration // With each domain.
	Spread    time.Duration // Over which what is active is looked at from outside; at most what the Queue can wait.
	Now       func() time.Time
}

// Summary is what a walk found, for whoever watches.
type Summary struct {
	Domains int  // That have an item or are served.
	Refused int  // Whose item is not published.
	Stuck   int  // That should have gone on long ago.
	Failed  int  // Of which it is not known.
	Braked  bool // Changes are held back.
}

// All walks over all domains. An error means that some could not be looked at;
// the summary has the others.
func (w Walk) All(ctx context.Context) (Summary, error) {
	domains, err := w.domains(ctx)
	if err != nil {
		return Summary{}, err
	}
	brake, err := w.Brake.Brake(ctx)
	if err != nil {
		return Summary{}, fmt.Errorf("read the brake: %w", err)
	}
	summary := Summary{Domains: len(domains), Braked: !brake.EngagedAt.IsZero()}
	var lock sync.Mutex
	var failures []error
	var group sync.WaitGroup
	turns := make(chan struct{}, w.Parallel)
	for i, domain := range inTurn(domains, w.Now()) {
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			status, err := w.one(ctx, domain, w.spread(i, len(domains)))
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failures = append(failures, err)
			}
			summary.add(status, err, w.Now())
		})
	}
	group.Wait()
	return summary, errors.Join(failures...)
}

// inTurn begins somewhere else each hour: where a walk does not get to the end,
// the next one does not leave out the same.
func inTurn(domains []string, now time.Time) []string {
	if len(domains) == 0 {
		return nil
	}
	first := int(now.Unix()/3600*7919) % len(domains)
	return slices.Concat(domains[first:], domains[:first])
}

// domains are all that have an item or are not done with.
func (w Walk) domains(ctx context.Context) ([]string, error) {
	var domains []string
	for domain, err := range w.Items.Domains(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the items: %w", err)
		}
		domains = append(domains, domain)
	}
	for status, err := range w.Statuses.AllStatuses(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the statuses: %w", err)
		}
		if status.State != StateRetired {
			domains = append(domains, status.Domain)
		}
	}
	slices.Sort(domains)
	return slices.Compact(domains), nil
}

// one brings a domain on. What is active is looked at from outside too, since
// what others hold of it may have changed.
func (w Walk) one(ctx context.Context, domain string, after time.Duration) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Patience)
	defer cancel()
	status, err := w.Publisher.Bring(ctx, domain)
	if err != nil {
		return Status{}, err
	}
	if status.ID == "" || status.State != StateActive && status.State != StateRefused {
		return status, nil // Nothing is served, or it is on its way already.
	}
	if err := w.Queue.Later(ctx, domain, after); err != nil {
		return status, fmt.Errorf("have the policy of %s looked at: %w", domain, err)
	}
	return status, nil
}

// spread returns after what time a domain is looked at from outside, so that many
// domains do not ask DNS and policy hosts at the same moment.
func (w Walk) spread(i, of int) time.Duration {
	return (min(w.Spread, most) * time.Duration(i) / time.Duration(of)).Truncate(time.Second)
}

// patience is how long it may take until an edit is announced.
const patience = 30 * time.Minute

func (s *Summary) add(status Status, err error, now time.Time) {
	s.Braked = s.Braked || slices.Contains(status.Problems, massLossProblem)
	switch {
	case err != nil:
		s.Failed++
	case status.State == StateRefused:
		s.Refused++
	case status.stuck(now):
		s.Stuck++
	}
}

// stuck says whether a domain should have gone on long ago. One whose TXT
// record was never seen waits for its owner to set it, or to point it here.
func (s Status) stuck(now time.Time) bool {
	switch s.State {
	case StateChecking, StatePublished:
		return now.Sub(s.Since) > patience
	case StateLive:
		return s.TXTSeen != "" && now.Sub(s.Since) > patience
	case StateRetiring:
		return now.Sub(s.ExposureUntil) > 24*time.Hour
	default:
		return false
	}
}
