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

// maxLookedUp is how many domains of a report are looked up one by one. A
// report is about one or two; for more, it is cheaper to read all that is
// hosted.
const maxLookedUp = 10

// Ours says whether any policy of a report is about a hosted domain, as
// [Set.Ours] has it.
func (h Hosted) Ours(ctx context.Context, policies []tlsrpt.PolicyResult) (bool, error) {
	lookedUp := make(map[string]bool)
	for _, result := range policies {
		domain := result.Policy.Domain
		if domain == "" || lookedUp[domain] {
			continue
		}
		if len(lookedUp) == maxLookedUp {
			return h.anyOurs(ctx, policies)
		}
		served, err := h.serves(ctx, domain)
		if served || err != nil {
			return served, err
		}
		lookedUp[domain] = true
	}
	for _, result := range policies {
		if result.Policy.Type == tlsrpt.PolicyTLSA {
			return h.anyOurs(ctx, policies)
		}
	}
	return false, nil
}

// serves looks up a domain; reporters may name anything, which stores need not
// bear.
func (h Hosted) serves(ctx context.Context, domain string) (bool, error) {
	if name, err := mtasts.ParseDomain(domain); err != nil || name != domain {
		return false, nil
	}
	_, served, err := h.Published.Published(ctx, domain)
	if err != nil {
		return false, fmt.Errorf("look up whether %s is hosted: %w", domain, err)
	}
	return served, nil
}

func (h Hosted) anyOurs(ctx context.Context, policies []tlsrpt.PolicyResult) (bool, error) {
	set, err := ReadSet(ctx, h.Directory)
	return set.AnyOurs(policies), err
}

// Hosts gives those of some domains that are hosted.
func (h Hosted) Hosts(ctx context.Context, domains []string) ([]string, error) {
	if len(domains) > maxLookedUp {
		set, err := ReadSet(ctx, h.Directory)
		return set.hosts(domains), err
	}
	var hosted []string
	for _, domain := range domains {
		served, err := h.serves(ctx, domain)
		if err != nil {
			return nil, err
		}
		if served {
			hosted = append(hosted, domain)
		}
	}
	return hosted, nil
}

// WithMX gives, for those of some hosts that policies list, the hosted domains
// whose policies do, in their order.
func (h Hosted) WithMX(ctx context.Context, hosts []string) (map[string][]string, error) {
	if len(hosts) == 0 {
		return nil, nil
	}
	set, err := ReadSet(ctx, h.Directory)
	return set.withAnyMX(hosts), err
}
