package dynamostore

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ItemJSON gives an item of the table in which people edit their policies as
// the JSON that it is in a file. A list may be a set in the table. What an item
// cannot hold, such as binary data, becomes JSON that is refused with its place.
func ItemJSON(item map[string]types.AttributeValue) ([]byte, error) {
	text, err := json.Marshal(members(item), json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write an item as JSON: %w", err)
	}
	return text, nil
}

func members(attributes map[string]types.AttributeValue) map[string]any {
	m := make(map[string]any, len(attributes))
	for name, value := range attributes {
		m[name] = member(value)
	}
	return m
}

func member(value types.AttributeValue) any {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return value.Value
	case *types.AttributeValueMemberN:
		return numeral(value.Value)
	case *types.AttributeValueMemberBOOL:
		return value.Value
	case *types.AttributeValueMemberM:
		return members(value.Value)
	case *types.AttributeValueMemberL:
		return each(value.Value, member)
	case *types.AttributeValueMemberSS:
		// A set has no order, and the text of a policy has one: in another, it
		// would be another policy.
		return slices.Sorted(slices.Values(value.Value))
	case *types.AttributeValueMemberNS:
		return each(value.Value, numeral)
	case *types.AttributeValueMemberNULL:
		return nil
	default:
		return binary{}
	}
}

// binary stands for bytes. No member of an item takes such an object.
type binary struct {
	Binary struct{} `json:"binary data"`
}

// numeral writes a number as DynamoDB does; JSON takes all of these.
func numeral(text string) any {
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
