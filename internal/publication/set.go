package publication

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sealpost/internal/tlsrpt"
)

// Set is the hosted domains at one moment, for whoever asks very often.
type Set struct {
	policies map[string]bool     // By Policy Domain.
	mx       map[string][]string // Policy Domains by the MX hosts of their policies.
	parents  map[string][]string // The same by what stands behind the *. of their wildcards.
}

// ReadSet reads which domains are hosted.
func ReadSet(ctx context.Context, directory Directory) (Set, error) {
	set := SetOf()
	for published, err := range directory.AllPublished(ctx) {
		if err != nil {
			return Set{}, fmt.Errorf("read which domains are hosted: %w", err)
		}
		set.add(published)
	}
	set.sort()
	return set, nil
}

// SetOf is the set of some domains.
func SetOf(hosted ...Published) Set {
	set := Set{policies: make(map[string]bool), mx: make(map[string][]string), parents: make(map[string][]string)}
	for _, published := range hosted {
		set.add(published)
	}
	set.sort()
	return set
}

func (s Set) add(published Published) {
	s.policies[published.Domain] = true
	for _, mx := range published.MX {
		if parent, wildcard := strings.CutPrefix(mx, "*."); wildcard {
			s.parents[parent] = append(s.parents[parent], published.Domain)
		} else {
			s.mx[mx] = append(s.mx[mx], published.Domain)
		}
	}
}

func (s Set) sort() {
	for _, listing := range []map[string][]string{s.mx, s.parents} {
		for _, domains := range listing {
			slices.Sort(domains)
		}
	}
}

// Domains gives the hosted domains in their order.
func (s Set) Domains() []string {
	domains := make([]string, 0, len(s.policies))
	for domain := range s.policies {
		domains = append(domains, domain)
	}
	slices.Sort(domains)
	return domains
}

// Ours says whether a policy in a report is about a hosted domain, whose name is
// in A-labels and lower case as in every report that was decoded. Under DANE a
// reporter may name the MX host instead of the mail domain.
func (s Set) Ours(policyType tlsrpt.PolicyType, policyDomain string) bool {
	if _, hosted := s.policies[policyDomain]; hosted || policyType != tlsrpt.PolicyTLSA {
		return hosted
	}
	return s.isMX(policyDomain)
}

// hosts gives those of some domains that are hosted.
func (s Set) hosts(domains []string) []string {
	var hosted []string
	for _, domain := range domains {
		if s.policies[domain] {
			hosted = append(hosted, domain)
		}
	}
	return hosted
}

// AnyOurs says whether any policy of a report is about a hosted domain.
func (s Set) AnyOurs(policies []tlsrpt.PolicyResult) bool {
	return slices.ContainsFunc(policies, func(result tlsrpt.PolicyResult) bool {
		return s.Ours(result.Policy.Type, result.Policy.Domain)
	})
}

// isMX says whether a policy lists the host.
func (s Set) isMX(host string) bool {
	named, matched := s.listing(host)
	return len(named)+len(matched) > 0
}

// WithMX gives the domains whose policies list an MX host, in their order. They
// must not be changed.
func (s Set) WithMX(host string) []string {
	named, matched := s.listing(host)
	switch {
	case len(matched) == 0:
		return named
	case len(named) == 0:
		return matched
	}
	both := slices.Concat(named, matched)
	slices.Sort(both)
	return slices.Compact(both)
}

// listing gives the domains whose policies name the host, and those that have a
// wildcard for it, which stands for one label (RFC 8461, section 4.1).
func (s Set) listing(host string) (named, matched []string) {
	label, parent, _ := strings.Cut(host, ".")
	if label == "*" {
		return nil, nil
	}
	return s.mx[host], s.parents[parent]
}

// withAnyMX gives the domains whose policies list each of some hosts, of those
// that any lists.
func (s Set) withAnyMX(hosts []string) map[string][]string {
	with := make(map[string][]string)
	for _, host := range hosts {
		if s.isMX(host) {
			with[host] = s.WithMX(host)
		}
	}
	return with
}
