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
		return nil, unreadable("TXT", name, err)
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
		return nil, unreadable("MX", domain, err)
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

// unreadable words why records cannot be told, without what differs each time:
// people would take it for news.
func unreadable(kind, name string, err error) error {
	why := err.Error()
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup) && lookup.IsTimeout:
		why = "no name server answered in time"
	case errors.As(err, &lookup) && strings.HasPrefix(lookup.Err, "server misbehaving"):
		why = "the name servers answered with a failure"
	case errors.As(err, &lookup) && lookup.IsTemporary:
		why = "no name server could be asked"
	case errors.As(err, &lookup):
		why = lookup.Err
	}
	return &lookupError{fmt.Sprintf("reading the %s records of %s: %s", kind, name, why), err}
}

// lookupError has words for people, and the cause for programs.
type lookupError struct {
	words string
	cause error
}

func (e *lookupError) Error() string { return e.words }
func (e *lookupError) Unwrap() error { return e.cause }

// none: the DNS has said that there is no such record.
func none(err error) bool {
	var lookup *net.DNSError
	return errors.As(err, &lookup) && lookup.IsNotFound
}
