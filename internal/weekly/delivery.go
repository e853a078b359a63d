package weekly

import (
	"errors"
	"fmt"
	"time"

	"sealpost/internal/told"
)

// lease is how long a mail may be under way. Both the mail system and the store
// are waited for less than that.
const lease = 2 * time.Minute

// isUnderWay reports whether a mail may be under way. One that was begun in the time
// to come was begun by a clock that was ahead, and is over.
func isUnderWay(d told.Delivery, now time.Time) bool {
	return now.Before(d.Until) && !d.Since.After(now.Add(lease))
}

// follow gives the delivery after a change of its state.
func follow(d told.Delivery, state told.State, now time.Time) told.Delivery {
	d.State, d.Since, d.Until = state, now.UTC(), time.Time{}
	if state == told.StateSending {
		d.Until = d.Since.Add(lease)
		d.Mails++
		d.ReceiptID = ""
	}
	d.Revision++
	return d
}

// ErrNotSent is in the error of a Mailer that is certain to have sent nothing.
var ErrNotSent = errors.New("no mail was sent")

// UnderWayError says that a digest may just be being mailed.
type UnderWayError struct{ Delivery told.Delivery }

func (e *UnderWayError) Error() string {
	d := e.Delivery
	return fmt.Sprintf("somebody began at %s to mail the digest of week %s to the audience %s, and has not said how it ended: it may be under way until %s; ask again then",
		d.Since.UTC().Format(time.RFC3339), d.Week, d.Audience, d.Until.UTC().Format(time.RFC3339))
}

// SendError says why a Mailer has sent nothing, or may have sent nothing.
type SendError struct {
	Delivery told.Delivery
	Err      error
}

// IsInDoubt says whether the mail may have gone out all the same.
func (e *SendError) IsInDoubt() bool { return !errors.Is(e.Err, ErrNotSent) }

func (e *SendError) Unwrap() error { return e.Err }

func (e *SendError) Error() string {
	says := fmt.Sprintf("mail the digest of week %s to the audience %s: %v", e.Delivery.Week, e.Delivery.Audience, e.Err)
	if e.IsInDoubt() {
		says += fmt.Sprintf("; the mail may have gone out all the same: look whether it has arrived, and if not, mail it again after %s with: %s",
			e.Delivery.Until.UTC().Format(time.RFC3339), e.Delivery.Resend())
	}
	return says
}
