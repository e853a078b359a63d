package publication

import (
	"context"
	"fmt"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyhost"
)

// Serving lets a Policy Host serve what is published.
type Serving struct {
	Store PublishedStore
}

// Published implements the store of a Policy Host. A body whose id does not fit
// was changed by another hand, and is not served: a wrong policy is worse than
// none.
func (s Serving) Published(ctx context.Context, domain string) (policyhost.Policy, bool, error) {
	published, is, err := s.Store.Published(ctx, domain)
	if err != nil || !is {
		return policyhost.Policy{}, false, err
	}
	body := []byte(published.Body)
	if published.Domain != domain || published.ID != mtasts.ID(body) {
		return policyhost.Policy{}, false, fmt.Errorf("what is published for %s was changed from outside: its domain or id does not fit", domain)
	}
	return policyhost.Policy{Body: body, ID: published.ID}, true, nil
}
