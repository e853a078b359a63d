package awslog

import (
	"context"
	"log/slog"

	"sealpost/internal/aws/settings"
	"sealpost/internal/told"
)

// Digest writes a line of what became of a digest, for people and for the alarm
// that looks for it.
func Digest(ctx context.Context, log *slog.Logger, o told.Outcome) {
	what := log.With("week", o.Week, "audience", o.Audience, settings.LogInDoubt, o.InDoubt(), settings.LogDueRun, o.Due && (o.Sent || o.InDoubt()))
	switch {
	case o.Err != nil:
		what.ErrorContext(ctx, "digest not sent", "error", o.Err)
	case o.Now:
		what.InfoContext(ctx, "digest sent", "receipt_id", o.ReceiptID)
	default:
		what.InfoContext(ctx, "digest sent before", "at", o.At, "receipt_id", o.ReceiptID)
	}
}
