// Package publication decides which policies are served, and moves the id that
// announces them. People edit items; what passes every check is published, seen
// live from outside, and only then announced in the DNS (RFC 8461, section 8.1).
// A bad edit changes nothing but the status that says why.
//
// [Publisher] goes from the item to what is served, [Rotator] from what is
// served to the TXT record, and [Walk] sends everything through both doors from
// time to time. Each looks at what is there and does the next step, so any of
// them may run at any time, twice, or break off anywhere.
package publication

import (
	"context"
	"iter"
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
	CorrectedAt time.Time   `json:"corrected_at,omitzero"` // Since when it counts as published, if PublishedAt came from a clock that was ahead.
	DNS         DNS         `json:"dns,omitzero"`          // As the item asked.
	Override    *Override   `json:"override,omitzero"`     // As the item has it.
	PassedBy    *Override   `json:"passed_by,omitzero"`    // The override that the item had when this body was published.
	Retiring    bool        `json:"retiring,omitzero"`     // Its item is gone: it is there until no sender holds an older one.
	AnnouncedAt time.Time   `json:"announced_at,omitzero"` // In history, of what was replaced: since when the DNS announced it, if it did.
	Revision    int         `json:"revision"`              // Counts what was ever put in this place.
}

// withMaxAge gives the body and id that go with a max_age.
func (p Published) withMaxAge(seconds int) Published {
	p.MaxAge = seconds
	body := mtasts.Policy{Mode: p.Mode, MX: p.MX, MaxAge: seconds}.Render()
	p.Body, p.ID = string(body), mtasts.ID(body)
	return p
}

// withBodyOf returns what p asks for, except for the policy itself, which stays as it is
// served.
func (p Published) withBodyOf(served Published) Published {
	p.PassedBy = served.PassedBy
	return p.withMaxAge(served.MaxAge)
}

// serves says whether p is all that is wanted, so that there is nothing to
// publish.
func (p Published) serves(wanted Published) bool {
	return p.Body == wanted.Body && p.ID == wanted.ID && p.Retiring == wanted.Retiring &&
		p.DNS == wanted.DNS && p.Override.same(wanted.Override)
}

// HistoryName is what a HistoryStore calls p. Names sort as the times of
// publication do, and any file may have them.
func (p Published) HistoryName() string {
	return "HISTORY#" + p.PublishedAt.UTC().Format("20060102T150405.000000000Z")
}

// PublishedStore keeps what is served. An error means that the state is not
// known; the caller must not guess.
//
// Several may publish at once. So each says with the revision on what its
// decision rests: where that is no more what is kept, false is returned and
// nothing changes.
type PublishedStore interface {
	// Published reads what is served for a domain, as of now. Where nothing is
	// it returns false, and of the value only the revision counts: 0 where
	// nothing ever was.
	Published(ctx context.Context, domain string) (Published, bool, error)

	// Publish replaces what is served for a domain, whole and for good, if
	// p.Revision follows the revision that is kept.
	Publish(ctx context.Context, p Published) (done bool, err error)

	// Withdraw ends what is served for a domain, and keeps the revision, if
	// that follows the one that is kept.
	Withdraw(ctx context.Context, domain string, revision int) (done bool, err error)
}

// HistoryStore keeps everything that was ever served.
type HistoryStore interface {
	// AddHistory keeps p, under its domain and [Published.HistoryName], and
	// need not keep it longer than until. To add it again replaces it.
	AddHistory(ctx context.Context, p Published, until time.Time) error

	// History gives what is kept of a domain, the oldest first.
	History(ctx context.Context, domain string) ([]Published, error)
}

// CopyStore keeps a copy of what is served where it can be served from while
// the Policy Host is out of order.
type CopyStore interface {
	// Copy reads the copy of what a Policy Host serves; false where there is none.
	Copy(ctx context.Context, host string) (body []byte, is bool, err error)

	// PutCopy replaces it.
	PutCopy(ctx context.Context, host string, body []byte) error

	// RemoveCopy removes it; no matter if there is none.
	RemoveCopy(ctx context.Context, host string) error
}

// Directory lists what is served.
type Directory interface {
	// AllPublished gives everything that is served, in no order. It ends
	// after the first error.
	AllPublished(ctx context.Context) iter.Seq2[Published, error]
}
