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

// underWayError says that a digest is just being mailed.
type underWayError struct{ delivery told.Delivery }

func (e *underWayError) Error() string {
	return fmt.Sprintf("the digest of week %s is being mailed to the audience %s by somebody else: by %s it is known what became of it; ask again then",
		e.delivery.Week, e.delivery.Audience, e.delivery.Until.UTC().Format(time.RFC3339))
}
