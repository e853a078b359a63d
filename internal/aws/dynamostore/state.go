package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/publication"
)

var (
	_ publication.PublishedStore = State{}
	_ publication.HistoryStore   = State{}
	_ publication.StatusStore    = State{}
	_ publication.Directory      = State{}
)

// withdrawal is what the row PUBLISHED holds once a policy is withdrawn, so that
// no edit from before comes back.
type withdrawal struct {
	Domain    string               `json:"domain"`
	Withdrawn bool                 `json:"withdrawn"`
	Sequence  publication.Sequence `json:"sequence"`
}

// Published implements publication.PublishedStore.
func (s State) Published(ctx context.Context, domain string) (publication.Published, bool, error) {
	var found struct {
		publication.Published
		Withdrawn bool `json:"withdrawn"`
	}
	is, err := s.get(ctx, domain, publishedRow, &found)
	if err != nil || !is || found.Withdrawn {
		return publication.Published{}, false, err
	}
	return found.Published, true, nil
}

// Publish implements publication.PublishedStore.
func (s State) Publish(ctx context.Context, p publication.Published) (latest bool, err error) {
	return s.replace(ctx, p.Domain, p.Sequence, p)
}

// Withdraw implements publication.PublishedStore.
func (s State) Withdraw(ctx context.Context, domain string, sequence publication.Sequence) (latest bool, err error) {
	return s.replace(ctx, domain, sequence, withdrawal{Domain: domain, Withdrawn: true, Sequence: sequence})
}

// replace has the table itself compare the sequences, in one step with the
// writing. The same sequence passes: a write whose answer was lost is sent again.
func (s State) replace(ctx context.Context, domain string, sequence publication.Sequence, value any) (latest bool, err error) {
	item, err := encode(domain, publishedRow, value)
	if err != nil {
		return false, err
	}
	err = s.put(ctx, &dynamodb.PutItemInput{
		Item:                      item,
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR #sequence <= :sequence"),
		ExpressionAttributeNames:  map[string]string{"#sequence": "sequence"},
		ExpressionAttributeValues: row{":sequence": &types.AttributeValueMemberS{Value: string(sequence)}},
	})
	var later *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &later):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("write %s of %s: %w", publishedRow, domain, err)
	}
	return true, nil
}

// AddHistory implements publication.HistoryStore.
func (s State) AddHistory(ctx context.Context, p publication.Published) error {
	return s.write(ctx, p.Domain, p.HistoryName(), p)
}

// Status implements publication.StatusStore.
func (s State) Status(ctx context.Context, domain string) (publication.Status, bool, error) {
	var status publication.Status
	is, err := s.get(ctx, domain, statusRow, &status)
	if err != nil || !is {
		return publication.Status{}, false, err
	}
	return status, true, nil
}

// SetStatus implements publication.StatusStore.
func (s State) SetStatus(ctx context.Context, status publication.Status) error {
	return s.write(ctx, status.Domain, statusRow, status)
}

func (s State) write(ctx context.Context, domain, name string, value any) error {
	item, err := encode(domain, name, value)
	if err != nil {
		return err
	}
	if err := s.put(ctx, &dynamodb.PutItemInput{Item: item}); err != nil {
		return fmt.Errorf("write %s of %s: %w", name, domain, err)
	}
	return nil
}

// AllPublished implements publication.Directory. It reads the whole table, page
// by page, and may miss what was published in the last second.
func (s State) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
	return func(yield func(publication.Published, error) bool) {
		pages := dynamodb.NewScanPaginator(s.Client, &dynamodb.ScanInput{
			TableName:                 &s.Table,
			FilterExpression:          aws.String("sk = :published AND attribute_not_exists(withdrawn)"),
			ExpressionAttributeValues: row{":published": &types.AttributeValueMemberS{Value: publishedRow}},
		})
		for pages.HasMorePages() {
			page, err := s.nextPage(ctx, pages)
			if err != nil {
				yield(publication.Published{}, fmt.Errorf("list what is published: %w", err))
				return
			}
			for _, item := range page {
				var p publication.Published
				err := decode(item, &p)
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

func (s State) nextPage(ctx context.Context, pages *dynamodb.ScanPaginator) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	page, err := pages.NextPage(ctx)
	if err != nil {
		return nil, err
	}
	return page.Items, nil
}
