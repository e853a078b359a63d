package posture

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// Resolver asks the DNS as everybody does. The zero value asks the system's
// resolver.
type Resolver struct {
	DNS     *net.Resolver // Nil for the system's.
	Timeout time.Duration // Of each look-up, with all its attempts; 0 for 10 seconds.
}

const lookupTimeout = 10 * time.Second

// TXT gives the TXT records of a name, the strings of each joined; none where
// there are none. It follows CNAMEs. An error means that it cannot be told now.
func (r Resolver) TXT(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := r.limit(ctx)
	defer cancel()
	records, err := r.DNS.LookupTXT(ctx, rooted(name))
	if err != nil && !none(err) {
		return nil, fmt.Errorf("reading the TXT records of %s: %w", name, err)
	}
	return records, nil
}

// MX gives the hosts of a domain's MX records in alphabetical order, in lower
// case and without the trailing dot; none where there are none. The null MX of
// RFC 7505 is one host with an empty name. An error means that it cannot be
// told now.
func (r Resolver) MX(ctx context.Context, domain string) ([]string, error) {
	ctx, cancel := r.limit(ctx)
	defer cancel()
	records, err := r.DNS.LookupMX(ctx, rooted(domain))
	if err != nil && !none(err) {
		return nil, fmt.Errorf("reading the MX records of %s: %w", domain, err)
	}
	var hosts []string
	for _, record := range records {
		hosts = append(hosts, strings.ToLower(strings.TrimSuffix(record.Host, ".")))
	}
	slices.Sort(hosts)
	return slices.Compact(hosts), nil
}

func (r Resolver) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = lookupTimeout
	}
	return context.WithTimeout(ctx, timeout)
}

// rooted keeps the system's search list out.
func rooted(name string) string { return strings.TrimSuffix(name, ".") + "." }

// none: the DNS has said that there is no such record.
func none(err error) bool {
	var lookup *net.DNSError
	return errors.As(err, &lookup) && lookup.IsNotFound
}
