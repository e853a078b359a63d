package dynamostore_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/aws/dynamostore"
	"sealpost/schemas"
)

type (
	attributes = map[string]types.AttributeValue
	textValue  = types.AttributeValueMemberS
	numeral    = types.AttributeValueMemberN
)

func TestItemJSON(t *testing.T) {
	for _, test := range []struct {
		name string
		item attributes
		want string
	}{
		{"as people write it", attributes{
			"domain": &textValue{Value: "example.com"}, "mode": &textValue{Value: "enforce"}, "max_age": &numeral{Value: "604800"},
			"mx": &types.AttributeValueMemberL{Value: []types.AttributeValue{&textValue{Value: "mx1.example.com"}, &textValue{Value: "mx2.example.com"}}},
		}, `{"domain":"example.com","max_age":604800,"mode":"enforce","mx":["mx1.example.com","mx2.example.com"]}`},
		{"a set", attributes{"mx": &types.AttributeValueMemberSS{Value: []string{"b.example", "a.example"}}}, `{"mx":["a.example","b.example"]}`}, // In any order the same policy.
		{"an override", attributes{"override": &types.AttributeValueMemberM{Value: attributes{
			"reason": &textValue{Value: "r"}, "rules": &types.AttributeValueMemberL{Value: []types.AttributeValue{&textValue{Value: "brake"}}},
		}}}, `{"override":{"reason":"r","rules":["brake"]}}`},
		{"other types", attributes{
			"a": &types.AttributeValueMemberBOOL{Value: true}, "b": &types.AttributeValueMemberNULL{Value: true},
			"c": &types.AttributeValueMemberNS{Value: []string{"1", "-2.5"}}, "d": &types.AttributeValueMemberL{}, "e": &types.AttributeValueMemberM{},
		}, `{"a":true,"b":null,"c":[1,-2.5],"d":[],"e":{}}`},
		{"numbers", attributes{"a": &numeral{Value: "1E+2"}, "b": &numeral{Value: "-0.5"}, "c": &numeral{Value: "12345678901234567890123456789012345678"}},
			`{"a":1E+2,"b":-0.5,"c":12345678901234567890123456789012345678}`},
		{"no numbers", attributes{"a": &numeral{Value: "NaN"}, "b": &numeral{}, "c": &numeral{Value: `1,"mode":"none"`}, "d": &numeral{Value: "true"}},
			`{"a":"NaN","b":"","c":"1,\"mode\":\"none\"","d":"true"}`},
		{"bytes", attributes{"comment": &types.AttributeValueMemberB{Value: []byte("mx")}, "mx": &types.AttributeValueMemberBS{Value: [][]byte{[]byte("mx")}}},
			`{"comment":{"binary data":{}},"mx":{"binary data":{}}}`},
		{"text that looks like JSON", attributes{"comment": &textValue{Value: "\"}, \n\u0000<&>"}}, `{"comment":"\"}, \n\u0000<&>"}`},
		{"nothing", attributes{}, `{}`},
	} {
		if got, err := dynamostore.ItemJSON(test.item); err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v; want %s", test.name, got, err, test.want)
		}
	}
}

// TestBytesAreRefused: whatever an item has as bytes, nobody takes it for text.
func TestBytesAreRefused(t *testing.T) {
	for _, member := range []string{"mode", "mx", "max_age", "dns", "override", "comment", "other"} {
		item := attributes{
			"domain": &textValue{Value: "example.com"},
			"mode":   &textValue{Value: "testing"},
			"mx":     &types.AttributeValueMemberSS{Value: []string{"mx.example.com"}},
		}
		item[member] = &types.AttributeValueMemberB{Value: []byte("testing")}
		text, err := dynamostore.ItemJSON(item)
		if err != nil {
			t.Fatal(err)
		}
		if problems := schemas.Policy().Check(text); len(problems) == 0 {
			t.Errorf("%s in bytes is taken: %s", member, text)
		}
	}
}
