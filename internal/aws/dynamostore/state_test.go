package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/dynamostore/dynamotest"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/told"
)

func newState(t *testing.T, endpoint string) dynamostore.State {
	t.Helper()
	client := dynamotest.Client(endpoint)
	return dynamostore.State{Client: client, Table: dynamotest.Table(t, client), Timeout: time.Minute}
}

func TestState(t *testing.T) {
	onEach(t, func(t *testing.T, endpoint string) {
		storetest.States(t, func(t *testing.T) storetest.State { return newState(t, endpoint) })
		storetest.Histories(t, func(t *testing.T) publication.HistoryStore { return newState(t, endpoint) })
		storetest.Evidences(t, func(t *testing.T) publication.EvidenceStore { return newState(t, endpoint) })
		storetest.Brakes(t, func(t *testing.T) publication.BrakeStore { return newState(t, endpoint) })
		storetest.Deliveries(t, func(t *testing.T) told.DeliveryStore { return newState(t, endpoint) })
		storetest.Days(t, func(t *testing.T) told.DayStore { return newState(t, endpoint) })
	})
}

// TestRows: people and the stack's rights name these keys and attributes, and
// the time to live of the table names expires.
func TestRows(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	at := time.Date(2026, time.November, 17, 9, 30, 0, 5, time.UTC)
	p := publication.Published{Domain: "example.com", Body: "b", ID: "i", Mode: "testing", MX: []string{"mx.example.com"}, MaxAge: 86400, PublishedAt: at, Revision: 1}
	publish(t, state, p)
	until := at.AddDate(2, 0, 0)
	if err := state.AddHistory(t.Context(), p, until); err != nil {
		t.Fatal(err)
	}
	p.Domain, p.Override, p.Retiring = "example.org", &publication.Override{Reason: "r", Until: at, Rules: []publication.Rule{"brake"}}, true
	p.DNS = publication.DNSCNAME
	publish(t, state, p)
	status := publication.Status{Domain: "example.com", State: publication.StateRefused, Since: at, Problems: []publication.Problem{{Path: "/mx", Message: "m"}}, UpdatedAt: at, Revision: 1}
	if done, err := state.SetStatus(t.Context(), status); err != nil || !done {
		t.Fatal(done, err)
	}
	if done, err := state.Withdraw(t.Context(), "example.net", 1); err != nil || !done {
		t.Fatal(done, err)
	}
	if err := state.AddEvidence(t.Context(), "example.com", publication.SignerEvidence{Signer: "sender.example", LastReport: at}); err != nil {
		t.Fatal(err)
	}
	if done, err := state.SetBrake(t.Context(), publication.Brake{Changed: map[string]time.Time{"a.example": at}, CountedAt: at, Revision: 1}); err != nil || !done {
		t.Fatal(done, err)
	}
	delivery := told.Delivery{Week: "2026-W47", Audience: "all", State: told.StateSending, Since: at, Until: at, Mails: 1, Revision: 1}
	if done, err := state.SetDelivery(t.Context(), delivery); err != nil || !done {
		t.Fatal(done, err)
	}
	day := told.Day{Domain: "example.com", Date: "2026-11-17", Causes: map[string]told.Telling{"a": {At: at}}, Revision: 1}
	if done, err := state.SetDay(t.Context(), day); err != nil || !done {
		t.Fatal(done, err)
	}
	all, err := state.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &state.Table})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for _, item := range all.Items {
		var key struct {
			PK, SK  string
			Expires int64
		}
		if err := attributevalue.UnmarshalMap(item, &key); err != nil {
			t.Fatal(err)
		}
		got[key.PK+" "+key.SK] = slices.Sorted(maps.Keys(item))
		if key.Expires != 0 && key.Expires != until.Unix() {
			t.Errorf("%s expires at %d; want %d", key.SK, key.Expires, until.Unix())
		}
	}
	want := map[string][]string{
		"example.com PUBLISHED":                          {"body", "domain", "id", "max_age", "mode", "mx", "pk", "published_at", "revision", "sk"},
		"example.com HISTORY#20261117T093000.000000005Z": {"body", "domain", "expires", "id", "max_age", "mode", "mx", "pk", "published_at", "revision", "sk"},
		"example.org PUBLISHED":                          {"body", "dns", "domain", "id", "max_age", "mode", "mx", "override", "pk", "published_at", "retiring", "revision", "sk"},
		"example.com STATUS":                             {"domain", "pk", "problems", "revision", "since", "sk", "state", "updated_at"},
		"example.net PUBLISHED":                          {"domain", "pk", "revision", "sk", "withdrawn"},
		"example.com REPORTS":                            {"domain", "pk", "revision", "signers", "sk"},
		"example.com ALERTS":                             {"causes", "date", "domain", "pk", "revision", "sk"},
		"* DIGEST#2026-W47#all":                          {"audience", "expires", "mails", "pk", "revision", "since", "sk", "state", "until", "week"},
		"* BRAKE":                                        {"changed", "counted_at", "pk", "revision", "sk"},
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("rows: %q\nwant: %q", got, want)
	}
}

// TestBeforeRevisions: what was kept before there were any is followed by the
// first.
func TestBeforeRevisions(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	for _, item := range []map[string]any{
		{"pk": "example.com", "sk": "PUBLISHED", "domain": "example.com", "body": "b", "sequence": "7"},
		{"pk": "example.net", "sk": "PUBLISHED", "domain": "example.net", "withdrawn": true, "sequence": "7"},
		{"pk": "example.com", "sk": "STATUS", "domain": "example.com", "state": "PUBLISHED"},
	} {
		putRow(t, state, item)
	}
	if got, is, err := state.Published(t.Context(), "example.com"); !is || err != nil || got.Body != "b" || got.Revision != 0 {
		t.Errorf("published: %+v, %v, %v", got, is, err)
	}
	if got, is, err := state.Published(t.Context(), "example.net"); is || err != nil || got.Revision != 0 {
		t.Errorf("withdrawn: %+v, %v, %v", got, is, err)
	}
	publish(t, state, publication.Published{Domain: "example.com", Revision: 1})
	publish(t, state, publication.Published{Domain: "example.net", Revision: 1})
	if done, err := state.SetStatus(t.Context(), publication.Status{Domain: "example.com", Revision: 1}); err != nil || !done {
		t.Error(done, err)
	}
}

// TestOneSpelling: in another, a domain would have a second policy.
func TestOneSpelling(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	for _, domain := range []string{"Example.com", "example.com.", "b\u00fccher.example", "com", "*", "192.0.2.1"} {
		if done, err := state.Publish(t.Context(), publication.Published{Domain: domain, Revision: 1}); done || err == nil {
			t.Errorf("publish %q: %v, %v; want an error", domain, done, err)
		}
	}
}

// TestAnswerLost: the SDK sends a write again whose answer did not come. It was
// done, and nobody knows by whom.
func TestAnswerLost(t *testing.T) {
	endpoint, err := url.Parse(dynamotest.Dynalite(t))
	if err != nil {
		t.Fatal(err)
	}
	var writes atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(endpoint)
	proxy.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.Header.Get("X-Amz-Target"), ".PutItem") && writes.Add(1) == 1 {
			return errors.New("lost")
		}
		return nil
	}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(proxy)
	defer server.Close()
	state := newState(t, server.URL)
	p := publication.Published{Domain: "example.com", Body: "b", Revision: 1}
	if done, err := state.Publish(t.Context(), p); done || err != nil || writes.Load() != 2 {
		t.Errorf("publish: %v, %v after %d writes; want false after 2", done, err, writes.Load())
	}
	if got, is, err := state.Published(t.Context(), "example.com"); err != nil || !is || got.Body != "b" {
		t.Errorf("published: %+v, %v, %v", got, is, err)
	}
}

// TestBrakeOfMany: a row has at most 400 KB.
func TestBrakeOfMany(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	brake := publication.Brake{Changed: make(map[string]time.Time), Revision: 1}
	for i := range 5000 {
		brake.Changed[fmt.Sprintf("customer-number-%05d.example", i)] = time.Unix(0, int64(i)+1).UTC()
	}
	if done, err := state.SetBrake(t.Context(), brake); err != nil || !done {
		t.Fatal(done, err)
	}
	if got, err := state.Brake(t.Context()); err != nil || !maps.Equal(got.Changed, brake.Changed) {
		t.Errorf("read back %d domains, %v; want %d", len(got.Changed), err, len(brake.Changed))
	}
	for i := range 5000 {
		brake.Changed[fmt.Sprintf("another-number-%05d.example", i)] = time.Unix(0, 1)
	}
	brake.Revision = 2
	if done, err := state.SetBrake(t.Context(), brake); err == nil || done {
		t.Errorf("with 10000 domains: %v, %v; want an error", done, err)
	}
}

// TestYears: what could not be read again is not written.
func TestYears(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	late, early := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := state.AddEvidence(t.Context(), "example.com", publication.SignerEvidence{Signer: "sender.example", LastReport: late}); err == nil {
		t.Errorf("the last report at %v: no error", late)
	}
	for _, at := range []time.Time{late, early} {
		if done, err := state.Publish(t.Context(), publication.Published{Domain: "example.com", PublishedAt: at, Revision: 1}); err == nil || done {
			t.Errorf("published at %v: %v, %v; want an error", at, done, err)
		}
	}
}

// TestDirectoryOfManyPages lists more than one answer of DynamoDB holds, 1 MB
// with what is filtered away.
func TestDirectoryOfManyPages(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	large := strings.Repeat("x", 300<<10)
	var want []string
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		p := publication.Published{Domain: name + ".example", Body: large, Revision: 1}
		publish(t, state, p)
		if err := state.AddHistory(t.Context(), p, time.Time{}); err != nil {
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

// TestHistoryOfManyPages has more than one answer of DynamoDB holds too.
func TestHistoryOfManyPages(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	large := strings.Repeat("x", 300<<10)
	for i := range 6 {
		p := publication.Published{Domain: "example.com", Body: large, PublishedAt: time.Unix(int64(i), 0).UTC(), Revision: i}
		if err := state.AddHistory(t.Context(), p, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	history, err := state.History(t.Context(), "example.com")
	if err != nil || len(history) != 6 {
		t.Fatalf("%d kept, %v; want 6", len(history), err)
	}
	for i, p := range history {
		if p.Revision != i {
			t.Errorf("revision %d comes as number %d", p.Revision, i)
		}
	}
}

// TestBrokenRows: what can't be read is an error. It must not pass for a domain
// without a policy.
func TestBrokenRows(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	for _, name := range []string{"PUBLISHED", "STATUS", "REPORTS", "HISTORY#1"} {
		putRow(t, state, map[string]any{"pk": "example.com", "sk": name, "domain": true})
	}
	putRow(t, state, map[string]any{"pk": "*", "sk": "BRAKE", "changed": true})
	wantErrors(t, state, func(err error) bool {
		var wrongType *attributevalue.UnmarshalTypeError
		return errors.As(err, &wrongType)
	}, "published", "status", "directory", "statuses", "history", "evidence", "brake")
}

// putRow writes a row as if by hand.
func putRow(t *testing.T, state dynamostore.State, attributes map[string]any) {
	t.Helper()
	item, err := attributevalue.MarshalMap(attributes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := state.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &state.Table, Item: item}); err != nil {
		t.Fatal(err)
	}
}

var allCalls = []string{
	"published", "publish", "withdraw", "directory", "status", "set status", "statuses", "history", "add history",
	"evidence", "add evidence", "brake", "set brake",
}

// TestAway: while the table is away every call fails, and names AWS's reason for
// the log.
func TestAway(t *testing.T) {
	state := newState(t, dynamotest.Dynalite(t))
	state.Table = "another"
	wantErrors(t, state, func(err error) bool {
		var notFound *types.ResourceNotFoundException
		return errors.As(err, &notFound) && strings.Contains(err.Error(), "RequestID")
	}, allCalls...)
}

// TestDeadline: a call ends by its timeout even if nobody ever answers.
func TestDeadline(t *testing.T) {
	state := dynamostore.State{Client: dynamotest.Client(silent(t)), Table: "policy_state", Timeout: time.Millisecond}
	wantErrors(t, state, isTimeout, allCalls...)
}

// silent is the address of a server that never answers.
func silent(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then does a server notice that the client is gone.
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// wantErrors makes the calls of those names, and looks at the error of each.
func wantErrors(t *testing.T, state dynamostore.State, right func(error) bool, calls ...string) {
	t.Helper()
	const domain = "example.com"
	now := time.Unix(1, 0)
	for _, call := range calls {
		var done bool
		var err error
		switch call {
		case "published":
			_, done, err = state.Published(t.Context(), domain)
		case "publish":
			done, err = state.Publish(t.Context(), publication.Published{Domain: domain, Revision: 9})
		case "withdraw":
			done, err = state.Withdraw(t.Context(), domain, 1)
		case "directory":
			done, err = ends(state.AllPublished(t.Context()))
		case "status":
			_, done, err = state.Status(t.Context(), domain)
		case "set status":
			done, err = state.SetStatus(t.Context(), publication.Status{Domain: domain, Revision: 1})
		case "statuses":
			done, err = ends(state.AllStatuses(t.Context()))
		case "history":
			var history []publication.Published
			history, err = state.History(t.Context(), domain)
			done = history != nil
		case "add history":
			err = state.AddHistory(t.Context(), publication.Published{Domain: domain}, now)
		case "evidence":
			_, err = state.Evidence(t.Context(), domain)
		case "add evidence":
			err = state.AddEvidence(t.Context(), domain, publication.SignerEvidence{LastFailure: now})
		case "brake":
			_, err = state.Brake(t.Context())
		case "set brake":
			done, err = state.SetBrake(t.Context(), publication.Brake{Revision: 1})
		default:
			t.Fatalf("there is no call %q", call)
		}
		if done || err == nil || !right(err) {
			t.Errorf("%s: %v, %v", call, done, err)
		}
	}
}

// ends gives the last error, and says whether anything came besides it.
func ends[T any](all iter.Seq2[T, error]) (more bool, last error) {
	came := 0
	for _, err := range all {
		came, last = came+1, err
	}
	return came != 1, last
}

func publish(t *testing.T, state dynamostore.State, p publication.Published) {
	t.Helper()
	if done, err := state.Publish(t.Context(), p); err != nil || !done {
		t.Fatalf("publish %s: %v, %v", p.Domain, done, err)
	}
}
