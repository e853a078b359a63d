package publication

import (
	"context"
	"time"
)

// Evidence is what TLS reports say of a domain, as far as it decides whether
// the domain may go from testing to enforce.
type Evidence struct {
	Domain      string    `json:"domain"`
	LastReport  time.Time `json:"last_report,omitzero"`  // The end of the latest range under policy type sts that a report covers.
	LastFailure time.Time `json:"last_failure,omitzero"` // The end of the latest such range with a failure.
}

// EvidenceStore keeps the evidence of each domain.
type EvidenceStore interface {
	// Evidence reads what is known of a domain; the zero times where nothing is.
	Evidence(ctx context.Context, domain string) (Evidence, error)

	// AddEvidence keeps the later of what is kept and what comes, of each time
	// by itself. So it may come twice and in any order.
	AddEvidence(ctx context.Context, e Evidence) error
}
