package dynamostore

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
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
	input.ExpressionAttributeNames = make(map[string]string)
	var conditions []string
	for _, name := range asked {
		input.ExpressionAttributeNames["#"+name] = name
		value, is := before[name]
		if !is {
			conditions = append(conditions, "attribute_not_exists(#"+name+")")
			continue
		}
		if input.ExpressionAttributeValues == nil {
			input.ExpressionAttributeValues = make(row)
		}
		input.ExpressionAttributeValues[":"+name] = value
		conditions = append(conditions, "#"+name+" = :"+name)
	}
	condition := strings.Join(conditions, " AND ")
	input.ConditionExpression = &condition
}
