package sqsqueue_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sealpost/internal/aws/mototest"
	"sealpost/internal/aws/sqsqueue"
)

func TestLater(t *testing.T) {
	for after, want := range map[time.Duration]int{
		-time.Second: 0, 0: 0, time.Nanosecond: 1, time.Second: 1, 1100 * time.Millisecond: 2, 2 * time.Minute: 120,
		15 * time.Minute: 900, 15*time.Minute + 1: 900, 1 << 62: 900,
	} {
		fake := new(fakeSQS)
		if err := queue(t, fake).Later(t.Context(), "example.com", after); err != nil {
			t.Fatal(err)
		}
		if got := fake.messages(); len(got) != 1 || got[0] != (sent{url, `{"domain":"example.com","tries":0}`, want}) {
			t.Errorf("after %v: %+v; want a delay of %d s", after, got, want)
		}
	}
}

func TestLaterFails(t *testing.T) {
	throttled := refuse(http.StatusBadRequest, "ThrottlingException")
	for _, test := range []struct {
		name    string
		answers []http.HandlerFunc
		asked   int
		want    string
	}{
		{"throttled, then taken", []http.HandlerFunc{throttled, throttled}, 3, ""},
		{"always throttled", []http.HandlerFunc{throttled, throttled, throttled}, 3, "ThrottlingException"},
		{"no right", []http.HandlerFunc{refuse(http.StatusForbidden, "AccessDenied")}, 1, "AccessDenied"},
	} {
		fake := &fakeSQS{answers: test.answers}
		err := queue(t, fake).Later(t.Context(), "example.com", time.Minute)
		if (err == nil) != (test.want == "") || err != nil && !(strings.Contains(err.Error(), test.want) && strings.Contains(err.Error(), "example.com")) {
			t.Errorf("%s: %v; want the error %q", test.name, err, test.want)
		}
		if fake.asked != test.asked {
			t.Errorf("%s: asked %d times; want %d", test.name, fake.asked, test.asked)
		}
	}
}

// TestLaterEnds asks an SQS that does not answer.
func TestLaterEnds(t *testing.T) {
	q := queue(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then the server notices that the client is gone.
		<-r.Context().Done()
	}))
	q.Timeout = time.Millisecond
	if err := q.Later(t.Context(), "example.com", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v; want context.DeadlineExceeded", err)
	}
}

// TestMoto sends through another's idea of SQS, and takes what comes out.
func TestMoto(t *testing.T) {
	endpoint := mototest.Need(t)
	c := client(endpoint)
	made, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("rotate-" + rand.Text())})
	if err != nil {
		t.Fatal(err)
	}
	q := sqsqueue.Queue{Client: c, URL: *made.QueueUrl, Timeout: time.Minute}
	if err := q.Later(t.Context(), "example.com", 0); err != nil {
		t.Fatal(err)
	}
	received, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl})
	if err != nil || len(received.Messages) != 1 {
		t.Fatalf("received %v, %v", received, err)
	}
	rotator := new(fakeRotator)
	handler, _ := newHandler(rotator, q)
	response, err := handler.Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: *received.Messages[0].Body}}})
	if err != nil || len(response.BatchItemFailures) > 0 || strings.Join(rotator.told, " ") != "example.com" {
		t.Errorf("%v, %v; told %q", response, err, rotator.told)
	}
}
