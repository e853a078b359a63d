package publication

import (
	"context"
	"iter"
	"slices"
	"time"

	"sealpost/internal/mtasts"
)

// Published is what a Policy Host serves.
type Published struct {
	Domain      string      `json:"domain"`
	Body        string      `json:"body"`
	ID          string      `json:"id"` // Of the TXT record that goes with the body.
	Mode        mtasts.Mode `json:"mode"`
	MX          []string    `json:"mx"`
	MaxAge      int         `json:"max_age"`
	PublishedAt time.Time   `json:"published_at"`
}

// sameAs compares all that is served; the rest follows from the body.
func (p Published) sameAs(o Published) bool {
	return p.Domain == o.Domain && p.Body == o.Body && p.ID == o.ID
}

// Status says how the last edit of an item fared.
type Status struct {
	Domain    string    `json:"domain"`
	State     State     `json:"state"`
	Problems  []Problem `json:"problems,omitempty"`
	UpdatedAt time.Time `json:"updated_at"`
}

// sameAs compares all but the time.
func (s Status) sameAs(o Status) bool {
	return s.Domain == o.Domain && s.State == o.State && slices.Equal(s.Problems, o.Problems)
}

// State is how far an item has come.
type State string

const (
	StatePublished State = "PUBLISHED" // It is served.
	StateRefused   State = "REFUSED"   // It has problems; what was served before is served on.
	StateWithdrawn State = "WITHDRAWN" // The item is gone, and nothing is served.
)

// PublishedStore keeps what is served. An error means that the state is not
// known; the caller must not guess.
type PublishedStore interface {
	// Published reads what is served for a domain; false where nothing is.
	Published(ctx context.Context, domain string) (Published, bool, error)

	// Publish replaces what is served for a domain, whole and for good.
	Publish(ctx context.Context, p Published) error

	// Withdraw ends what is served for a domain; no matter if nothing is.
	Withdraw(ctx context.Context, domain string) error
}

// StatusStore keeps a status for each domain.
type StatusStore interface {
	// Status reads the status of a domain; false where there is none.
	Status(ctx context.Context, domain string) (Status, bool, error)

	// SetStatus replaces the status of a domain.
	SetStatus(ctx context.Context, s Status) error
}

// Directory lists what is served.
type Directory interface {
	// AllPublished gives everything that is served, in no order. It ends
	// after the first error.
	AllPublished(ctx context.Context) iter.Seq2[Published, error]
}
