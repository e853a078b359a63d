package publication

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sealpost/internal/tlsrpt"
)

// Witness keeps what authenticated reports say of the domains that are hosted.
type Witness struct {
	Hosted interface {
		// Hosts gives those of some domains that are hosted.
		Hosts(ctx context.Context, domains []string) ([]string, error)
	}
	Evidence EvidenceStore
}

// maxWitnessed bounds what one report can make us write. Reports are about one
// domain, or a few.
const maxWitnessed = 100

// Saw records an authenticated report that arrived at receivedAt, and the domain that
// signed it. Whatever the report says, it is not about a later time.
func (w Witness) Saw(ctx context.Context, report tlsrpt.Report, signer string, receivedAt time.Time) error {
	end := report.DateRange.End
	if end.After(receivedAt) {
		end = receivedAt
	}
	failed := make(map[string]bool)
	var domains []string
	for _, result := range report.Policies {
		if result.Policy.Type != tlsrpt.PolicySTS {
			continue
		}
		failures := result.Summary.TotalFailureSessionCount > 0 || len(result.FailureDetails) > 0
		if !failures && result.Summary.TotalSuccessfulSessionCount == 0 {
			continue // Nobody tried anything.
		}
		domain := result.Policy.Domain
		if _, known := failed[domain]; !known {
			domains = append(domains, domain)
		}
		failed[domain] = failed[domain] || failures
	}
	hosted, err := w.Hosted.Hosts(ctx, domains)
	if err != nil {
		return fmt.Errorf("find out which domains of the report are hosted: %w", err)
	}
	slices.Sort(hosted)
	for _, domain := range hosted[:min(len(hosted), maxWitnessed)] {
		evidence := SignerEvidence{Signer: signer, LastReport: end.UTC()}
		if failed[domain] {
			evidence.LastFailure = evidence.LastReport
		}
		if err := w.Evidence.AddEvidence(ctx, domain, evidence); err != nil {
			return fmt.Errorf("note what the report says of %s: %w", domain, err)
		}
	}
	return nil
}
