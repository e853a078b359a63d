package weekly

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sealpost/internal/digest"
)

// State is how far a delivery has come.
type State string

// A delivery that nobody has begun has none of these.
const (
	StateSending State = "sending"  // Somebody is mailing it, or ended before it was noted that it is mailed.
	StateSent    State = "sent"     // The mail system has taken it.
	StateNotSent State = "not sent" // The mail system has refused it.
)

// Delivery is what is known of the mail that brings the digest of a week to an
// audience.
type Delivery struct {
	Week      string    `json:"week"`
	Audience  string    `json:"audience"`
	State     State     `json:"state"`
	Since     time.Time `json:"since"`               // Of the state.
	Until     time.Time `json:"until,omitzero"`      // While it is sent: whoever sends it is done by then.
	Mails     int       `json:"mails"`               // How many were begun.
	ReceiptID string    `json:"receipt_id,omitzero"` // Of the last, by which the mail system knows it.
	Revision  int       `json:"revision"`            // Counts what was ever put in this place.
}

// KeptUntil is when nobody asks for the delivery any more.
func (d Delivery) KeptUntil() time.Time { return d.Since.AddDate(2, 0, 0) }

// DeliveryName names the delivery of a week to an audience, for stores. Any file
// may have such a name.
func DeliveryName(week, audience string) (string, error) {
	if _, err := digest.ParseWeek(week); err != nil {
		return "", err
	}
	return "DIGEST#" + week + "#" + audience, CheckName(audience)
}

// DeliveryStore keeps a delivery for each week and audience.
type DeliveryStore interface {
	// Delivery reads one, as of now; where nobody has begun it, one without a
	// state.
	Delivery(ctx context.Context, week, audience string) (Delivery, error)

	// SetDelivery replaces one, if its revision follows the one that is kept.
	// Otherwise false is returned, and nothing changes. It may be forgotten
	// after its KeptUntil.
	SetDelivery(ctx context.Context, d Delivery) (done bool, err error)
}

// lease is how long a mail may be under way. Both the mail system and the store
// are waited for less than that.
const lease = 2 * time.Minute

// follow gives the delivery after a change of its state.
func (d Delivery) follow(state State, now time.Time) Delivery {
	d.State, d.Since, d.Until = state, now.UTC(), time.Time{}
	if state == StateSending {
		d.Until = d.Since.Add(lease)
		d.Mails++
		d.ReceiptID = ""
	}
	d.Revision++
	return d
}

// ErrNotSent is in the error of a Mailer that is certain to have sent nothing.
var ErrNotSent = errors.New("no mail was sent")

// InDoubtError says of a digest that nobody knows whether it was mailed.
type InDoubtError struct{ Delivery Delivery }

func (e *InDoubtError) Error() string {
	d := e.Delivery
	return fmt.Sprintf("mailing the digest of week %s to the audience %s began at %s and came to no end that was noted, so it may have been mailed or not: "+
		"look whether it has arrived, and if not, mail it again with: sealpost digest -resend [-stack NAME] -week %[1]s -audience %[2]s",
		d.Week, d.Audience, d.Since.UTC().Format(time.RFC3339))
}

// underWayError says that a digest is just being mailed.
type underWayError struct{ delivery Delivery }

func (e *underWayError) Error() string {
	return fmt.Sprintf("the digest of week %s is being mailed to the audience %s by somebody else: by %s it is known what became of it; ask again then",
		e.delivery.Week, e.delivery.Audience, e.delivery.Until.UTC().Format(time.RFC3339))
}
