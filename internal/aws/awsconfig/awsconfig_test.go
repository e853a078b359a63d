package awsconfig_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sealpost/internal/aws/awsconfig"
)

// attemptsAt counts how often a server with that answer is asked in one call.
func attemptsAt(t *testing.T, patience awsconfig.Patience, answer http.HandlerFunc) int64 {
	t.Helper()
	var attempts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		attempts.Add(1)
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then does a server notice that the client is gone.
		answer(w, r)
	}))
	defer server.Close()
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	config, err := awsconfig.Load(t.Context(), patience)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = dynamodb.NewFromConfig(config).ListTables(ctx, &dynamodb.ListTablesInput{Limit: aws.Int32(1)})
	if err == nil || ctx.Err() != nil {
		t.Errorf("got %v; want an error before the deadline", err)
	}
	return attempts.Load()
}

func TestAttempts(t *testing.T) {
	patience := awsconfig.Patience{Attempts: 2, Connect: time.Minute, Answer: time.Minute}
	broken := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	if attempts := attemptsAt(t, patience, broken); attempts != 2 {
		t.Errorf("a broken service was asked %d times; want 2", attempts)
	}
	refuses := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }
	if attempts := attemptsAt(t, patience, refuses); attempts != 1 {
		t.Errorf("a service that refuses was asked %d times; want once", attempts)
	}
}

// TestSilence: one attempt ends without an answer, and another is made.
func TestSilence(t *testing.T) {
	patience := awsconfig.Patience{Attempts: 2, Connect: time.Minute, Answer: time.Millisecond}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	if attempts := attemptsAt(t, patience, silent); attempts > 2 {
		t.Errorf("a silent service was asked %d times; want at most 2", attempts)
	}
}

// loaded is a configuration of a function's surroundings.
func loaded(t *testing.T, patience awsconfig.Patience) aws.Config {
	t.Helper()
	t.Setenv("AWS_REGION", "us-east-1")
	config, err := awsconfig.Load(t.Context(), patience)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestPauses: between attempts there is a pause, longer each time, and never
// twice the same: or all that were refused at once would come back at once.
func TestPauses(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		pause, longest time.Duration
	}{{50 * time.Millisecond, 50 * time.Millisecond}, {0, 20 * time.Second}} {
		retryer := loaded(t, awsconfig.Patience{Attempts: 9, Pause: test.pause}).Retryer()
		seen := make(map[time.Duration]bool)
		for attempt := range 200 {
			pause, err := retryer.RetryDelay(1+attempt%8, broken)
			if err != nil || pause < 0 || pause > test.longest {
				t.Fatalf("a pause of %v, %v; want at most %v", pause, err, test.longest)
			}
			seen[pause] = true
		}
		if len(seen) < 20 {
			t.Errorf("200 pauses have %d lengths", len(seen))
		}
	}
}

// TestBounds: neither a connection nor its TLS is waited for without end.
func TestBounds(t *testing.T) {
	config := loaded(t, awsconfig.Patience{Attempts: 1, Connect: 3 * time.Second, Answer: 4 * time.Second})
	client := config.HTTPClient.(*awshttp.BuildableClient)
	transport := client.GetTransport()
	if client.GetDialer().Timeout != 3*time.Second || transport.TLSHandshakeTimeout != 3*time.Second || transport.ResponseHeaderTimeout != 4*time.Second {
		t.Errorf("dial %v, TLS %v, answer %v; want 3 s, 3 s, 4 s", client.GetDialer().Timeout, transport.TLSHandshakeTimeout, transport.ResponseHeaderTimeout)
	}
}
