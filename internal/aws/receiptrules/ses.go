package receiptrules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
)

// SES are the rule sets of Amazon SES. Receiving is in the first version of its
// API only.
type SES struct {
	Client  *ses.Client
	Timeout time.Duration // Of each call, with all its attempts.
}

var _ Sets = SES{}

// Active implements Sets.
func (s SES) Active(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	described, err := s.Client.DescribeActiveReceiptRuleSet(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("ask which receipt rule set is active: %w", err)
	}
	if described.Metadata == nil {
		return "", nil
	}
	return aws.ToString(described.Metadata.Name), nil
}

// Activate implements Sets.
func (s SES) Activate(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	var input ses.SetActiveReceiptRuleSetInput // Without a name, none is active.
	if name != "" {
		input.RuleSetName = &name
	}
	_, err := s.Client.SetActiveReceiptRuleSet(ctx, &input)
	var none *types.RuleSetDoesNotExistException
	if errors.As(err, &none) {
		err = ErrNoSet
	}
	if err != nil {
		return fmt.Errorf("activate the receipt rule set %q: %w", name, err)
	}
	return nil
}
