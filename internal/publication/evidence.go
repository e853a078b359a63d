package publication

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Evidence is what authenticated TLS reports say of a domain, as far as it
// decides whether the domain may go from testing to enforce. It is kept by signer,
// so that a signer that is distrusted later loses its effect, and no other does.
type Evidence struct {
	Domain  string           `json:"domain"`
	Signers []SignerEvidence `json:"signers,omitempty"` // In the order of their names.
}

// SignerEvidence is what the reports of one signer say. Without a signer it is the
// latest failure of signers that are no longer kept.
type SignerEvidence struct {
	Signer      string    `json:"signer,omitempty"`
	LastReport  time.Time `json:"last_report,omitzero"`  // The end of the latest range under policy type sts that a report covers.
	LastFailure time.Time `json:"last_failure,omitzero"` // The end of the latest such range with a failure.
}

// MaxSigners is how many signers of a domain are kept.
const MaxSigners = 16

// With returns the evidence with what arrives of one signer. Each time is the later
// of what is stored and what arrives. Where there are more than MaxSigners, failures
// stay without their signer: a stranger with many domains makes none forgotten.
func (e Evidence) With(more SignerEvidence) Evidence {
	e.Signers = merge(slices.Clone(e.Signers), more)
	for e.named() > MaxSigners {
		e.Signers = fold(e.Signers)
	}
	return e
}

func (e Evidence) named() int {
	if len(e.Signers) > 0 && e.Signers[0].Signer == "" {
		return len(e.Signers) - 1
	}
	return len(e.Signers)
}

func merge(signers []SignerEvidence, more SignerEvidence) []SignerEvidence {
	if more.last().IsZero() {
		return signers
	}
	i, known := slices.BinarySearchFunc(signers, more.Signer, func(s SignerEvidence, name string) int { return strings.Compare(s.Signer, name) })
	if !known {
		signers = slices.Insert(signers, i, SignerEvidence{Signer: more.Signer})
	}
	signers[i].LastReport = later(signers[i].LastReport, more.LastReport.UTC())
	signers[i].LastFailure = later(signers[i].LastFailure, more.LastFailure.UTC())
	return signers
}

// fold removes one signer and keeps its failure. Where several signers are below one
// organizational domain, it removes the oldest of the most numerous and keeps its failure
// under that domain: subdomains are free, and one entry in the list of distrusted signers
// covers them all. Otherwise the oldest goes, and its failure stays without a signer.
func fold(signers []SignerEvidence) []SignerEvidence {
	siblings := make(map[string]int)
	most := 0
	for _, s := range signers {
		domain := organizational(s.Signer)
		siblings[domain]++
		most = max(most, siblings[domain])
	}
	oldest := -1
	for i, s := range signers {
		domain := organizational(s.Signer)
		if s.Signer == "" || most > 1 && (siblings[domain] < most || s.Signer == domain) {
			continue
		}
		if oldest < 0 || s.last().Before(signers[oldest].last()) {
			oldest = i
		}
	}
	kept := SignerEvidence{LastFailure: signers[oldest].LastFailure}
	if most > 1 {
		kept.Signer = organizational(signers[oldest].Signer)
	}
	return merge(slices.Delete(signers, oldest, oldest+1), kept)
}

// organizational returns the domain of a signer right below a public suffix; the
// signer itself where there is none.
func organizational(signer string) string {
	if domain, err := publicsuffix.EffectiveTLDPlusOne(signer); err == nil {
		return domain
	}
	return signer
}

// last returns the end of the latest range of which anything is known.
func (s SignerEvidence) last() time.Time { return later(s.LastReport, s.LastFailure) }

// EvidenceStore keeps the evidence of each domain.
type EvidenceStore interface {
	// Evidence reads what is known of a domain; no signers where nothing is.
	Evidence(ctx context.Context, domain string) (Evidence, error)

	// AddEvidence stores what [Evidence.With] returns, so evidence may arrive twice and
	// in any order.
	AddEvidence(ctx context.Context, domain string, more SignerEvidence) error
}
