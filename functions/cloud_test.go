package functions_test

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"sealpost/internal/aws/dynamostore"
	"sealpost/internal/aws/dynamostore/dynamotest"
	"sealpost/internal/lambdatest"
)

const (
	edgeBucket    = "sealpost-edge"
	reportsBucket = "sealpost-reports"
	rotations     = "https://sqs.us-east-1.amazonaws.com/123456789012/rotations"
)

// cloud is what the functions find around them: dynalite, gofakes3 over TLS, and
// an SES and an SQS that keep what they are to send.
type cloud struct {
	items       string // The table of policies.
	state       dynamostore.State
	objects     gofakes3.Backend
	ses         *fakeSES
	sqs         *fakeSQS
	environment map[string]string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	endpoint := dynamotest.Dynalite(t)
	client := dynamotest.Client(endpoint)
	c := &cloud{
		items:   dynamotest.ItemTable(t, client),
		state:   dynamostore.State{Client: client, Table: dynamotest.Table(t, client), Timeout: time.Minute},
		objects: s3mem.New(),
		ses:     new(fakeSES),
		sqs:     new(fakeSQS),
	}
	for _, bucket := range []string{edgeBucket, reportsBucket, inboxBucket} {
		if err := c.objects.CreateBucket(t.Context(), bucket); err != nil {
			t.Fatal(err)
		}
	}
	signed := gofakes3.WithV4Auth(map[string]string{"test1234": "test12345678"})
	s3 := httptest.NewUnstartedServer(gofakes3.New(c.objects, signed).Server())
	s3.Config.ErrorLog = log.New(io.Discard, "", 0)
	s3.StartTLS()
	t.Cleanup(s3.Close)
	ses, sqs := httptest.NewServer(c.ses), httptest.NewServer(c.sqs)
	t.Cleanup(ses.Close)
	t.Cleanup(sqs.Close)
	c.environment = map[string]string{
		"AWS_REGION":                "us-east-1",
		"AWS_ACCESS_KEY_ID":         "test1234",
		"AWS_SECRET_ACCESS_KEY":     "test12345678",
		"AWS_CA_BUNDLE":             authority(t, s3),
		"AWS_ENDPOINT_URL_DYNAMODB": endpoint,
		"AWS_ENDPOINT_URL_S3":       s3.URL,
		"AWS_ENDPOINT_URL_SESV2":    ses.URL,
		"AWS_ENDPOINT_URL_SQS":      sqs.URL,
	}
	return c
}

// authority writes the certificate of a test server where programs trust it.
func authority(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "authority.pem")
	block := pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(file, pem.EncodeToMemory(&block), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// start starts a function with its settings, and with changes to what it finds
// around it.
func (c *cloud) start(t *testing.T, name string, settings map[string]string, changes ...string) *function {
	t.Helper()
	environment := maps.Clone(c.environment)
	maps.Copy(environment, settings)
	for i := 0; i < len(changes); i += 2 {
		environment[changes[i]] = changes[i+1]
	}
	return &function{lambdatest.Start(t, filepath.Join(programs, name), environment)}
}

// object reads an object; false where there is none.
func (c *cloud) object(t *testing.T, bucket, key string) (string, bool) {
	t.Helper()
	object, err := c.objects.GetObject(t.Context(), bucket, key, nil)
	if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer object.Contents.Close()
	value, err := io.ReadAll(object.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return string(value), true
}

// keys lists the objects of a bucket.
func (c *cloud) keys(t *testing.T, bucket string) []string {
	t.Helper()
	list, err := c.objects.ListBucket(t.Context(), bucket, new(gofakes3.Prefix), gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, object := range list.Contents {
		keys = append(keys, object.Key)
	}
	slices.Sort(keys)
	return keys
}

// fakeSES keeps the messages that it is asked to send.
type fakeSES struct {
	lock     sync.Mutex
	messages []message
	refuses  bool // As SES does in its sandbox.
}

type message struct {
	FromEmailAddress     string
	ConfigurationSetName string
	Destination          struct{ ToAddresses []string }
	Content              struct{ Raw struct{ Data []byte } }
}

func (s *fakeSES) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if r.URL.Path == "/v2/email/account" {
		fmt.Fprintf(w, `{"ProductionAccessEnabled": %v}`, !s.refuses)
		return
	}
	if s.refuses {
		w.Header().Set("X-Amzn-ErrorType", "MessageRejected")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"message": "Email address is not verified."}`) //nolint:errcheck // The client is the test's own.
		return
	}
	var m message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.URL.Path != "/v2/email/outbound-emails" {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	s.messages = append(s.messages, m)
	io.WriteString(w, `{"MessageId": "1"}`) //nolint:errcheck // The client is the test's own.
}

// fakeSQS keeps the messages of one queue until they are taken out.
type fakeSQS struct {
	lock     sync.Mutex
	messages []queued
}

type queued struct {
	QueueUrl     string
	MessageBody  string
	DelaySeconds int
}

func (s *fakeSQS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m queued
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessage" || m.QueueUrl != rotations {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	s.lock.Lock()
	s.messages = append(s.messages, m)
	s.lock.Unlock()
	fmt.Fprintf(w, `{"MessageId": "1", "MD5OfMessageBody": "%x"}`, md5.Sum([]byte(m.MessageBody))) // The client compares it.
}

// take gives the messages, however long they were to wait, and leaves none.
func (s *fakeSQS) take() []queued {
	s.lock.Lock()
	defer s.lock.Unlock()
	messages := s.messages
	s.messages = nil
	return messages
}

// function is a function that runs.
type function struct {
	*lambdatest.Function
}

// event reads an event of AWS from testdata, with its @words@ replaced by JSON
// text.
func event(t *testing.T, file string, words ...string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(words); i += 2 {
		quoted, err := json.Marshal(words[i+1])
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), words[i], string(quoted[1:len(quoted)-1])))
	}
	return text
}

// invoke fails the test where the function gives an error.
func (f *function) invoke(t *testing.T, event json.RawMessage) json.RawMessage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answer, err := f.Invoke(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// request sends an event of HTTP.
func (f *function) request(t *testing.T, event json.RawMessage) events.APIGatewayV2HTTPResponse {
	t.Helper()
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(f.invoke(t, event), &response); err != nil {
		t.Fatal(err)
	}
	return response
}
