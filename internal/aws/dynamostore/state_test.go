package dynamostore_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/dynamostore/dynamotest"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

func newState(t *testing.T, endpoint string) dynamostore.State {
	t.Helper()
	client := dynamotest.Client(endpoint)
	return dynamostore.State{Client: client, Table: dynamotest.Table(t, client), Timeout: time.Minute}
}

func TestState(t *testing.T) {
	for name, endpoint := range dynamotest.Endpoints(t) {
		t.Run(name, func(t *testing.T) {
			storetest.States(t, func(t *testing.T) storetest.State { return newState(t, endpoint) })
		})
		t.Run(name+" history", func(t *testing.T) {
			storetest.Histories(t, func(t *testing.T) (publication.HistoryStore, func(string) []publication.Published) {
				state := newState(t, endpoint)
				return state, func(domain string) []publication.Published { return history(t, state, domain) }
			})
		})
	}
}

// history asks as people do: all rows of the domain whose sk begins with
// HISTORY#, in their order.
func history(t *testing.T, state dynamostore.State, domain string) []publication.Published {
	t.Helper()
	found, err := state.Client.Query(t.Context(), &dynamodb.QueryInput{
		TableName:              &state.Table,
		KeyConditionExpression: aws.String("pk = :domain AND begins_with(sk, :history)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":domain":  &types.AttributeValueMemberS{Value: domain},
			":history": &types.AttributeValueMemberS{Value: "HISTORY#"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var kept []publication.Published
	err = attributevalue.UnmarshalListOfMapsWithOptions(found.Items, &kept, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// TestRows: people and the stack's rights name these keys and attributes.
func TestRows(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	at := time.Date(2026, time.November, 17, 9, 30, 0, 5, time.UTC)
	p := publication.Published{Domain: "example.com", Body: "b", ID: "i", Mode: "testing", MX: []string{"mx.example.com"}, MaxAge: 86400, PublishedAt: at, Sequence: "1"}
	publish(t, state, p)
	if err := state.AddHistory(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	status := publication.Status{Domain: "example.com", State: publication.StateRefused, Problems: []publication.Problem{{Path: "/mx", Message: "m"}}, UpdatedAt: at}
	if err := state.SetStatus(t.Context(), status); err != nil {
		t.Fatal(err)
	}
	if latest, err := state.Withdraw(t.Context(), "example.net", "2"); err != nil || !latest {
		t.Fatal(latest, err)
	}
	all, err := state.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &state.Table})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for _, item := range all.Items {
		var key struct{ PK, SK string }
		if err := attributevalue.UnmarshalMap(item, &key); err != nil {
			t.Fatal(err)
		}
		got[key.PK+" "+key.SK] = slices.Sorted(maps.Keys(item))
	}
	served := []string{"body", "domain", "id", "max_age", "mode", "mx", "pk", "published_at", "sequence", "sk"}
	want := map[string][]string{
		"example.com PUBLISHED":                          served,
		"example.com HISTORY#20261117T093000.000000005Z": served,
		"example.com STATUS":                             {"domain", "pk", "problems", "sk", "state", "updated_at"},
		"example.net PUBLISHED":                          {"domain", "pk", "sequence", "sk", "withdrawn"},
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("rows: %q\nwant: %q", got, want)
	}
}

// TestDirectoryOfManyPages lists more than one answer of DynamoDB holds, 1 MB
// with what is filtered away.
func TestDirectoryOfManyPages(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	large := strings.Repeat("x", 300<<10)
	var want []string
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		p := publication.Published{Domain: name + ".example", Body: large}
		publish(t, state, p)
		if err := state.AddHistory(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		want = append(want, p.Domain)
	}
	var got []string
	for p, err := range state.AllPublished(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Domain)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("listed: %q; want %q", got, want)
	}
}

// TestBrokenRows: what can't be read is an error. It must not pass for a domain
// without a policy.
func TestBrokenRows(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	for _, name := range []string{"PUBLISHED", "STATUS"} {
		_, err := state.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &state.Table, Item: map[string]types.AttributeValue{
			"pk":     &types.AttributeValueMemberS{Value: "example.com"},
			"sk":     &types.AttributeValueMemberS{Value: name},
			"domain": &types.AttributeValueMemberBOOL{Value: true},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	wantErrors(t, state, func(err error) bool {
		var wrongType *attributevalue.UnmarshalTypeError
		return errors.As(err, &wrongType)
	}, "published", "status", "directory")
}

// TestAway: while the table is away every call fails, and names AWS's reason for
// the log.
func TestAway(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	state.Table = "another"
	wantErrors(t, state, func(err error) bool {
		var notFound *types.ResourceNotFoundException
		return errors.As(err, &notFound) && strings.Contains(err.Error(), "RequestID")
	}, "published", "publish", "withdraw", "history", "status", "set status", "directory")
}

// TestDeadline: a call ends by its timeout even if nobody ever answers.
func TestDeadline(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then does a server notice that the client is gone.
		<-r.Context().Done()
	}))
	defer silent.Close()
	client := dynamotest.Client(silent.URL)
	state := dynamostore.State{Client: client, Table: "policy_state", Timeout: time.Millisecond}
	wantErrors(t, state, func(err error) bool {
		var timeout net.Error
		return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
	}, "published", "publish", "withdraw", "history", "status", "set status", "directory")
}

// wantErrors makes the calls of those names, and looks at the error of each.
func wantErrors(t *testing.T, state dynamostore.State, right func(error) bool, calls ...string) {
	t.Helper()
	const domain = "example.com"
	for _, call := range calls {
		var done bool
		var err error
		switch call {
		case "published":
			_, done, err = state.Published(t.Context(), domain)
		case "publish":
			done, err = state.Publish(t.Context(), publication.Published{Domain: domain, Sequence: "9"})
		case "withdraw":
			done, err = state.Withdraw(t.Context(), domain, "9")
		case "history":
			err = state.AddHistory(t.Context(), publication.Published{Domain: domain})
		case "status":
			_, done, err = state.Status(t.Context(), domain)
		case "set status":
			err = state.SetStatus(t.Context(), publication.Status{Domain: domain})
		case "directory":
			for _, listed := range state.AllPublished(t.Context()) {
				done, err = err != nil, listed // Nothing comes after an error.
			}
		}
		if done || err == nil || !right(err) {
			t.Errorf("%s: %v, %v", call, done, err)
		}
	}
}

func publish(t *testing.T, state dynamostore.State, p publication.Published) {
	t.Helper()
	if latest, err := state.Publish(t.Context(), p); err != nil || !latest {
		t.Fatalf("publish %s: %v, %v", p.Domain, latest, err)
	}
}
