package functions_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
)

const (
	domain = "meadow.example"
	path   = "/p/mta-sts." + domain
	copied = "p/mta-sts." + domain

	testingBody = "version: STSv1\nmode: testing\nmx: *.mail.meadow.example\nmax_age: 604800\n"
	enforceBody = "version: STSv1\nmode: enforce\nmx: *.mail.meadow.example\nmax_age: 604800\n"
)

// desk is the two functions between a person who edits an item and a sender.
type desk struct {
	cloud           *cloud
	publish, policy *function
}

func newDesk(t *testing.T) desk {
	c := newCloud(t)
	return desk{
		cloud:   c,
		publish: c.start(t, "publish", settings.Publish{StateTable: c.state.Table, EdgeBucket: edgeBucket}.Env()),
		policy:  c.start(t, "policy", settings.Policy{StateTable: c.state.Table}.Env()),
	}
}

// TestEditsAreServed follows an item from its first edit to its end.
func TestEditsAreServed(t *testing.T) {
	d := newDesk(t)
	d.wantServed(t, "")
	for _, step := range []struct {
		name, file, mode, sequence string
		served                     string
		state                      publication.State
	}{
		{"first edit", "stream-edit.json", "testing", "100000000000000000001", testingBody, publication.StatePublished},
		{"another", "stream-edit.json", "enforce", "900000000000000000002", enforceBody, publication.StatePublished},
		{"the first again", "stream-edit.json", "testing", "100000000000000000001", enforceBody, publication.StatePublished},
		{"a bad one", "stream-edit.json", "enforced", "1000000000000000000003", enforceBody, publication.StateRefused},
		{"mended", "stream-edit.json", "testing", "1000000000000000000004", testingBody, publication.StatePublished},
		{"removed", "stream-remove.json", "", "1000000000000000000005", "", publication.StateWithdrawn},
		{"an edit from before that", "stream-edit.json", "testing", "1000000000000000000004", "", publication.StateWithdrawn},
		{"put back", "stream-edit.json", "enforce", "1000000000000000000006", enforceBody, publication.StatePublished},
	} {
		t.Run(step.name, func(t *testing.T) {
			d.tell(t, event(t, step.file, "@mode@", step.mode, "@sequence@", step.sequence))
			d.wantServed(t, step.served)
			status, _, err := d.cloud.state.Status(t.Context(), domain)
			if err != nil || status.State != step.state {
				t.Errorf("status: %+v, %v; want %s", status, err, step.state)
			}
			if said := len(status.Problems) == 1 && status.Problems[0].Path == "/mode"; said != (step.state == publication.StateRefused) {
				t.Errorf("problems: %v", status.Problems)
			}
		})
	}
}

// tell hands an event to the publishing function, which must have no failures.
func (d desk) tell(t *testing.T, event json.RawMessage) {
	t.Helper()
	if again := failures(t, d.publish.invoke(t, event)); len(again) > 0 {
		t.Errorf("it wants the event again: %v\n%s", again, d.publish.Log())
	}
}

func failures(t *testing.T, answer json.RawMessage) []events.DynamoDBBatchItemFailure {
	t.Helper()
	var response events.DynamoDBEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatal(err)
	}
	return response.BatchItemFailures
}

// wantServed looks at what the function answers and at the copy for the edge;
// both give the body, or nothing.
func (d desk) wantServed(t *testing.T, body string) {
	t.Helper()
	response := d.policy.request(t, event(t, "url-get.json", "@path@", path))
	if served := response.StatusCode == 200; served != (body != "") || served && response.Body != body {
		t.Errorf("served: %d %q; want %q", response.StatusCode, response.Body, body)
	}
	if body == "" && response.StatusCode != 404 {
		t.Errorf("status %d; want 404", response.StatusCode)
	}
	if got, is := d.cloud.object(t, edgeBucket, copied); got != body || is != (body != "") {
		t.Errorf("the copy is %q, %v; want %q", got, is, body)
	}
}

// TestTheStateIsAway: a sender hears that the policy cannot be read now, the edge
// may not keep that, and AWS's reason is in the log alone.
func TestTheStateIsAway(t *testing.T) {
	c := newCloud(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, test := range []struct {
		name, reason string
		function     *function
	}{
		{"nobody answers", "connection refused", c.start(t, "policy", settings.Policy{StateTable: c.state.Table}.Env(), "AWS_ENDPOINT_URL_DYNAMODB", gone.URL)},
		{"no such table", "ResourceNotFoundException", c.start(t, "policy", settings.Policy{StateTable: "another"}.Env())},
		{"no such table", "RequestID", c.start(t, "policy", settings.Policy{StateTable: "another"}.Env())},
	} {
		t.Run(test.name, func(t *testing.T) {
			response := test.function.request(t, event(t, "url-get.json", "@path@", path))
			if response.StatusCode != 503 || response.Headers["Cache-Control"] != "no-store" {
				t.Errorf("got %d, %v; want 503, no-store", response.StatusCode, response.Headers)
			}
			if strings.Contains(response.Body, test.reason) || strings.Contains(response.Body, domain) {
				t.Errorf("the sender is told %q", response.Body)
			}
			if log := test.function.Log(); !strings.Contains(log, test.reason) || !strings.Contains(log, `"level":"ERROR"`) {
				t.Errorf("the log lacks %s:\n%s", test.reason, log)
			}
		})
	}
}

// TestTheCopyFails: an edit comes again until all of it is done.
func TestTheCopyFails(t *testing.T) {
	d := newDesk(t)
	broken := d.cloud.start(t, "publish", settings.Publish{StateTable: d.cloud.state.Table, EdgeBucket: "another"}.Env())
	edit := event(t, "stream-edit.json", "@mode@", "testing", "@sequence@", "100000000000000000001")
	if again := failures(t, broken.invoke(t, edit)); len(again) != 1 || again[0].ItemIdentifier != "100000000000000000001" {
		t.Errorf("to come again: %v; want the edit", again)
	}
	if log := broken.Log(); !strings.Contains(log, "NoSuchBucket") {
		t.Errorf("the log does not say why:\n%s", log)
	}
	d.tell(t, edit)
	d.wantServed(t, testingBody)
}

// TestWithoutSettings: a function that was set up wrong says at once what it lacks.
func TestWithoutSettings(t *testing.T) {
	c := newCloud(t)
	for name, variable := range map[string]string{
		"policy":       "SEALPOST_STATE_TABLE",
		"publish":      "SEALPOST_STATE_TABLE",
		"reportintake": "SEALPOST_STATE_TABLE",
		"digest":       "SEALPOST_STATE_TABLE",
	} {
		_, err := c.start(t, name, nil).Invoke(t.Context(), json.RawMessage("{}"))
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s: %v; want it to name %s", name, err, variable)
		}
	}
}
