// Package snstopic tells whoever has subscribed to a topic of Amazon SNS.
package snstopic

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sealpost/internal/alert"
)

// Topic is a topic that people have subscribed to.
type Topic struct {
	Client  *sns.Client
	ARN     string
	Timeout time.Duration // Of each call, tries again included.
}

var _ alert.Teller = Topic{}

// Tell implements alert.Teller. SNS mails the text as it is, and below it how to
// get no more.
func (t Topic) Tell(ctx context.Context, subject, text string) error {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	if _, err := t.Client.Publish(ctx, &sns.PublishInput{TopicArn: &t.ARN, Subject: &subject, Message: &text}); err != nil {
		return fmt.Errorf("publish to %s: %w", t.ARN, err)
	}
	return nil
}
