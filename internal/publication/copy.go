package publication

import (
	"bytes"
	"context"
	"fmt"

	"sealpost/internal/mtasts"
)

// mirror makes the copy of a domain what is served.
type mirror struct {
	published PublishedStore
	copies    CopyStore
}

// follow looks until the copy is what is served: somebody who is slower might
// put an older one over it. It says what is served, and whether the copy was
// something else.
func (m mirror) follow(ctx context.Context, domain string) (served Published, differed bool, err error) {
	for range maxRaces {
		served, is, err := m.published.Published(ctx, domain)
		if err != nil {
			return Published{}, differed, fmt.Errorf("read what is served for %s: %w", domain, err)
		}
		if !is {
			return served, differed, nil
		}
		same, err := m.put(ctx, served)
		if err != nil || same {
			return served, differed, err
		}
		differed = true
	}
	return Published{}, true, fmt.Errorf("copy the policy of %s: others keep changing it", domain)
}

// put replaces the copy, unless it is the same.
func (m mirror) put(ctx context.Context, served Published) (same bool, err error) {
	host := mtasts.PolicyHost(served.Domain)
	body, is, err := m.copies.Copy(ctx, host)
	if err != nil {
		return false, fmt.Errorf("read the copy of the policy of %s: %w", served.Domain, err)
	}
	if is && bytes.Equal(body, []byte(served.Body)) {
		return true, nil
	}
	if err := m.copies.PutCopy(ctx, host, []byte(served.Body)); err != nil {
		return false, fmt.Errorf("copy the policy of %s: %w", served.Domain, err)
	}
	return false, nil
}
