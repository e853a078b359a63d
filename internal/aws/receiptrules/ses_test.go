package receiptrules_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ses"

	"sealpost/internal/aws/mototest"
	"sealpost/internal/aws/receiptrules"
)

// client is of a region in which nothing else is tried.
func client(endpoint string) *ses.Client {
	return ses.New(ses.Options{BaseEndpoint: &endpoint, Region: "eu-west-3", Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

func TestMoto(t *testing.T) {
	c := client(mototest.Need(t))
	sets := receiptrules.SES{Client: c, Timeout: time.Minute}
	for _, name := range []string{"one", "two"} {
		if _, err := c.CreateReceiptRuleSet(t.Context(), &ses.CreateReceiptRuleSetInput{RuleSetName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two", "two", "", "", "one", ""} {
		if err := sets.Activate(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if got, err := sets.Active(t.Context()); got != name || err != nil {
			t.Errorf("%q is active, %v; want %q", got, err, name)
		}
	}
	if err := sets.Activate(t.Context(), "three"); !errors.Is(err, receiptrules.ErrNoSet) {
		t.Errorf("a set that is not there: %v; want ErrNoSet", err)
	}
}

// TestSilence asks an SES that does not answer.
func TestSilence(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then the server notices that the client is gone.
		<-r.Context().Done()
	}))
	defer server.Close()
	sets := receiptrules.SES{Client: client(server.URL), Timeout: time.Millisecond}
	if _, err := sets.Active(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v; want context.DeadlineExceeded", err)
	}
	if err := sets.Activate(t.Context(), "one"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v; want context.DeadlineExceeded", err)
	}
}
