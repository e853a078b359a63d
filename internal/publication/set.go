package publication

import (
	"context"
	"fmt"
	"slices"

	"sealpost/internal/mtasts"
	"sealpost/internal/tlsrpt"
)

// Set is the hosted domains at one moment, for whoever asks very often.
type Set struct {
	policies map[string]mtasts.Policy
}

// ReadSet reads which domains are hosted.
func ReadSet(ctx context.Context, directory Directory) (Set, error) {
	set := Set{policies: make(map[string]mtasts.Policy)}
	for published, err := range directory.AllPublished(ctx) {
		if err != nil {
			return Set{}, fmt.Errorf("read which domains are hosted: %w", err)
		}
		set.policies[published.Domain] = mtasts.Policy{Mode: published.Mode, MX: published.MX, MaxAge: published.MaxAge}
	}
	return set, nil
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

// Ours says whether a report's policy is about a hosted domain, as
// [Hosted.Ours] does.
func (s Set) Ours(policyType tlsrpt.PolicyType, policyDomain string) bool {
	domain, err := mtasts.ParseDomain(policyDomain)
	if err != nil {
		return false
	}
	if _, hosted := s.policies[domain]; hosted || policyType != tlsrpt.PolicyTLSA {
		return hosted
	}
	for _, policy := range s.policies {
		if policy.Match(domain) {
			return true
		}
	}
	return false
}
