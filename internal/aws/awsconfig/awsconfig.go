// Package awsconfig says how functions call AWS: with bounded patience.
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

// Patience is how long a function waits for AWS. Each call has a deadline of
// its own besides, in the driver that makes it.
type Patience struct {
	Attempts int           // Of each call.
	Connect  time.Duration // Until a connection stands.
	Answer   time.Duration // Until the answer to one attempt begins.
	Pause    time.Duration // Between attempts, at most; 20 seconds if it is 0.
}

// Load reads region and credentials from the function's environment.
func Load(ctx context.Context, patience Patience) (aws.Config, error) {
	client := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = patience.Connect }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = patience.Connect
			t.ResponseHeaderTimeout = patience.Answer
		})
	loaded, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer { // Waits longer each time, by a random part of it.
			return retry.NewStandard(patience.retrying)
		}))
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the configuration of AWS: %w", err)
	}
	return loaded, nil
}

func (p Patience) retrying(o *retry.StandardOptions) {
	o.MaxAttempts = p.Attempts
	if p.Pause > 0 {
		o.MaxBackoff = p.Pause
	}
}
