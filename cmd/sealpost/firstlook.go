package main

import (
	"context"
	"errors"
	"time"

	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// firstLook has reports wait until the policies were looked at for the first time:
// before that, a domain whose file is there already would pass for not hosted.
type firstLook struct {
	domains reportintake.Domains
	done    <-chan struct{}
}

// firstLookTimeout is shorter than a reporter waits for an answer. After an error it
// tries again.
const firstLookTimeout = 10 * time.Second

var errFirstLook = errors.New("the policies are being looked at for the first time, so it is not known yet which domains are hosted")

// Ours implements reportintake.Domains.
func (f firstLook) Ours(ctx context.Context, policies []tlsrpt.PolicyResult) (bool, error) {
	ours, err := f.domains.Ours(ctx, policies)
	if ours || err != nil {
		return ours, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return false, ctx.Err()
	case <-time.After(firstLookTimeout):
		return false, errFirstLook
	}
	return f.domains.Ours(ctx, policies)
}
