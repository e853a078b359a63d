// Package weekly makes the digest of a week from what lies in the archive, keeps
// it, and mails it once.
package weekly

import (
	"context"
	"iter"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/publication"
	"sealpost/internal/tlsrpt"
)

// Digests makes digests about the hosted domains.
type Digests struct {
	Archive   archive.Archive
	Directory publication.Directory
	Now       func() time.Time
}

// Of sums a week about the hosted domains.
func (d Digests) Of(ctx context.Context, week digest.Week) (digest.Digest, error) {
	set, err := publication.ReadSet(ctx, d.Directory)
	if err != nil {
		return digest.Digest{}, err
	}
	counts := func(policyType, policyDomain string) bool {
		return set.Ours(tlsrpt.PolicyType(policyType), policyDomain)
	}
	return digest.Sum(week, d.lines(ctx, week), counts, set.Domains())
}

// OfAll sums a week about whatever domains there are reports about.
func (d Digests) OfAll(ctx context.Context, week digest.Week) (digest.Digest, error) {
	return digest.Sum(week, d.lines(ctx, week), func(string, string) bool { return true }, nil)
}

// lines gives the reports in which those of a week are: some come long after it.
func (d Digests) lines(ctx context.Context, week digest.Week) digest.Lines {
	return func() iter.Seq2[archive.Line, error] {
		return d.Archive.Lines(ctx, week.Start(), d.Now())
	}
}
