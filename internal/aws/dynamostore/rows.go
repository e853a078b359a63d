// Package dynamostore keeps what is published in a DynamoDB table, and reads
// the stream of the table in which people edit their policies.
//
// The keys pk and sk of the table are texts: the domain, and PUBLISHED, STATUS
// or HISTORY#<time>. The other attributes have the names that the same values
// have as JSON.
package dynamostore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/mtasts"
)

// State keeps what is published, what ever was, and how each item fares.
type State struct {
	Client  *dynamodb.Client
	Table   string
	Timeout time.Duration // Of each call, tries again included.
}

type row = map[string]types.AttributeValue

const (
	publishedRow = "PUBLISHED"
	statusRow    = "STATUS"
)

// keyOf gives the key of a row. Domains come in one spelling only: a second one
// would be a second policy.
func keyOf(domain, name string) (row, error) {
	if parsed, err := mtasts.ParseDomain(domain); err != nil || parsed != domain {
		return nil, fmt.Errorf("%.60q cannot be a domain", domain)
	}
	return row{
		"pk": &types.AttributeValueMemberS{Value: domain},
		"sk": &types.AttributeValueMemberS{Value: name},
	}, nil
}

// encode makes a row of a value.
func encode(domain, name string, value any) (row, error) {
	key, err := keyOf(domain, name)
	if err != nil {
		return nil, err
	}
	attributes, err := attributevalue.MarshalMapWithOptions(value, func(o *attributevalue.EncoderOptions) { o.TagKey = "json" })
	if err != nil {
		return nil, fmt.Errorf("encode %s of %s: %w", name, domain, err)
	}
	attributes["pk"], attributes["sk"] = key["pk"], key["sk"]
	return attributes, nil
}

func decode(attributes row, value any) error {
	err := attributevalue.UnmarshalMapWithOptions(attributes, value, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
	if err != nil {
		return fmt.Errorf("decode a row: %w", err)
	}
	return nil
}

// get reads a row as it is now; false where there is none.
func (s State) get(ctx context.Context, domain, name string, value any) (bool, error) {
	key, err := keyOf(domain, name)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	found, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &s.Table,
		Key:            key,
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return false, fmt.Errorf("read %s of %s: %w", name, domain, err)
	}
	if len(found.Item) == 0 {
		return false, nil
	}
	return true, decode(found.Item, value)
}

func (s State) put(ctx context.Context, input *dynamodb.PutItemInput) error {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	input.TableName = &s.Table
	_, err := s.Client.PutItem(ctx, input)
	return err
}
