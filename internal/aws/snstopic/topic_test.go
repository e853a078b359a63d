package snstopic_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sealpost/internal/aws/snstopic"
)

const arn = "arn:aws:sns:us-east-1:123456789012:Alarms"

func topic(t *testing.T, server http.HandlerFunc) snstopic.Topic {
	s := httptest.NewServer(server)
	t.Cleanup(s.Close)
	return snstopic.Topic{
		Client: sns.New(sns.Options{
			BaseEndpoint: &s.URL,
			Region:       "us-east-1",
			Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
			HTTPClient:   s.Client(),
		}),
		ARN:     arn,
		Timeout: time.Minute,
	}
}

func TestTell(t *testing.T) {
	var got url.Values
	told := topic(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got = r.PostForm
		io.WriteString(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`) //nolint:errcheck // The test would fail.
	})
	if err := told.Tell(t.Context(), "[TLS-RPT] example.com", "„so“\nand so\n"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Action": "Publish", "TopicArn": arn, "Subject": "[TLS-RPT] example.com", "Message": "„so“\nand so\n"} {
		if got.Get(name) != want {
			t.Errorf("%s is %q; want %q", name, got.Get(name), want)
		}
	}
}

func TestTellFails(t *testing.T) {
	refused := topic(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<ErrorResponse><Error><Code>AuthorizationError</Code><Message>No.</Message></Error></ErrorResponse>`) //nolint:errcheck // The test would fail.
	})
	if err := refused.Tell(t.Context(), "s", "t"); err == nil {
		t.Error("no error")
	}
	silent := topic(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then the server notices that the client is gone.
		<-r.Context().Done()
	})
	silent.Timeout = time.Millisecond
	if err := silent.Tell(t.Context(), "s", "t"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v; want context.DeadlineExceeded", err)
	}
}
