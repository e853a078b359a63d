package functions_test

import (
	"encoding/json"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sealpost/internal/aws/settings"
)

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

// TestTheStateIsSilent: a table that never answers must not keep senders, whose
// patience is short, nor the edge, which has a copy.
func TestTheStateIsSilent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	var connections sync.Map
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			connection, err := silent.Accept()
			if err != nil {
				return // The test is over.
			}
			connections.Store(asked.Add(1), connection)
		}
	}()
	t.Cleanup(func() {
		silent.Close()
		<-ended
		connections.Range(func(_, connection any) bool { return connection.(net.Conn).Close() == nil })
	})
	function := newCloud(t).start(t, "policy", settings.Policy{StateTable: "any"}.Env(), "AWS_ENDPOINT_URL_DYNAMODB", "http://"+silent.Addr().String())
	response := function.request(t, event(t, "url-get.json", "@path@", path))
	if response.StatusCode != 503 || response.Headers["Cache-Control"] != "no-store" {
		t.Errorf("got %d, %v; want 503, no-store", response.StatusCode, response.Headers)
	}
	if n := asked.Load(); n < 1 || n > 2 {
		t.Errorf("the table was asked %d times; want once, and once more at most", n)
	}
}

// TestWithoutSettings: a function that was set up wrong says at once what it lacks.
func TestWithoutSettings(t *testing.T) {
	c := newCloud(t)
	for name, variable := range map[string]string{
		"policy":       "SEALPOST_STATE_TABLE",
		"publish":      "SEALPOST_POLICIES_TABLE",
		"rotate":       "SEALPOST_STATE_TABLE",
		"reportintake": "SEALPOST_STATE_TABLE",
		"digest":       "SEALPOST_STATE_TABLE",
		"compact":      "SEALPOST_ATHENA_WORKGROUP",
	} {
		_, err := c.start(t, name, nil).Invoke(t.Context(), json.RawMessage("{}"))
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s: %v; want it to name %s", name, err, variable)
		}
	}
}
