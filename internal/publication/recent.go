package publication

import (
	"context"
	"sync"
	"time"

	"sealpost/internal/tlsrpt"
)

// Recent knows which domains are hosted as [Hosted] does, from what it read a
// short while ago: a new domain's first reports come a day after it anyway, and
// reports about nobody's domain must not cost a look-up each.
type Recent struct {
	Directory Directory
	Keep      time.Duration // How long what was read holds.
	Now       func() time.Time

	lock   sync.Mutex
	set    Set
	readAt time.Time
}

// Ours says whether any policy of a report is about a hosted domain. What was
// read too long ago does not stand in for what cannot be read now.
func (r *Recent) Ours(ctx context.Context, policies []tlsrpt.PolicyResult) (bool, error) {
	set, err := r.read(ctx)
	return set.AnyOurs(policies), err
}

// Hosts gives those of some domains that are hosted.
func (r *Recent) Hosts(ctx context.Context, domains []string) ([]string, error) {
	set, err := r.read(ctx)
	return set.hosts(domains), err
}

// WithMX gives, for those of some hosts that policies list, the hosted domains
// whose policies do, in their order.
func (r *Recent) WithMX(ctx context.Context, hosts []string) (map[string][]string, error) {
	set, err := r.read(ctx)
	return set.withAnyMX(hosts), err
}

func (r *Recent) read(ctx context.Context) (Set, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if now := r.Now(); r.readAt.IsZero() || now.Sub(r.readAt) >= r.Keep {
		set, err := ReadSet(ctx, r.Directory)
		if err != nil {
			return Set{}, err
		}
		r.set, r.readAt = set, now
	}
	return r.set, nil
}
