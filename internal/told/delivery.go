// Package told keeps what people were told, so that they are told it once: how
// far the mails with digests have come, and which failures they heard of today.
// It stands apart from those who tell, since what serves policies keeps its
// records in the same store and is not to carry digests for it.
package told

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
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

var weeks = regexp.MustCompile(`^[0-9]{4}-W[0-9]{2}$`)

// DeliveryName names the delivery of a week to an audience, for stores. Any file
// may have such a name.
func DeliveryName(week, audience string) (string, error) {
	if !weeks.MatchString(week) {
		return "", fmt.Errorf("%.60q cannot be a week", week)
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

// InDoubtError says of a digest that nobody knows whether it was mailed.
type InDoubtError struct{ Delivery Delivery }

func (e *InDoubtError) Error() string {
	d := e.Delivery
	return fmt.Sprintf("mailing the digest of week %s to the audience %s began at %s and came to no end that was noted, so it may have been mailed or not: "+
		"look whether it has arrived, and if not, mail it again with: %s",
		d.Week, d.Audience, d.Since.UTC().Format(time.RFC3339), d.Resend())
}

// AnyStack stands in a command for the option that names a stack: what runs there
// does not know its name.
const AnyStack = "-stack NAME"

// Resend is the command by which a stack mails the digest again.
func (d Delivery) Resend() string {
	return fmt.Sprintf("sealpost digest -resend %s -week %s -audience %s", AnyStack, d.Week, d.Audience)
}

// Outcome is what became of a call for an audience.
type Outcome struct {
	Week       string    `json:"week"`
	Due        bool      `json:"due,omitzero"` // Whether the week was the last one that was over.
	Audience   string    `json:"audience"`
	Recipients []string  `json:"recipients"`
	Sent       bool      `json:"sent"` // Whether a mail was sent, now or before.
	Now        bool      `json:"now"`  // Whether it was sent now.
	At         time.Time `json:"at,omitzero"`
	ReceiptID  string    `json:"receipt_id,omitzero"` // By which the mail system knows it.
	Err        error     `json:"-"`
}

// InDoubt says whether nobody knows if a mail was sent.
func (o Outcome) InDoubt() bool {
	var doubt *InDoubtError
	return errors.As(o.Err, &doubt)
}
