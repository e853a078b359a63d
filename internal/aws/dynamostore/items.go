package dynamostore

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// Items reads the table in which people edit their policies. Its key is the
// domain, as people write it.
type Items struct {
	Client  *dynamodb.Client
	Table   string
	Timeout time.Duration // Of each call, tries again included; for a listing, of each page.
}

var _ publication.Items = Items{}

// Item implements publication.Items. Where no item has the domain for its key,
// it looks through the whole table for one that has it in another spelling, with
// U-labels or in upper case, and takes the first of these in order.
func (i Items) Item(ctx context.Context, domain string) (publication.Item, bool, error) {
	if err := checkDomain(domain); err != nil {
		return publication.Item{}, false, err
	}
	item, is, err := i.read(ctx, domain)
	if is || err != nil {
		return item, is, err
	}
	first := ""
	for key, err := range i.keys(ctx) {
		if err != nil {
			return publication.Item{}, false, err
		}
		if parsed, err := mtasts.ParseDomain(key); err == nil && parsed == domain && (first == "" || key < first) {
			first = key
		}
	}
	if first == "" {
		return publication.Item{}, false, nil
	}
	return i.read(ctx, first)
}

func (i Items) read(ctx context.Context, key string) (publication.Item, bool, error) {
	item, err := get(ctx, i.Client, i.Timeout, i.Table, row{"domain": text(key)})
	if err != nil {
		return publication.Item{}, false, fmt.Errorf("read the item of %s: %w", key, err)
	}
	if len(item) == 0 {
		return publication.Item{}, false, nil
	}
	written, err := ItemJSON(item)
	return publication.Item{Text: written}, err == nil, err
}

// Domains implements publication.Items. It passes over keys that are no
// domains: what the stream tells of these is logged.
func (i Items) Domains(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		seen := make(map[string]bool)
		for key, err := range i.keys(ctx) {
			if err != nil {
				yield("", err)
				return
			}
			domain, err := mtasts.ParseDomain(key)
			if err != nil || seen[domain] {
				continue
			}
			seen[domain] = true
			if !yield(domain, nil) {
				return
			}
		}
	}
}

// keys gives the key of every item, as of now.
func (i Items) keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range scan(ctx, i.Client, i.Timeout, &dynamodb.ScanInput{
			TableName:                &i.Table,
			ProjectionExpression:     aws.String("#domain"),
			ExpressionAttributeNames: map[string]string{"#domain": "domain"},
			ConsistentRead:           aws.Bool(true),
		}) {
			var key string
			if err == nil {
				err = attributevalue.Unmarshal(item["domain"], &key)
			}
			if err != nil {
				yield("", fmt.Errorf("list the items: %w", err))
				return
			}
			if !yield(key, nil) {
				return
			}
		}
	}
}
