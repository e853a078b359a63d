// Package publication decides which policies are served. People edit items;
// what passes every check is published, and served until something better
// passes. A bad edit changes nothing but the status that says why.
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
	Sequence    Sequence    `json:"sequence"` // Of the last edit that asked for it.
}

// sameAs compares all that is served; the rest follows from the body.
func (p Published) sameAs(o Published) bool {
	return p.Domain == o.Domain && p.Body == o.Body && p.ID == o.ID
}

// HistoryName is what a HistoryStore calls p. Names sort as the times of
// publication do, and any file may have them.
func (p Published) HistoryName() string {
	return "HISTORY#" + p.PublishedAt.UTC().Format("20060102T150405.000000000Z")
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

// Problem is a reason not to publish an item, and how to mend it.
type Problem struct {
	Path    string `json:"path"` // JSON Pointer into the item (RFC 6901); empty for the whole.
	Message string `json:"message"`
}

// String words a problem for a terminal.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// State is how far an item has come.
type State string

const (
	StatePublished  State = "PUBLISHED"  // It is served.
	StateRefused    State = "REFUSED"    // It has problems; what was served before is served on.
	StateWithdrawn  State = "WITHDRAWN"  // The item is gone, and nothing is served.
	StateSuperseded State = "SUPERSEDED" // A later edit came first. Its status stands; this one is never kept.
)

// PublishedStore keeps what is served. An error means that the state is not
// known; the caller must not guess.
//
// Edits may come twice, and late. So what changes the store says which edit it
// goes back to, and a later one is never undone: then false is returned, and
// nothing changes. The same edit again is done again.
type PublishedStore interface {
	// Published reads what is served for a domain; false where nothing is.
	Published(ctx context.Context, domain string) (Published, bool, error)

	// Publish replaces what is served for a domain, whole and for good.
	Publish(ctx context.Context, p Published) (latest bool, err error)

	// Withdraw ends what is served for a domain; no matter if nothing is.
	Withdraw(ctx context.Context, domain string, sequence Sequence) (latest bool, err error)
}

// HistoryStore keeps everything that was ever served.
type HistoryStore interface {
	// AddHistory keeps p, under its domain and [Published.HistoryName]. To
	// add it again changes nothing.
	AddHistory(ctx context.Context, p Published) error
}

// CopyStore keeps a copy of what is served where it can be served from while
// the Policy Host is out of order.
type CopyStore interface {
	// PutCopy replaces the copy of what a Policy Host serves.
	PutCopy(ctx context.Context, host string, body []byte) error

	// RemoveCopy removes it; no matter if there is none.
	RemoveCopy(ctx context.Context, host string) error
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
