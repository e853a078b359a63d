package publication

import (
	"context"
	"time"
)

// Evidence is what authenticated TLS reports say of a domain, as far as it
// decides whether the domain may go from testing to enforce.
type Evidence struct {
	Domain        string    `json:"domain"`
	LastReport    time.Time `json:"last_report,omitzero"`          // The end of the latest range under policy type sts that a report covers.
	ReportSigner  string    `json:"last_report_signer,omitempty"`  // The domain that signed that report; empty in what was stored before signers were.
	LastFailure   time.Time `json:"last_failure,omitzero"`         // The end of the latest such range with a failure.
	FailureSigner string    `json:"last_failure_signer,omitempty"` // As ReportSigner.
}

// With returns the later of what is stored and what arrives, for each time separately
// and with its signer. Of two equal times the stored one stays.
func (e Evidence) With(more Evidence) Evidence {
	if more.LastReport.After(e.LastReport) {
		e.LastReport, e.ReportSigner = more.LastReport.UTC(), more.ReportSigner
	}
	if more.LastFailure.After(e.LastFailure) {
		e.LastFailure, e.FailureSigner = more.LastFailure.UTC(), more.FailureSigner
	}
	return e
}

// EvidenceStore keeps the evidence of each domain.
type EvidenceStore interface {
	// Evidence reads what is known of a domain; the zero times where nothing is.
	Evidence(ctx context.Context, domain string) (Evidence, error)

	// AddEvidence stores what [Evidence.With] returns, so evidence may arrive twice and
	// in any order.
	AddEvidence(ctx context.Context, e Evidence) error
}
