package weekly

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/told"
)

// Mailer sends mail.
type Mailer interface {
	// Send sends one message, raw as RFC 5322 has it, to all recipients, and
	// says by which id the mail system knows it. After an error it may have been
	// sent or not, unless the error says [ErrNotSent].
	Send(ctx context.Context, from string, to []string, raw []byte) (id string, err error)
}

// Shelf keeps the digests that were mailed.
type Shelf interface {
	// Put keeps a value under a key, in place of one that was there.
	Put(ctx context.Context, key string, value []byte) error
}

// Mail mails digests to those who look after the domains, one a week to each
// audience, however often and by how many it is asked to, and wherever it was
// interrupted.
type Mail struct {
	Digests     Digests
	Shelf       Shelf
	Deliveries  told.DeliveryStore
	Mailer      Mailer
	Sender      string
	Unsubscribe string // As in a digest.Envelope.
	Audiences   []told.Audience
}

// Prefix begins the keys of all digests that are kept.
const Prefix = "digests/"

// Key is where the digest of a week for an audience is kept, as .txt, .html or
// .json.
func Key(week digest.Week, audience, ending string) string {
	return Prefix + week.String() + "/" + audience + ending
}

// Send mails the digest of a week to an audience, unless it was mailed before,
// and says of the mail what is known. What may have been mailed is mailed again
// only by order: again is one.
//
// The digest is kept before anybody sets out to mail it, so whatever was mailed
// can be read. To set out is to note it, which one of many can; a mail that is
// noted and not known to be sent is in doubt, an [told.InDoubtError], until somebody
// orders the next.
func (m Mail) Send(ctx context.Context, week digest.Week, to told.Audience, again bool) (d told.Delivery, now bool, err error) {
	return m.send(ctx, week, to, again, m.gathering(ctx, week))
}

// gathering reads what the digests of a week are made of as soon as it is wanted,
// and once.
func (m Mail) gathering(ctx context.Context, week digest.Week) func() (Material, error) {
	return sync.OnceValues(func() (Material, error) {
		before, err := MailedAt(ctx, m.Deliveries, week.Prev(), m.Audiences[0].Name)
		if err != nil {
			return Material{}, err
		}
		if now := m.Digests.Now(); before.After(now) { // A clock was ahead.
			before = now
		}
		return m.Digests.Gather(ctx, week, before)
	})
}

// MailedAt is when the digest of a week was last mailed to an audience; the zero
// time, if that is not known.
func MailedAt(ctx context.Context, deliveries told.DeliveryStore, week digest.Week, audience string) (time.Time, error) {
	d, err := deliveries.Delivery(ctx, week.String(), audience)
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("find out when the digest of week %s was mailed: %w", week, err)
	case d.State != told.StateSent:
		return time.Time{}, nil
	default:
		return d.Since, nil
	}
}

func (m Mail) send(ctx context.Context, week digest.Week, to told.Audience, again bool, gather func() (Material, error)) (d told.Delivery, now bool, err error) {
	before, err := m.Deliveries.Delivery(ctx, week.String(), to.Name)
	if err != nil {
		return told.Delivery{}, false, fmt.Errorf("find out whether the digest of week %s was mailed: %w", week, err)
	}
	switch {
	case before.State == told.StateSending && isUnderWay(before, m.Digests.Now()):
		return before, false, &UnderWayError{before}
	case before.State == told.StateSent && !again:
		return before, false, nil
	case before.State == told.StateSending && !again:
		return before, false, &told.InDoubtError{Delivery: before}
	}
	material, err := gather()
	if err != nil {
		return before, false, err
	}
	made := material.Digest(to)
	if err := m.keep(ctx, made, to); err != nil {
		return before, false, err
	}
	sending := follow(before, told.StateSending, m.Digests.Now())
	sending.Week, sending.Audience = week.String(), to.Name
	raw, err := m.message(made, to, sending)
	if err != nil {
		return before, false, err
	}
	return m.deliver(ctx, sending, to, raw)
}

// deliver notes that a mail is to be sent, sends it, and notes what became of
// it.
func (m Mail) deliver(ctx context.Context, sending told.Delivery, to told.Audience, raw []byte) (d told.Delivery, now bool, err error) {
	if done, err := m.Deliveries.SetDelivery(ctx, sending); err != nil {
		return sending, false, fmt.Errorf("note that the digest of week %s is mailed: %w", sending.Week, err)
	} else if !done {
		return sending, false, &UnderWayError{sending}
	}
	id, err := m.Mailer.Send(ctx, m.Sender, to.Recipients, raw)
	ctx = context.WithoutCancel(ctx) // Whoever is called off now had better still note it.
	if err != nil {
		failure := &SendError{sending, err}
		err = failure
		if !failure.IsInDoubt() {
			_, failed := m.Deliveries.SetDelivery(ctx, follow(sending, told.StateNotSent, m.Digests.Now()))
			err = errors.Join(err, failed) // What is not noted stays in doubt.
		}
		return sending, false, err
	}
	sent := follow(sending, told.StateSent, m.Digests.Now())
	sent.ReceiptID = id
	done, err := m.note(ctx, sent)
	if err == nil && !done {
		err = errors.New("somebody else has ordered another meanwhile")
	}
	if err != nil {
		return sending, true, fmt.Errorf("note that the digest of week %s was mailed to the audience %s, as it was: %w", sent.Week, to.Name, err)
	}
	return sent, true, nil
}

// note notes how a mail ended, and reports whether that is noted. A write whose
// answer was lost is sent again by the client of the store, and is refused then,
// because it finds itself in its place.
func (m Mail) note(ctx context.Context, end told.Delivery) (bool, error) {
	done, err := m.Deliveries.SetDelivery(ctx, end)
	if done || err != nil {
		return done, err
	}
	noted, err := m.Deliveries.Delivery(ctx, end.Week, end.Audience)
	return noted.Revision == end.Revision && noted.State == end.State && noted.ReceiptID == end.ReceiptID, err
}

func (m Mail) message(d digest.Digest, to told.Audience, sending told.Delivery) ([]byte, error) {
	return digest.Message(d, digest.Envelope{
		From:        m.Sender,
		To:          to.Recipients,
		Date:        sending.Since,
		MessageID:   m.messageID(sending),
		Unsubscribe: m.Unsubscribe,
	})
}

// messageID is another for a mail that is sent again by order: a mailbox that
// has dropped the first as spam may drop whatever has the same.
func (m Mail) messageID(sending told.Delivery) string {
	_, host, _ := strings.Cut(strings.TrimSuffix(m.Sender, ">"), "@")
	return fmt.Sprintf("tlsrpt-digest.%s.%s.%d@%s", sending.Week, sending.Audience, sending.Mails, host)
}

// keep keeps a digest in each of its forms.
func (m Mail) keep(ctx context.Context, d digest.Digest, to told.Audience) error {
	var text, page, members bytes.Buffer
	if err := d.Text(&text); err != nil {
		return fmt.Errorf("write the digest as text: %w", err)
	}
	if err := d.HTML(&page, digest.Options{}); err != nil {
		return fmt.Errorf("write the digest as HTML: %w", err)
	}
	if err := d.JSON(&members); err != nil {
		return fmt.Errorf("write the digest as JSON: %w", err)
	}
	for _, form := range []struct {
		ending string
		value  []byte
	}{{".txt", text.Bytes()}, {".html", page.Bytes()}, {".json", members.Bytes()}} {
		if err := m.Shelf.Put(ctx, Key(d.Week, to.Name, form.ending), form.value); err != nil {
			return fmt.Errorf("keep the digest of week %s: %w", d.Week, err)
		}
	}
	return nil
}
