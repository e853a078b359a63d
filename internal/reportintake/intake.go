// Package reportintake takes in TLS reports: it decodes, judges and keeps
// them, and says what became of each. How the bytes came is its callers'
// matter; RFC 8460, section 5.4, is served by [Handler].
package reportintake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// Domains knows whose reports are taken in.
type Domains interface {
	// Ours says whether a policy of that type and Policy Domain is one that
	// is hosted here. An error means that it can't be told now.
	Ours(ctx context.Context, policyType tlsrpt.PolicyType, policyDomain string) (bool, error)
}

// Intake decodes, judges and keeps reports.
type Intake struct {
	Archive archive.Archive
	Domains Domains
	Now     func() time.Time
}

// Submission is what came, and what is known of where it came from.
type Submission struct {
	Body        []byte // JSON, or gzip that holds JSON.
	Channel     archive.Channel
	Trust       archive.Trust
	TrustDomain string
	Filename    string // May name the Policy Domain (RFC 8460, section 5.1); the report itself wins (section 5.6).
}

// Status says what became of a submission.
type Status string

const (
	Stored      Status = "stored"      // Kept, and counted.
	Duplicate   Status = "duplicate"   // The same report was kept before.
	Quarantined Status = "quarantined" // Kept as it came, and not counted.
	Refused     Status = "refused"     // Not kept: it is over the limits.
)

// Receipt says what became of a submission. Once there is a receipt, what it
// says is kept is kept for good.
type Receipt struct {
	Status     Status
	Reason     archive.Reason // Of quarantine.
	Key        string         // Of what is kept.
	Problems   []archive.Problem
	Deviations []tlsrpt.Deviation
}

// Receive takes in a submission. An error means that it was not kept, and that
// the sender had better try again.
func (in *Intake) Receive(ctx context.Context, s Submission) (Receipt, error) {
	text, err := tlsrpt.Inflate(s.Body)
	if err != nil {
		return in.notUnderstood(ctx, s, nil, err)
	}
	decoded, err := tlsrpt.Decode(text)
	if err != nil {
		return in.notUnderstood(ctx, s, text, err)
	}
	fillPolicyDomain(&decoded, s.Filename)
	ours, err := in.ours(ctx, decoded.Report)
	if err != nil {
		return Receipt{}, err
	}
	if !ours {
		return in.quarantine(ctx, s, archive.ReasonNotHosted, notHosted(decoded.Report))
	}
	return in.keep(ctx, s, decoded)
}

func (in *Intake) keep(ctx context.Context, s Submission, decoded tlsrpt.Decoded) (Receipt, error) {
	line := archive.LineOf(decoded)
	line.ReceivedAt = in.receivedAt()
	line.Channel = s.Channel
	line.Trust = s.Trust
	line.TrustDomain = s.TrustDomain
	kept, err := in.Archive.Keep(ctx, line)
	if err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{Status: Stored, Key: kept.Key, Deviations: decoded.Deviations}
	if kept.Duplicate {
		receipt.Status = Duplicate
	}
	return receipt, nil
}

// receivedAt is as exact as query engines keep a time.
func (in *Intake) receivedAt() time.Time {
	return in.Now().UTC().Truncate(time.Millisecond)
}

// notUnderstood keeps what is no report all the same: some reporters read no
// answer, and a later version may know better. Only what is over the limits is
// not kept.
func (in *Intake) notUnderstood(ctx context.Context, s Submission, text []byte, err error) (Receipt, error) {
	var limit *tlsrpt.LimitError
	var invalid *tlsrpt.InvalidError
	switch {
	case errors.As(err, &limit):
		return refused(limit.Error()), nil
	case errors.As(err, &invalid):
		return in.quarantine(ctx, s, archive.ReasonInvalid, explain(text, invalid))
	default:
		return Receipt{}, fmt.Errorf("decode the report: %w", err)
	}
}

func (in *Intake) quarantine(ctx context.Context, s Submission, reason archive.Reason, problems []archive.Problem) (Receipt, error) {
	key, err := in.Archive.Quarantine(ctx, archive.Quarantined{
		Reason:     reason,
		ReceivedAt: in.receivedAt(),
		Channel:    s.Channel,
		Problems:   problems,
		Body:       s.Body,
	})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{Status: Quarantined, Reason: reason, Key: key, Problems: problems}, nil
}

func refused(why string) Receipt {
	return Receipt{Status: Refused, Problems: []archive.Problem{{Message: why}}}
}
