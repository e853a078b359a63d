package publication

import (
	"context"
	"fmt"

	"sealpost/internal/mtasts"
	"sealpost/internal/tlsrpt"
)

// Hosted knows which domains are hosted here: those whose policy is served.
type Hosted struct {
	Published PublishedStore
	Directory Directory
}

// Ours says whether a report's policy is about a hosted domain. Under DANE a
// reporter may name the MX host instead of the mail domain.
func (h Hosted) Ours(ctx context.Context, policyType tlsrpt.PolicyType, policyDomain string) (bool, error) {
	domain, err := mtasts.ParseDomain(policyDomain)
	if err != nil {
		return false, nil // No domain of anybody's.
	}
	_, served, err := h.Published.Published(ctx, domain)
	if served || err != nil || policyType != tlsrpt.PolicyTLSA {
		return served, err
	}
	for published, err := range h.Directory.AllPublished(ctx) {
		if err != nil {
			return false, fmt.Errorf("look for a domain with the MX host %s: %w", domain, err)
		}
		if (mtasts.Policy{MX: published.MX}).Match(domain) {
			return true, nil
		}
	}
	return false, nil
}
