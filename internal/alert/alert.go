// Package alert tells people at once when a report says that mail to a domain
// fails by a policy in mode enforce: the one that the report has, or where it has
// none, the one that is served. The weekly digest has every failure; this is for
// those that cannot wait for it.
//
// A signature says no more than which domain a report comes from, and anybody
// can have one. So whoever sends reports to wake people is bounded: the same
// failure is told once a day, a domain has so many failures a day, and a report
// tells of so many domains.
package alert

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/told"
)

// Teller tells people.
type Teller interface {
	// Tell tells them a text under a subject, which is a line of at most
	// MaxSubject printable ASCII characters. After an error they may have been
	// told or not.
	Tell(ctx context.Context, subject, text string) error
}

// Alerts hears of reports that somebody vouches for.
type Alerts struct {
	Hosted interface {
		// Hosts gives those of some domains that are hosted.
		Hosts(ctx context.Context, domains []string) ([]string, error)

		// WithMX gives, for those of some hosts that policies list, the hosted
		// domains whose policies do, in their order.
		WithMX(ctx context.Context, hosts []string) (map[string][]string, error)
	}
	Published interface {
		// Published reads what is served of a domain; false if that is nothing.
		Published(ctx context.Context, domain string) (publication.Published, bool, error)
	}
	Days   told.DayStore
	Teller Teller
	Now    func() time.Time
}

// Reports are about one domain, or a few.
const (
	maxLookedAt = 100 // Domains of a report whose policy is looked at.
	maxTold     = 10  // Domains that a report tells of.
)

// Vouched tells people what a report says that they have not been told today. by
// is the domain that vouches for the report. It may be said again of the same
// report; an error means that it has to be, since somebody may not know yet.
func (a Alerts) Vouched(ctx context.Context, report tlsrpt.Report, by string) error {
	all, err := a.concerned(ctx, failuresIn(report))
	if err != nil {
		return err
	}
	lookedAt, count := 0, 0
	for _, n := range all {
		for _, domain := range n.domains {
			if lookedAt++; lookedAt > maxLookedAt {
				return nil
			}
			published, is, err := a.Published.Published(ctx, domain)
			if err != nil {
				return fmt.Errorf("look at the policy of %s: %w", domain, err)
			}
			failures := inForce(n.failures, published.Mode)
			if !is || len(failures) == 0 {
				continue // Senders deliver all the same.
			}
			if count++; count > maxTold {
				return nil
			}
			n.domain, n.mode, n.mx, n.failures, n.report, n.by = domain, published.Mode, published.MX, failures, report, by
			if err := a.tell(ctx, n); err != nil {
				return fmt.Errorf("tell that mail to %s fails: %w", domain, err)
			}
			break
		}
	}
	return nil
}

// concerned finds out which hosted domains failures are about, by the Policy
// Domain that the report names. Under DANE some reporters name the MX host in its
// place; then it may be about each domain that has that MX, and about others.
func (a Alerts) concerned(ctx context.Context, failures map[string][]failure) ([]news, error) {
	hosted, err := a.Hosted.Hosts(ctx, slices.Sorted(maps.Keys(failures)))
	if err != nil {
		return nil, fmt.Errorf("find out which domains of the report are hosted: %w", err)
	}
	slices.Sort(hosted)
	var all []news
	for _, domain := range hosted {
		all = append(all, news{domains: []string{domain}, failures: failures[domain]})
		delete(failures, domain)
	}
	for name, of := range failures {
		failures[name] = slices.DeleteFunc(of, func(f failure) bool { return f.policyType != tlsrpt.PolicyTLSA })
		if len(failures[name]) == 0 {
			delete(failures, name)
		}
	}
	hosts := slices.Sorted(maps.Keys(failures))
	hosts = hosts[:min(len(hosts), maxLookedAt)]
	with, err := a.Hosted.WithMX(ctx, hosts)
	if err != nil {
		return nil, fmt.Errorf("find out whose MX hosts the report names: %w", err)
	}
	for _, host := range hosts {
		if domains := with[host]; len(domains) > 0 {
			all = append(all, news{host: host, domains: domains, failures: at(host, failures[host])})
		}
	}
	return all, nil
}

// news is what a report says of a domain.
type news struct {
	domain   string
	mode     mtasts.Mode // Of the policy that is served.
	mx       []string    // Of its policy.
	host     string      // An MX host that the report names in place of the domain; else empty.
	domains  []string    // That the news may be about: of a host all that have it.
	failures []failure
	report   tlsrpt.Report
	by       string
}

// tell notes what is to be told before it is, and after. Whoever breaks off in
// between leaves a note that it was begun; then it is told again.
func (a Alerts) tell(ctx context.Context, n news) error {
	var untold []failure
	err := a.change(ctx, n.domain, func(d *told.Day) (err error) {
		untold, err = begin(d, n, a.Now())
		return err
	})
	if err != nil || len(untold) == 0 {
		return err
	}
	if err := a.Teller.Tell(ctx, n.subject(untold), n.text(untold)); err != nil {
		return err
	}
	return a.change(ctx, n.domain, func(d *told.Day) error {
		for _, f := range untold {
			end(d, f.key(n.mx), a.Now())
		}
		return nil
	})
}
