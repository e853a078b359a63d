package sqsqueue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/sqsqueue"
)

// fakeRotator notes what it is told, and answers as it is set to.
type fakeRotator struct {
	told  []string
	again map[string]time.Duration
	fails map[string]bool
}

func (f *fakeRotator) Advance(_ context.Context, domain string) (time.Duration, error) {
	f.told = append(f.told, domain)
	if f.fails[domain] {
		return time.Hour, errors.New("the store is away")
	}
	return f.again[domain], nil
}

func newHandler(rotator sqsqueue.Rotator, q sqsqueue.Queue) (sqsqueue.Handler, *bytes.Buffer) {
	log := new(bytes.Buffer)
	return sqsqueue.Handler{Rotator: rotator, Queue: q, Log: slog.New(slog.NewJSONHandler(log, nil))}, log
}

// batch has messages with the ids 0, 1 and so on.
func batch(bodies ...string) events.SQSEvent {
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	return event
}

func TestHandle(t *testing.T) {
	const (
		a = `{"domain":"a.example","tries":0}`
		b = `{"domain":"b.example","tries":7}`
		c = `{"domain":"c.example","tries":0}`
	)
	for _, test := range []struct {
		name   string
		bodies []string
		again  map[string]time.Duration
		fails  map[string]bool
		told   []string
		sent   []sent
		failed []string
		log    string // What a line of it has.
	}{
		{name: "all done", bodies: []string{a, b, c}, told: []string{"a.example", "b.example", "c.example"}},
		{name: "nothing"},
		{name: "again", bodies: []string{a, b, c}, again: map[string]time.Duration{"a.example": 2 * time.Minute, "b.example": 1500 * time.Millisecond},
			told: []string{"a.example", "b.example", "c.example"},
			sent: []sent{{url, `{"domain":"a.example","tries":1}`, 120}, {url, `{"domain":"b.example","tries":8}`, 212}}},
		{name: "one fails", bodies: []string{a, b, c}, fails: map[string]bool{"b.example": true}, again: map[string]time.Duration{"c.example": time.Minute},
			told: []string{"a.example", "b.example", "c.example"}, sent: []sent{{url, `{"domain":"c.example","tries":1}`, 60}},
			failed: []string{"1"}, log: `"level":"ERROR","msg":"domain not announced, so its message comes again","message":"1","error":"b.example: the store is away"`},
		{name: "all fail", bodies: []string{a, b, c}, fails: map[string]bool{"a.example": true, "b.example": true, "c.example": true},
			told: []string{"a.example", "b.example", "c.example"}, failed: []string{"0", "1", "2"}, log: `"level":"ERROR"`},
		{name: "last but one try", bodies: []string{`{"domain":"a.example","tries":10}`}, again: map[string]time.Duration{"a.example": time.Minute},
			told: []string{"a.example"}, sent: []sent{{url, `{"domain":"a.example","tries":11}`, 360}}},
		{name: "last try", bodies: []string{`{"domain":"a.example","tries":11}`}, again: map[string]time.Duration{"a.example": time.Minute},
			told: []string{"a.example"}, log: `"level":"WARN","msg":"domain not announced, and left to the walk","domain":"a.example","tries":11`},
		{name: "more than the last", bodies: []string{`{"domain":"a.example","tries":9223372036854775807}`}, again: map[string]time.Duration{"a.example": time.Minute},
			told: []string{"a.example"}, log: `"level":"WARN"`},
		{name: "last try, and done", bodies: []string{`{"domain":"a.example","tries":11}`}, told: []string{"a.example"}},
		{name: "written by hand", bodies: []string{` { "domain" : "a.example" } `}, told: []string{"a.example"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake, rotator := new(fakeSQS), &fakeRotator{again: test.again, fails: test.fails}
			handler, log := newHandler(rotator, queue(t, fake))
			response, err := handler.Handle(t.Context(), batch(test.bodies...))
			if err != nil || !slices.Equal(failures(response), test.failed) {
				t.Errorf("to come again: %v, %v; want %v", failures(response), err, test.failed)
			}
			if !slices.Equal(rotator.told, test.told) {
				t.Errorf("told %q; want %q", rotator.told, test.told)
			}
			if got := fake.messages(); !slices.Equal(got, test.sent) {
				t.Errorf("sent %+v; want %+v", got, test.sent)
			}
			if !strings.Contains(log.String(), test.log) || (test.log == "") != (log.Len() == 0) {
				t.Errorf("the log is %q; want %q", log, test.log)
			}
		})
	}
}

func failures(response events.SQSEventResponse) []string {
	var ids []string
	for _, failed := range response.BatchItemFailures {
		ids = append(ids, failed.ItemIdentifier)
	}
	return ids
}

// TestUnreadable: what is no message of ours is not guessed at.
func TestUnreadable(t *testing.T) {
	for _, body := range []string{
		``, `{}`, `null`, `[]`, `a.example`, `"a.example"`, `{"domain":"a.example"`, `{"domain":"a.example"} {}`,
		`{"domain":7}`, `{"domain":"a.example","tries":"1"}`, `{"domain":"a.example","tries":-1}`, `{"domain":"a.example","tries":1.5}`,
		`{"domain":"a.example","tries":9223372036854775808}`,
		`{"domain":"a.example","other":1}`, `{"domain":"a.example","domain":"b.example"}`,
		`{"domain":""}`, `{"domain":"com"}`, `{"domain":"A.example"}`, `{"domain":"a.example."}`, `{"domain":"*.example"}`, `{"domain":"127.0.0.1"}`,
	} {
		rotator := new(fakeRotator)
		handler, log := newHandler(rotator, queue(t, new(fakeSQS)))
		response, err := handler.Handle(t.Context(), batch(body, `{"domain":"b.example","tries":0}`))
		if err != nil || !slices.Equal(failures(response), []string{"0"}) || !slices.Equal(rotator.told, []string{"b.example"}) {
			t.Errorf("%s: %v, %v; told %q", body, failures(response), err, rotator.told)
		}
		if !strings.Contains(log.String(), `"level":"ERROR"`) {
			t.Errorf("%s: the log is %q", body, log)
		}
	}
}

// TestNotSentAgain: a message that cannot be put back is not lost.
func TestNotSentAgain(t *testing.T) {
	fake := &fakeSQS{answers: []http.HandlerFunc{refuse(http.StatusForbidden, "AccessDenied")}}
	handler, log := newHandler(&fakeRotator{again: map[string]time.Duration{"a.example": time.Minute}}, queue(t, fake))
	response, err := handler.Handle(t.Context(), batch(`{"domain":"a.example","tries":0}`))
	if err != nil || !slices.Equal(failures(response), []string{"0"}) || !strings.Contains(log.String(), "AccessDenied") {
		t.Errorf("%v, %v; the log is %s", failures(response), err, log)
	}
}

// deadlined is a rotator that notes until when it may work.
type deadlined struct{ until time.Time }

func (d *deadlined) Advance(ctx context.Context, _ string) (time.Duration, error) {
	d.until, _ = ctx.Deadline()
	return 0, nil
}

// TestThereIsTimeToSaySo: a domain that takes too long fails, and the function is
// not killed over it.
func TestThereIsTimeToSaySo(t *testing.T) {
	end := time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	var rotator deadlined
	handler := sqsqueue.Handler{Rotator: &rotator, Log: slog.New(slog.DiscardHandler)}
	event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: `{"domain": "a.example", "tries": 0}`}}}
	if response, err := handler.Handle(ctx, event); err != nil || len(response.BatchItemFailures) > 0 || rotator.until.IsZero() || !rotator.until.Before(end) {
		t.Errorf("%v, %v; the rotator may work until %v, the function until %v", response, err, rotator.until, end)
	}
}
