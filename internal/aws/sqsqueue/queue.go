// Package sqsqueue has domains announced later, by a queue of Amazon SQS and a
// Lambda function that reads it.
package sqsqueue

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"

	"sealpost/internal/publication"
)

// Queue is a standard queue: it keeps no order, and may deliver twice.
type Queue struct {
	Client  *sqs.Client
	URL     string
	Timeout time.Duration // Of each call, with all its attempts.
}

var _ publication.Queue = Queue{}

// message is what lies in the queue.
type message struct {
	Domain string `json:"domain"`
	Tries  int    `json:"tries"` // How often the domain has been looked at, one after the other.
}

// maxDelay is the longest for which SQS holds a message back.
const maxDelay = 15 * time.Minute

// Later implements publication.Queue. After more than 15 minutes is after 15
// minutes.
func (q Queue) Later(ctx context.Context, domain string, after time.Duration) error {
	return q.send(ctx, message{Domain: domain}, after)
}

func (q Queue) send(ctx context.Context, m message, after time.Duration) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the message for %s: %w", m.Domain, err)
	}
	ctx, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	_, err = q.Client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:     &q.URL,
		MessageBody:  aws.String(string(body)),
		DelaySeconds: seconds(after),
	})
	if err != nil {
		return fmt.Errorf("queue %s: %w", m.Domain, err)
	}
	return nil
}

// seconds rounds up: not before the time that was asked for.
func seconds(after time.Duration) int32 {
	after = min(max(after, 0), maxDelay)
	return int32((after + time.Second - 1) / time.Second)
}
