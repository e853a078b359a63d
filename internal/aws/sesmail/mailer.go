// Package sesmail sends mail by Amazon SES.
package sesmail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sealpost/internal/weekly"
)

// Mailer sends mail.
type Mailer struct {
	Client           *sesv2.Client
	ConfigurationSet string        // Where SES tells of bounces and complaints.
	Timeout          time.Duration // Of each message, with all its attempts.
}

var _ weekly.Mailer = Mailer{}

// SES takes so many recipients of one message.
const maxRecipients = 50

// Send implements weekly.Mailer. SES writes a Date and a Message-ID of its own in
// place of those of the message
// (https://docs.aws.amazon.com/ses/latest/dg/header-fields.html); the latter
// begins with the id that is given.
func (m Mailer) Send(ctx context.Context, from string, to []string, raw []byte) (id string, err error) {
	if len(to) == 0 || len(to) > maxRecipients {
		return "", fmt.Errorf("%w: it has %d recipients; SES takes 1 to %d, so use a mailing list for more", weekly.ErrNotSent, len(to), maxRecipients)
	}
	id, err = m.send(ctx, from, to, raw)
	var refused *types.MessageRejected
	if errors.As(err, &refused) {
		if in, askErr := m.InSandbox(ctx); askErr == nil && in {
			err = fmt.Errorf("%w; %s", err, Sandbox)
		}
	}
	return id, err
}

// Sandbox says what it means that SES has an account in its sandbox, and how it
// gets out.
const Sandbox = "Amazon SES has this account in its sandbox in this region, so it mails only to addresses and domains that are verified there: " +
	"verify each recipient, or request production access in the SES console"

// InSandbox says whether SES mails to verified addresses only
// (https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html).
func (m Mailer) InSandbox(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	account, err := m.Client.GetAccount(ctx, &sesv2.GetAccountInput{})
	if err != nil {
		return false, fmt.Errorf("ask SES whether the account is in its sandbox: %w", err)
	}
	return !account.ProductionAccessEnabled, nil
}

func (m Mailer) send(ctx context.Context, from string, to []string, raw []byte) (id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	sent, err := m.Client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress:     &from,
		Destination:          &types.Destination{ToAddresses: to},
		Content:              &types.EmailContent{Raw: &types.RawMessage{Data: raw}},
		ConfigurationSetName: &m.ConfigurationSet,
	}, retryRefused)
	switch {
	case isRefused(err):
		return "", fmt.Errorf("%w: %w", weekly.ErrNotSent, err)
	case err != nil:
		return "", fmt.Errorf("send mail: %w", err)
	default:
		return aws.ToString(sent.MessageId), nil
	}
}

// isRefused says whether SES has answered that it does not take the message.
func isRefused(err error) bool {
	var answer *smithyhttp.ResponseError
	return errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusBadRequest && answer.HTTPStatusCode() < http.StatusInternalServerError
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
