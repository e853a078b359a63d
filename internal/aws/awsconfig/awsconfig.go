// Package awsconfig says how AWS is called: with bounded patience.
package awsconfig

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Patience is how long a program waits for AWS. Each call has a deadline of
// its own besides, in the driver that makes it.
type Patience struct {
	Attempts int           // Of each call.
	Connect  time.Duration // Until a connection stands.
	Answer   time.Duration // Until the answer to one attempt begins.
	Pause    time.Duration // Between attempts, at most; 20 seconds if it is 0.
}

// Load reads region and credentials from the program's environment, but for what
// the options say.
func Load(ctx context.Context, patience Patience, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	options = append([]func(*config.LoadOptions) error{config.WithHTTPClient(patience.Client()), config.WithRetryer(patience.Retryer)}, options...)
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the configuration of AWS: %w", err)
	}
	return loaded, nil
}

// Client gives a client of HTTP that waits so long, for a service that takes more
// patience than others.
func (p Patience) Client() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = p.Connect }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = p.Connect
			t.ResponseHeaderTimeout = p.Answer
		})
}

// Retryer gives what tries again so often. It waits longer each time, by a random
// part of it.
func (p Patience) Retryer() aws.Retryer { return retry.NewStandard(p.retrying) }

func (p Patience) retrying(o *retry.StandardOptions) {
	o.MaxAttempts = p.Attempts
	if p.Pause > 0 {
		o.MaxBackoff = p.Pause
	}
}
