// Package sesinbox takes in the mails that Amazon SES has put into a bucket, of
// which it tells by way of SNS and SQS.
package sesinbox

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/aws/deadline"
	"sealpost/internal/aws/settings"
	"sealpost/internal/reportintake"
)

// Bucket is where the mails lie.
type Bucket interface {
	// Get reads an object. Any error means to try again.
	Get(ctx context.Context, key string) ([]byte, error)
}

// Intake takes in mails; *reportintake.Intake does.
type Intake interface {
	ReceiveMail(ctx context.Context, m reportintake.Mail) ([]reportintake.Receipt, error)
}

// Handler takes in the mails that messages of a queue tell of.
type Handler struct {
	Intake Intake
	Inbox  Bucket
	Name   string // Of the inbox. No other bucket is read, whatever a message says.
	Log    *slog.Logger
}

// Handle takes in each mail of a batch. Only messages whose mail is not kept, or
// that cannot be understood, come again, and then go to the dead-letter queue, as
// the queue is set to; the mails themselves stay in the inbox in any case. Before
// Lambda would end the function, it hands back what it did not get to.
func (h Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	ctx, cancel := deadline.Early(ctx)
	defer cancel()
	var response events.SQSEventResponse
	for _, record := range event.Records {
		if err := h.takeIn(ctx, record.Body); err != nil {
			h.Log.ErrorContext(ctx, "mail not kept, so its message comes again", "message", record.MessageId, "error", err)
			failed := events.SQSBatchItemFailure{ItemIdentifier: record.MessageId}
			response.BatchItemFailures = append(response.BatchItemFailures, failed)
		}
	}
	return response, nil
}

// takeIn makes a panic an error: the mail that causes it must not take the others
// of its batch to the dead letters.
func (h Handler) takeIn(ctx context.Context, body string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("not begun, since the function's time is over: %w", err)
	}
	n, err := read(body)
	switch {
	case err != nil:
		return err
	case n.bucket != h.Name:
		return fmt.Errorf("the notification names the bucket %.100q, which is not the inbox, %q", n.bucket, h.Name)
	case n.isUnreadable():
		h.Log.WarnContext(ctx, settings.UnreadMessage, "mail", n.key, settings.LogVirus, n.verdicts[virus])
		return nil
	}
	raw, err := h.Inbox.Get(ctx, n.key)
	if err != nil {
		return err
	}
	receipts, err := h.Intake.ReceiveMail(ctx, reportintake.Mail{Raw: raw, ReceivedAt: n.receivedAt, Verdicts: n.verdicts})
	if err != nil {
		return fmt.Errorf("%s: %w", n.key, err)
	}
	for _, receipt := range receipts {
		h.say(ctx, n.key, receipt)
	}
	return nil
}

// say puts what became of a report, or of a mail without one, on one line of the
// log: nothing of what is in it.
func (h Handler) say(ctx context.Context, mail string, receipt reportintake.Receipt) {
	level := slog.LevelInfo
	attributes := []any{"mail", mail, "status", receipt.Status, "reason", receipt.Reason, "key", receipt.Key, "trust_domain", receipt.TrustDomain}
	if receipt.Status == reportintake.Refused { // It is kept in the inbox alone, and not for long.
		level = slog.LevelWarn
		attributes = append(attributes, "problems", receipt.Problems)
	}
	h.Log.Log(ctx, level, "mail", attributes...)
}
