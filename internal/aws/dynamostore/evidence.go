package dynamostore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sealpost/internal/publication"
)

// Evidence implements publication.EvidenceStore.
func (s State) Evidence(ctx context.Context, domain string) (publication.Evidence, error) {
	at, err := placeOf(domain, evidenceRow)
	if err != nil {
		return publication.Evidence{}, err
	}
	evidence := publication.Evidence{}
	if _, err := s.get(ctx, at, &evidence); err != nil {
		return publication.Evidence{}, err
	}
	evidence.Domain = domain
	return evidence, nil
}

// AddEvidence implements publication.EvidenceStore. The table itself compares
// each time with the one that it keeps, so any number may add at once.
func (s State) AddEvidence(ctx context.Context, e publication.Evidence) error {
	at, err := placeOf(e.Domain, evidenceRow)
	if err != nil {
		return err
	}
	if err := s.advance(ctx, at, "last_report", e.LastReport, e.ReportSigner); err != nil {
		return err
	}
	return s.advance(ctx, at, "last_failure", e.LastFailure, e.FailureSigner)
}

// advance keeps the later of a time and the one that is kept, and with it the
// signer of the report.
func (s State) advance(ctx context.Context, at place, attribute string, t time.Time, signer string) error {
	if t.IsZero() {
		return nil
	}
	if t = t.UTC(); t.Year() < 0 || t.Year() > 9999 {
		return fmt.Errorf("write %s: the year %d has no four digits", at, t.Year())
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	_, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &s.Table,
		Key:                       at.key(),
		UpdateExpression:          aws.String("SET #time = :time, #signer = :signer, #domain = :domain"),
		ConditionExpression:       aws.String("attribute_not_exists(#time) OR #time < :time"),
		ExpressionAttributeNames:  map[string]string{"#time": attribute, "#signer": attribute + "_signer", "#domain": "domain"},
		ExpressionAttributeValues: row{":time": text(t.Format(sortable)), ":signer": text(signer), ":domain": text(at.pk)},
	})
	if err != nil && !isConditionFailed(err) {
		return fmt.Errorf("write %s: %w", at, err)
	}
	return nil
}

// sortable is RFC 3339 with as many digits for every time, so that texts sort
// as times do.
const sortable = "2006-01-02T15:04:05.000000000Z"
