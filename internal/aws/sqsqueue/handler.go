package sqsqueue

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"sealpost/internal/aws/deadline"
	"sealpost/internal/mtasts"
)

// Rotator takes the next step towards the TXT record of a domain. It says after
// what time to look again; 0 if nothing is to be done soon. An error means to
// try again.
type Rotator interface {
	Advance(ctx context.Context, domain string) (again time.Duration, err error)
}

// Handler looks at the domains that come out of a Queue, and puts those back
// that are not done.
type Handler struct {
	Rotator Rotator
	Queue   Queue
	Log     *slog.Logger
}

// maxTries bounds how often a message is put back. Whatever hinders a domain
// for that long, some three quarters of an hour, is left to the walk, which sends
// the next message: so each domain has about one.
const maxTries = 12

// slower is how much longer each look waits than the one before: what takes long
// takes long, and others wait for their turn.
const slower = 30 * time.Second

// Handle looks at each domain of a batch. The messages that fail come again,
// and then go to the dead-letter queue, as the queue is set to.
func (h Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	ctx, cancel := deadline.Early(ctx)
	defer cancel()
	var response events.SQSEventResponse
	for _, record := range event.Records {
		if err := h.handle(ctx, record.Body); err != nil {
			h.Log.ErrorContext(ctx, "domain not announced, so its message comes again", "message", record.MessageId, "error", err)
			failed := events.SQSBatchItemFailure{ItemIdentifier: record.MessageId}
			response.BatchItemFailures = append(response.BatchItemFailures, failed)
		}
	}
	return response, nil
}

func (h Handler) handle(ctx context.Context, body string) error {
	m, err := read(body)
	if err != nil {
		return err
	}
	again, err := h.Rotator.Advance(ctx, m.Domain)
	if err != nil {
		return fmt.Errorf("%s: %w", m.Domain, err)
	}
	switch {
	case again <= 0:
		return nil
	case m.Tries >= maxTries-1:
		h.Log.WarnContext(ctx, "domain not announced, and left to the walk", "domain", m.Domain, "tries", m.Tries)
		return nil
	default:
		again += time.Duration(m.Tries) * slower
		m.Tries++
		return h.Queue.send(ctx, m, again)
	}
}

// read takes only what a Queue writes.
func read(body string) (message, error) {
	var m message
	if err := json.Unmarshal([]byte(body), &m, json.RejectUnknownMembers(true)); err != nil {
		return message{}, fmt.Errorf("the message %.200q cannot be read: %w", body, err)
	}
	if domain, err := mtasts.ParseDomain(m.Domain); err != nil || domain != m.Domain {
		return message{}, fmt.Errorf("the message %.200q names no domain", body)
	}
	if m.Tries < 0 {
		return message{}, fmt.Errorf("the message %.200q counts below nothing", body)
	}
	return m, nil
}
