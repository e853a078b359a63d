package dynamostore

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/go-json-experiment/json"

	"sealpost/internal/publication"
)

// Replace makes the item of a domain what written says, JSON as [ItemJSON] gives
// it, if it still is what it was before, the zero value where there was none.
// The table itself compares, in one step with the writing. The item keeps its
// key, however that is spelled.
func (i Items) Replace(ctx context.Context, domain string, before publication.Item, written []byte) (done bool, err error) {
	found, err := i.find(ctx, domain)
	if err != nil {
		return false, err
	}
	if now, err := textOf(found); err != nil || !bytes.Equal(now, before.Text) {
		return false, err
	}
	var members map[string]any
	if err := json.Unmarshal(written, &members); err != nil {
		return false, fmt.Errorf("read the new item of %s: %w", domain, err)
	}
	item, err := attributevalue.MarshalMap(members)
	if err != nil {
		return false, fmt.Errorf("write the new item of %s: %w", domain, err)
	}
	if key, is := found["domain"]; is {
		item["domain"] = key
	}
	input := &dynamodb.PutItemInput{TableName: &i.Table, Item: item}
	ifUnchanged(input, found)
	ctx, cancel := context.WithTimeout(ctx, i.Timeout)
	defer cancel()
	_, err = i.Client.PutItem(ctx, input)
	if isConditionFailed(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write the item of %s: %w", domain, err)
	}
	return true, nil
}

func textOf(item row) ([]byte, error) {
	if len(item) == 0 {
		return nil, nil
	}
	return ItemJSON(item)
}

// asked are the attributes by which an item asks for a policy.
var asked = []string{"domain", "mode", "mx", "max_age", "dns", "override", "comment"}

// ifUnchanged has a write succeed only if what it replaces is what was read.
func ifUnchanged(input *dynamodb.PutItemInput, before row) {
	c := comparison{names: make(map[string]string), values: make(row)}
	for _, name := range asked {
		if value, is := before[name]; is {
			c.same(c.name(name), value)
		} else {
			c.terms = append(c.terms, "attribute_not_exists("+c.name(name)+")")
		}
	}
	input.ConditionExpression = aws.String(strings.Join(c.terms, " AND "))
	input.ExpressionAttributeNames = c.names
	if len(c.values) > 0 {
		input.ExpressionAttributeValues = c.values
	}
}

// comparison is a condition in the making, by placeholders for its names and
// values.
type comparison struct {
	terms  []string
	names  map[string]string
	values row
}

func (c *comparison) name(name string) string {
	placeholder := fmt.Sprintf("#n%d", len(c.names))
	c.names[placeholder] = name
	return placeholder
}

func (c *comparison) value(value types.AttributeValue) string {
	placeholder := fmt.Sprintf(":v%d", len(c.values))
	c.values[placeholder] = value
	return placeholder
}

// same compares lists and maps element by element, which every program that
// stands in for DynamoDB can.
func (c *comparison) same(path string, value types.AttributeValue) {
	switch value := value.(type) {
	case *types.AttributeValueMemberL:
		c.size(path, len(value.Value))
		for i, element := range value.Value {
			c.same(fmt.Sprintf("%s[%d]", path, i), element)
		}
	case *types.AttributeValueMemberM:
		c.size(path, len(value.Value))
		for name, element := range value.Value {
			c.same(path+"."+c.name(name), element)
		}
	default:
		c.terms = append(c.terms, path+" = "+c.value(value))
	}
}

func (c *comparison) size(path string, size int) {
	c.terms = append(c.terms, "size("+path+") = "+c.value(number(int64(size))))
}
