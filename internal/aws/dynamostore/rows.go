// Package dynamostore keeps what is published in a DynamoDB table, and reads
// the table in which people edit their policies and its stream.
//
// The keys pk and sk of the table of what is published are texts: the domain,
// and PUBLISHED, STATUS, REPORTS, ALERTS or HISTORY#<time>; the brake has the key
// * and BRAKE, and how far a digest has come * and DIGEST#<week>#<audience>. The
// other attributes have the names that the same values have as JSON.
package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/mtasts"
)

// State keeps what is published, what ever was, how each item fares, what
// reports say and what people were told of it, the brake, and how far digests
// have come.
type State struct {
	Client  *dynamodb.Client
	Table   string
	Timeout time.Duration // Of each call, tries again included; for what has pages, of each page.
}

type row = map[string]types.AttributeValue

const (
	publishedRow  = "PUBLISHED"
	statusRow     = "STATUS"
	evidenceRow   = "REPORTS"
	alertsRow     = "ALERTS"
	historyPrefix = "HISTORY#" // Of a publication.Published.HistoryName.
)

// place is where a row is kept.
type place struct{ pk, sk string }

// noDomain is the key of what is no domain's: none is called so.
const noDomain = "*"

var brakePlace = place{noDomain, "BRAKE"}

// placeOf gives the place of a domain's row. Domains come in one spelling only:
// a second one would be a second policy.
func placeOf(domain, name string) (place, error) {
	return place{domain, name}, checkDomain(domain)
}

func checkDomain(domain string) error {
	if parsed, err := mtasts.ParseDomain(domain); err != nil || parsed != domain {
		return fmt.Errorf("%.60q cannot be a domain", domain)
	}
	return nil
}

func (p place) key() row { return row{"pk": text(p.pk), "sk": text(p.sk)} }

func (p place) String() string { return p.sk + " of " + p.pk }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// encode makes a row of a value. Members that are not set are left out, since
// people read the table.
func encode(at place, value any) (row, error) {
	attributes, err := attributevalue.MarshalMapWithOptions(value, func(o *attributevalue.EncoderOptions) {
		o.TagKey = "json"
		o.EncodeTime = encodeTime
	})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", at, err)
	}
	maps.DeleteFunc(attributes, func(_ string, value types.AttributeValue) bool { return isUnset(value) })
	maps.Copy(attributes, at.key())
	return attributes, nil
}

func encodeTime(t time.Time) (types.AttributeValue, error) {
	if t.IsZero() {
		return &types.AttributeValueMemberNULL{Value: true}, nil
	}
	written, err := t.MarshalText() // It refuses years that nobody could read again.
	return text(string(written)), err
}

func isUnset(value types.AttributeValue) bool {
	switch value := value.(type) {
	case *types.AttributeValueMemberNULL:
		return true
	case *types.AttributeValueMemberS:
		return value.Value == ""
	case *types.AttributeValueMemberBOOL:
		return !value.Value
	case *types.AttributeValueMemberN:
		return value.Value == "0"
	default:
		return false
	}
}

func decode(attributes row, value any) error {
	err := attributevalue.UnmarshalMapWithOptions(attributes, value, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
	if err != nil {
		return fmt.Errorf("decode a row: %w", err)
	}
	return nil
}

// get reads a row as it is now; false where there is none.
func (s State) get(ctx context.Context, at place, value any) (bool, error) {
	item, err := get(ctx, s.Client, s.Timeout, s.Table, at.key())
	if err != nil {
		return false, fmt.Errorf("read %s: %w", at, err)
	}
	if len(item) == 0 {
		return false, nil
	}
	if err := decode(item, value); err != nil {
		return false, fmt.Errorf("read %s: %w", at, err)
	}
	return true, nil
}

func get(ctx context.Context, client *dynamodb.Client, timeout time.Duration, table string, key row) (row, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &table,
		Key:            key,
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return found.Item, nil
}

// replace has the table itself compare the revisions, in one step with the
// writing. A write whose answer was lost is sent again, and then finds its own
// revision there: false, like that of any other.
func (s State) replace(ctx context.Context, at place, revision int, value any) (done bool, err error) {
	item, err := encode(at, value)
	if err != nil {
		return false, err
	}
	return s.replaceItem(ctx, at, revision, item)
}

func (s State) replaceItem(ctx context.Context, at place, revision int, item row) (done bool, err error) {
	if revision < 1 {
		return false, nil
	}
	input := &dynamodb.PutItemInput{
		Item:                     item,
		ConditionExpression:      aws.String("attribute_not_exists(#revision)"),
		ExpressionAttributeNames: map[string]string{"#revision": "revision"},
	}
	if before := revision - 1; before > 0 {
		input.ConditionExpression = aws.String("#revision = :before")
		input.ExpressionAttributeValues = row{":before": number(int64(before))}
	}
	err = s.put(ctx, input)
	if isConditionFailed(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write %s: %w", at, err)
	}
	return true, nil
}

func isConditionFailed(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}

func (s State) put(ctx context.Context, input *dynamodb.PutItemInput) error {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	input.TableName = &s.Table
	_, err := s.Client.PutItem(ctx, input)
	return err
}

// scan gives the rows of a whole table, page by page. It ends after the first
// error.
func scan(ctx context.Context, client *dynamodb.Client, timeout time.Duration, input *dynamodb.ScanInput) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		pages := dynamodb.NewScanPaginator(client, input)
		for pages.HasMorePages() {
			page, err := nextPage(ctx, timeout, pages.NextPage)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// nextPage asks for a page of a listing.
func nextPage[T any](ctx context.Context, timeout time.Duration, next func(context.Context, ...func(*dynamodb.Options)) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return next(ctx)
}
