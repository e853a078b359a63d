package weekly

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"sealpost/internal/digest"
)

// Mailer sends mail.
type Mailer interface {
	// Send sends one message, raw as RFC 5322 has it, to all recipients.
	Send(ctx context.Context, from string, to []string, raw []byte) error
}

// Mail sends digests to those who look after the domains.
type Mail struct {
	Digests   Digests
	Mailer    Mailer
	Sender    string
	Audiences []Audience
}

// Send sends each audience its digest of a week. One that fails keeps none of
// the others from theirs.
func (m Mail) Send(ctx context.Context, week digest.Week) error {
	material, err := m.Digests.Gather(ctx, week, time.Time{})
	if err != nil {
		return err
	}
	var failures []error
	for _, audience := range m.Audiences {
		failures = append(failures, m.send(ctx, audience, material.Digest(audience)))
	}
	return errors.Join(failures...)
}

func (m Mail) send(ctx context.Context, a Audience, d digest.Digest) error {
	raw, err := digest.Message(d, digest.Envelope{
		From:      m.Sender,
		To:        a.Recipients,
		Date:      m.Digests.Now(),
		MessageID: m.messageID(d.Week, a),
	})
	if err != nil {
		return err
	}
	if err := m.Mailer.Send(ctx, m.Sender, a.Recipients, raw); err != nil {
		return fmt.Errorf("mail the digest of week %s: %w", d.Week, err)
	}
	return nil
}

// messageID is the same whenever the digest of a week is sent to the same
// people, so that mailboxes may show it once.
func (m Mail) messageID(week digest.Week, a Audience) string {
	sum := sha256.Sum256([]byte(a.Name + "\x00" + strings.Join(a.Recipients, ",")))
	_, host, _ := strings.Cut(strings.TrimSuffix(m.Sender, ">"), "@")
	return fmt.Sprintf("tlsrpt-digest.%s.%s@%s", week, hex.EncodeToString(sum[:8]), host)
}
