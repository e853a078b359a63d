package dynamostore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/dynamostore/dynamotest"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

func newItems(t *testing.T, endpoint string) dynamostore.Items {
	t.Helper()
	client := dynamotest.Client(endpoint)
	return dynamostore.Items{Client: client, Table: dynamotest.ItemTable(t, client), Timeout: time.Minute}
}

func TestItems(t *testing.T) {
	onEach(t, func(t *testing.T, endpoint string) {
		storetest.Items(t, func(t *testing.T) (publication.Items, func(domain, text string), func(domain string)) {
			items := newItems(t, endpoint)
			return items, func(_, text string) { putItem(t, items, text) }, func(domain string) { removeItem(t, items, domain) }
		})
	})
}

// putItem writes an item as people do.
func putItem(t *testing.T, items dynamostore.Items, text string) {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatal(err)
	}
	item, err := attributevalue.MarshalMap(members)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := items.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &items.Table, Item: item}); err != nil {
		t.Fatal(err)
	}
}

func removeItem(t *testing.T, items dynamostore.Items, domain string) {
	t.Helper()
	_, err := items.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &items.Table,
		Key:       map[string]types.AttributeValue{"domain": &types.AttributeValueMemberS{Value: domain}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestItemsAsPeopleWriteThem: the key may be spelled in other ways, and then
// there may be several for one domain.
func TestItemsAsPeopleWriteThem(t *testing.T) {
	const domain = "xn--bcher-kva.example"
	endpoint := dynamotest.Dynalite(t)
	for _, test := range []struct {
		name string
		keys []string
		want string // The one that counts.
	}{
		{"as the domain is", []string{domain}, domain},
		{"with U-labels", []string{"b\u00fccher.example"}, "b\u00fccher.example"},
		{"in upper case", []string{"XN--BCHER-KVA.Example"}, "XN--BCHER-KVA.Example"},
		{"in two ways", []string{"b\u00fccher.example", "B\u00fccher.example."}, "B\u00fccher.example."},
		{"in two ways, and as it is", []string{"b\u00fccher.example", domain, "B\u00fccher.example"}, domain},
		{"another", []string{"a.example"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			items := newItems(t, endpoint)
			for _, key := range append(test.keys, "other.example", "no domain", "192.0.2.1") {
				putItem(t, items, fmt.Sprintf(`{"domain":%q}`, key))
			}
			item, is, err := items.Item(t.Context(), domain)
			if want := fmt.Sprintf(`{"domain":%q}`, test.want); err != nil || is != (test.want != "") || is && string(item.Text) != want {
				t.Errorf("item: %s, %v, %v; want %q", item.Text, is, err, test.want)
			}
			want := []string{"other.example", domain}
			if test.want == "" {
				want = []string{"a.example", "other.example"}
			}
			storetest.WantDomains(t, items, want...)
		})
	}
}

// TestItemsOfManyPages: a page has 1 MB, whatever of it is asked for.
func TestItemsOfManyPages(t *testing.T) {
	items := newItems(t, dynamotest.Dynalite(t))
	large := strings.Repeat("x", 300<<10)
	want := []string{"a.example", "b.example", "c.example", "d.example", "e.example", "f.example"}
	for _, domain := range want {
		putItem(t, items, fmt.Sprintf(`{"domain":%q,"comment":%q}`, domain, large))
	}
	storetest.WantDomains(t, items, want...)
}

// TestItemsAway: a table that cannot be read has not lost its items.
func TestItemsAway(t *testing.T) {
	away := newItems(t, dynamotest.Dynalite(t))
	away.Table = "another"
	wantItemErrors(t, away, func(err error) bool {
		var notFound *types.ResourceNotFoundException
		return errors.As(err, &notFound)
	})
	wantItemErrors(t, dynamostore.Items{Client: dynamotest.Client(silent(t)), Table: "policies", Timeout: time.Millisecond}, isTimeout)
}

func wantItemErrors(t *testing.T, items dynamostore.Items, right func(error) bool) {
	t.Helper()
	if item, is, err := items.Item(t.Context(), "example.com"); is || !right(err) {
		t.Errorf("item: %s, %v, %v", item.Text, is, err)
	}
	if more, err := ends(items.Domains(t.Context())); more || !right(err) {
		t.Errorf("domains: %v, %v", more, err)
	}
}
