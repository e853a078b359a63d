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
	policies map[string]bool // By Policy Domain.
	mx       map[string]bool // MX hosts of the policies.
	parents  map[string]bool // What stands behind the *. of their wildcards.
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
	return set, nil
}

// SetOf is the set of some domains.
func SetOf(hosted ...Published) Set {
	set := Set{policies: make(map[string]bool), mx: make(map[string]bool), parents: make(map[string]bool)}
	for _, published := range hosted {
		set.add(published)
	}
	return set
}

func (s Set) add(published Published) {
	s.policies[published.Domain] = true
	for _, mx := range published.MX {
		if parent, wildcard := strings.CutPrefix(mx, "*."); wildcard {
			s.parents[parent] = true
		} else {
			s.mx[mx] = true
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

// isMX says whether a policy lists the host: a wildcard stands for one label
// (RFC 8461, section 4.1).
func (s Set) isMX(host string) bool {
	label, parent, _ := strings.Cut(host, ".")
	return s.mx[host] || s.parents[parent] && label != "*"
}
