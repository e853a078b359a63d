// Package weekly makes the digest of a week from what lies in the archive, and
// mails it.
package weekly

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
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

// Mailer sends mail.
type Mailer interface {
	// Send sends one message, raw as RFC 5322 has it, to all recipients.
	Send(ctx context.Context, from string, to []string, raw []byte) error
}

// Mail sends digests to those who look after the domains.
type Mail struct {
	Digests    Digests
	Mailer     Mailer
	Sender     string
	Recipients []string
}

// Send sends the digest of a week.
func (m Mail) Send(ctx context.Context, week digest.Week) error {
	d, err := m.Digests.Of(ctx, week)
	if err != nil {
		return err
	}
	raw, err := digest.Message(d, digest.Envelope{
		From:      m.Sender,
		To:        m.Recipients,
		Date:      m.Digests.Now(),
		MessageID: m.messageID(week),
	})
	if err != nil {
		return err
	}
	if err := m.Mailer.Send(ctx, m.Sender, m.Recipients, raw); err != nil {
		return fmt.Errorf("mail the digest of week %s: %w", week, err)
	}
	return nil
}

// messageID is the same whenever the digest of a week is sent to the same
// people, so that mailboxes may show it once.
func (m Mail) messageID(week digest.Week) string {
	sum := sha256.Sum256([]byte(strings.Join(m.Recipients, ",")))
	_, host, _ := strings.Cut(strings.TrimSuffix(m.Sender, ">"), "@")
	return fmt.Sprintf("tlsrpt-digest.%s.%s@%s", week, hex.EncodeToString(sum[:8]), host)
}
