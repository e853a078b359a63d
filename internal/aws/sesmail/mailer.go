// Package sesmail sends mail by Amazon SES.
package sesmail

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// Mailer sends mail.
type Mailer struct {
	Client           *sesv2.Client
	ConfigurationSet string        // Where SES tells of bounces and complaints.
	Timeout          time.Duration // Of each message, with all its attempts.
}

// SES takes so many recipients of one message.
const maxRecipients = 50

// Send sends one message, raw as RFC 5322 has it, to all recipients. After an
// error it may have been sent or not.
func (m Mailer) Send(ctx context.Context, from string, to []string, raw []byte) error {
	if len(to) == 0 || len(to) > maxRecipients {
		return fmt.Errorf("send mail: it has %d recipients; SES takes 1 to %d, so use a mailing list for more", len(to), maxRecipients)
	}
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	_, err := m.Client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress:     &from,
		Destination:          &types.Destination{ToAddresses: to},
		Content:              &types.EmailContent{Raw: &types.RawMessage{Data: raw}},
		ConfigurationSetName: &m.ConfigurationSet,
	}, retryRefused)
	if err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// retryRefused tries again only where SES says that it was asked too often.
// Where its answer is lost the mail may be on its way, and would be sent twice.
func retryRefused(o *sesv2.Options) {
	o.Retryer = refusedOnly{o.Retryer}
}

type refusedOnly struct{ aws.Retryer }

func (refusedOnly) IsErrorRetryable(err error) bool {
	refused := retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	return refused.IsErrorRetryable(err) == aws.TrueTernary
}
