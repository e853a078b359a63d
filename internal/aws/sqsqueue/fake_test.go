package sqsqueue_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sealpost/internal/aws/sqsqueue"
)

// sent is a message as SQS is asked to keep it.
type sent struct {
	QueueUrl     string
	MessageBody  string
	DelaySeconds int
}

// fakeSQS takes messages, or does what its answers say, one after the other.
type fakeSQS struct {
	lock    sync.Mutex
	answers []http.HandlerFunc
	sent    []sent
	asked   int
}

func (f *fakeSQS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.asked++
	if len(f.answers) > 0 {
		answer := f.answers[0]
		f.answers = f.answers[1:]
		answer(w, r)
		return
	}
	var message sent
	err := json.NewDecoder(r.Body).Decode(&message)
	if err != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessage" || message.DelaySeconds < 0 || message.DelaySeconds > 900 {
		refuse(http.StatusBadRequest, "InvalidParameterValue")(w, r)
		return
	}
	f.sent = append(f.sent, message)
	sum := md5.Sum([]byte(message.MessageBody)) // The client compares it.
	fmt.Fprintf(w, `{"MessageId": "1", "MD5OfMessageBody": %q}`, hex.EncodeToString(sum[:]))
}

func (f *fakeSQS) messages() []sent {
	f.lock.Lock()
	defer f.lock.Unlock()
	return slices.Clone(f.sent)
}

func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		io.WriteString(w, `{"__type":"com.amazonaws.sqs#`+code+`","message":"No."}`) //nolint:errcheck // The test would fail.
	}
}

const url = "https://sqs.us-east-1.amazonaws.com/123456789012/rotate"

func queue(t *testing.T, fake http.Handler) sqsqueue.Queue {
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	return sqsqueue.Queue{Client: client(server.URL), URL: url, Timeout: time.Minute}
}

func client(endpoint string) *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: &endpoint,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	})
}
