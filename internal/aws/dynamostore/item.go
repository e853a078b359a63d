package dynamostore

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ItemJSON gives an item of the table in which people edit their policies as
// the JSON that it is in a file. A list may be a set in the table. What an item
// cannot hold, such as binary data, becomes JSON that is refused with its place.
func ItemJSON(item map[string]events.DynamoDBAttributeValue) ([]byte, error) {
	text, err := json.Marshal(members(item), json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write an item as JSON: %w", err)
	}
	return text, nil
}

func members(attributes map[string]events.DynamoDBAttributeValue) map[string]any {
	m := make(map[string]any, len(attributes))
	for name, value := range attributes {
		m[name] = member(value)
	}
	return m
}

func member(value events.DynamoDBAttributeValue) any {
	switch value.DataType() {
	case events.DataTypeString:
		return value.String()
	case events.DataTypeNumber:
		return number(value.Number())
	case events.DataTypeBoolean:
		return value.Boolean()
	case events.DataTypeMap:
		return members(value.Map())
	case events.DataTypeList:
		return each(value.List(), member)
	case events.DataTypeStringSet:
		return value.StringSet()
	case events.DataTypeNumberSet:
		return each(value.NumberSet(), number)
	case events.DataTypeNull:
		return nil
	default:
		return binary{}
	}
}

// binary stands for bytes. No member of an item takes such an object.
type binary struct {
	Binary struct{} `json:"binary data"`
}

// number writes a number as DynamoDB does; JSON takes all of these.
func number(text string) any {
	if value := jsontext.Value(text); value.Kind() == '0' && value.IsValid() {
		return value
	}
	return text
}

func each[T any](values []T, convert func(T) any) []any {
	converted := make([]any, len(values))
	for i, value := range values {
		converted[i] = convert(value)
	}
	return converted
}
