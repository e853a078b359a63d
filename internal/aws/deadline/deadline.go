// Package deadline has functions end before AWS Lambda ends them: whoever is
// killed answers nobody, and says nothing of what was in the way.
package deadline

import (
	"context"
	"time"
)

// Slack is what is left to say so when the time is over.
const Slack = time.Second

// Early gives a context that ends Slack before the one of a call, which has the
// function's own deadline. Without a deadline it ends only with the other.
func Early(ctx context.Context) (context.Context, context.CancelFunc) {
	end, is := ctx.Deadline()
	if !is {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-Slack))
}
