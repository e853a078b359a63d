package dynamostore

import (
	"context"
	"fmt"
	"slices"

	"sealpost/internal/publication"
)

// evidenceRecord is what the row REPORTS holds.
type evidenceRecord struct {
	publication.Evidence
	Revision int `json:"revision"`
}

// maxEvidenceRaces is how often others may add evidence of the domain first. Each time
// one of them is done, so this is how many may add at once.
const maxEvidenceRaces = 64

// Evidence implements publication.EvidenceStore.
func (s State) Evidence(ctx context.Context, domain string) (publication.Evidence, error) {
	record, err := s.evidence(ctx, domain)
	return record.Evidence, err
}

func (s State) evidence(ctx context.Context, domain string) (evidenceRecord, error) {
	at, err := placeOf(domain, evidenceRow)
	if err != nil {
		return evidenceRecord{}, err
	}
	var record evidenceRecord
	if _, err := s.get(ctx, at, &record); err != nil {
		return evidenceRecord{}, err
	}
	record.Domain = domain
	return record, nil
}

// AddEvidence implements publication.EvidenceStore. The table itself compares the
// revision with the one that was read, so many may add at once. What adds nothing
// writes nothing.
func (s State) AddEvidence(ctx context.Context, domain string, more publication.SignerEvidence) error {
	at, err := placeOf(domain, evidenceRow)
	if err != nil {
		return err
	}
	for range maxEvidenceRaces {
		record, err := s.evidence(ctx, domain)
		if err != nil {
			return err
		}
		after := record.With(more)
		if slices.Equal(after.Signers, record.Signers) {
			return nil
		}
		done, err := s.replace(ctx, at, record.Revision+1, evidenceRecord{after, record.Revision + 1})
		if done || err != nil {
			return err
		}
	}
	return fmt.Errorf("write %s: others keep changing it", at)
}
