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
	found, err := i.find(ctx, domain)
	if err != nil || len(found) == 0 {
		return publication.Item{}, false, err
	}
	written, err := ItemJSON(found)
	return publication.Item{Text: written}, err == nil, err
}

// find gives the item of a domain as it is in the table; empty where there is
// none.
func (i Items) find(ctx context.Context, domain string) (row, error) {
	if err := checkDomain(domain); err != nil {
		return nil, err
	}
	item, err := i.read(ctx, domain)
	if len(item) > 0 || err != nil {
		return item, err
	}
	first := ""
	for key, err := range i.keys(ctx) {
		if err != nil {
			return nil, err
		}
		if parsed, err := mtasts.ParseDomain(key); err == nil && parsed == domain && (first == "" || key < first) {
			first = key
		}
	}
	if first == "" {
		return nil, nil
	}
	return i.read(ctx, first)
}

func (i Items) read(ctx context.Context, key string) (row, error) {
	item, err := get(ctx, i.Client, i.Timeout, i.Table, row{"domain": text(key)})
	if err != nil {
		return nil, fmt.Errorf("read the item of %s: %w", key, err)
	}
	return item, nil
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
