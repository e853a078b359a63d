package s3bucket_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"sealpost/internal/aws/mototest"
)

const (
	accessKey = "test1234"
	secretKey = "test12345678"
	timeout   = time.Minute
)

// client is configured like that of a program, though by hand: its checksums
// are asked for, since only config.LoadDefaultConfig sets them.
func client(endpoint string, httpClient *http.Client) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint:               &endpoint,
		Region:                     "us-east-1",
		Credentials:                credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		HTTPClient:                 httpClient,
		UsePathStyle:               true,
		Retryer:                    atOnce(),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	})
}

// atOnce retries like a program's client, without the waiting.
func atOnce() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// engine is an S3 to test against.
type engine struct {
	name   string
	client func(t *testing.T) *s3.Client
}

// engines: over TLS the SDK sends a checksum behind the body, without TLS in
// the header, so both are tried.
var engines = []engine{
	{"gofakes3 over TLS", func(t *testing.T) *s3.Client {
		server := httptest.NewTLSServer(newFake())
		t.Cleanup(server.Close)
		return client(server.URL, server.Client())
	}},
	{"gofakes3 over HTTP", func(t *testing.T) *s3.Client {
		server := httptest.NewServer(newFake())
		t.Cleanup(server.Close)
		return client(server.URL, server.Client())
	}},
	{"moto", func(t *testing.T) *s3.Client {
		return client(mototest.NeedInTurn(t), http.DefaultClient)
	}},
}

func newFake() http.Handler {
	return gofakes3.New(s3mem.New(), gofakes3.WithV4Auth(map[string]string{accessKey: secretKey})).Server()
}

// newBucket makes a bucket with a name of its own: a server may outlive the
// test.
func newBucket(t *testing.T, c *s3.Client) string {
	t.Helper()
	name := "sealpost-" + strings.ToLower(rand.Text())
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

// answering is a client of a server of which only the answers matter.
func answering(t *testing.T, h http.HandlerFunc) *s3.Client {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return client(server.URL, server.Client())
}
