// Package weekly makes the digest of a week from what lies in the archive, and
// mails it.
package weekly

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/publication"
	"sealpost/internal/tlsrpt"
)

// Engine reads reports and sums them: all engines make of the same reports the
// same digest, as the suite in digest/digesttest has it.
type Engine interface {
	// Sums sums the reports that q asks for, as of now: [digest.Sums] takes the
	// rows that they are grouped into. What is read twice adds up as once.
	Sums(ctx context.Context, q digest.Query) (*digest.Sums, error)
}

// Digests makes digests about the hosted domains.
type Digests struct {
	Engine    Engine
	Directory publication.Directory
	Now       func() time.Time
}

// earlier is how many weeks before are compared with.
const earlier = 4

// Of sums a week about the hosted domains.
func (d Digests) Of(ctx context.Context, week digest.Week) (digest.Digest, error) {
	set, err := publication.ReadSet(ctx, d.Directory)
	if err != nil {
		return digest.Digest{}, err
	}
	ours := func(domain string, tlsa bool) bool {
		return set.Ours(tlsrpt.PolicySTS, domain) || tlsa && set.Ours(tlsrpt.PolicyTLSA, domain)
	}
	sums, err := d.sums(ctx, week, ours)
	if err != nil {
		return digest.Digest{}, err
	}
	return sums.Digest(digest.Subject{Hosted: set.Domains(), Has: digest.Everything().Has}), nil
}

// OfAll sums a week about whatever domains there are reports about.
func (d Digests) OfAll(ctx context.Context, week digest.Week) (digest.Digest, error) {
	sums, err := d.sums(ctx, week, func(string, bool) bool { return true })
	if err != nil {
		return digest.Digest{}, err
	}
	return sums.Digest(digest.Everything()), nil
}

func (d Digests) sums(ctx context.Context, week digest.Week, counts digest.Counts) (*digest.Sums, error) {
	return d.Engine.Sums(ctx, digest.Query{Week: week, Earlier: earlier, Since: week.Start(), Counts: counts})
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
