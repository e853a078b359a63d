package publication

import (
	"context"
	"time"
)

// Resolver asks the DNS as everybody else does. An error means that it cannot
// be told now.
type Resolver interface {
	// TXT gives the TXT records of a name, the strings of each joined; none
	// where there are none. It follows CNAMEs.
	TXT(ctx context.Context, name string) ([]string, error)

	// MX gives the hosts of a domain's MX records, in lower case and without
	// the trailing dot; none where there are none. The null MX of RFC 7505 is
	// one host with an empty name.
	MX(ctx context.Context, domain string) ([]string, error)
}

// PolicyHosts fetches policies as senders do (RFC 8461, section 3.3).
type PolicyHosts interface {
	// Fetch gives the body that the Policy Host of a domain serves. The error
	// says, in words for people, why a sender would have none.
	Fetch(ctx context.Context, domain string) ([]byte, error)
}

// Records are the TXT records in the zones that are ours.
type Records interface {
	// Values reads the values of the TXT record at a place; none where there
	// is none.
	Values(ctx context.Context, at Place) ([]string, error)

	// Put makes value the only one there. It returns once every name server
	// of the zone has it; an error means that they may not.
	Put(ctx context.Context, at Place, value string) error

	// Remove removes the record if its only value is value. It returns once
	// every name server of the zone knows; no matter if there is none.
	Remove(ctx context.Context, at Place, value string) error
}

// Queue calls a [Rotator] later.
type Queue interface {
	// Later has a domain announced after a time of at most 15 minutes, at
	// least once.
	Later(ctx context.Context, domain string, after time.Duration) error
}
