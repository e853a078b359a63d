package publication

import (
	"context"
	"iter"
	"slices"
	"time"

	"sealpost/internal/mtasts"
)

// Status says how far a domain has come, for people.
type Status struct {
	Domain          string    `json:"domain"`
	State           State     `json:"state"`
	Since           time.Time `json:"since"`                      // Of the state.
	Problems        []Problem `json:"problems,omitempty"`         // Why the item is not published.
	MaxAgeProblems  []Problem `json:"max_age_problems,omitempty"` // Why max_age does not grow yet, where the item leaves it out. No edit waits for it.
	Obstacle        string    `json:"obstacle,omitempty"`         // What is in the way of what is served, and what to do.
	ClockCorrection string    `json:"clock_correction,omitzero"`  // That a clock was ahead when the policy was published, and since when the policy counts as published.
	Drift           string    `json:"drift,omitzero"`             // Which MX hosts of the domain what is announced does not allow, and what to do.

	Mode        mtasts.Mode `json:"mode,omitzero"`         // Of what is served.
	ID          string      `json:"id,omitzero"`           // Of what is served.
	LiveID      string      `json:"live_id,omitzero"`      // Of what was last seen from outside.
	TXTWanted   string      `json:"txt_wanted,omitzero"`   // The whole record that the DNS is to have.
	TXTSeen     string      `json:"txt_seen,omitzero"`     // What it had when it was last looked at; several are joined by " | ".
	TXTUnread   bool        `json:"txt_unread,omitzero"`   // The last look at the record failed, so TXTSeen and AnnouncedID are older.
	AnnouncedID string      `json:"announced_id,omitzero"` // The id that the DNS had.
	AnnouncedAt time.Time   `json:"announced_at,omitzero"` // Since when the DNS announces what is served, and no other policy.

	ExposureUntil time.Time `json:"exposure_until,omitzero"` // Until when senders may hold an older policy of a domain that retires.
	TurnedAt      time.Time `json:"turned_at,omitzero"`      // Since when the DNS no more announces what was served before it retired.
	TXTGoneAt     time.Time `json:"txt_gone_at,omitzero"`    // Since when its TXT record is away.

	TXTForeign     bool      `json:"txt_foreign,omitzero"` // Its place in the DNS holds a record of somebody else.
	Item           string    `json:"item,omitzero"`        // SHA-256 of the item that was judged last.
	UpdatedAt      time.Time `json:"updated_at"`
	ServedRevision int       `json:"served_revision,omitzero"` // Of what is served.
	Revision       int       `json:"revision"`                 // Counts what was ever put in this place.
}

// HeldBy reports whether a rule keeps the item from being published.
func (s Status) HeldBy(rule Rule) bool {
	return slices.ContainsFunc(s.Problems, func(p Problem) bool { return p.Rule == rule })
}

// State is how far an item has come.
type State string

// What becomes of an item, in this order.
const (
	StateChecking  State = "CHECKING"  // It is being looked at.
	StateRefused   State = "REFUSED"   // It has problems; what was served before is served on.
	StatePublished State = "PUBLISHED" // It is served, and was not yet seen from outside.
	StateLive      State = "LIVE"      // It was seen from outside; the TXT record does not announce it yet.
	StateActive    State = "ACTIVE"    // The TXT record announces it.
)

// What becomes of a domain whose item is gone.
const (
	StateRetiring State = "RETIRING" // It is served in mode none, until no sender holds an older policy.
	StateRetired  State = "RETIRED"  // Nothing is served.
)

// Problem is a reason not to publish an item, and how to mend it.
type Problem struct {
	Rule    Rule   `json:"rule"`
	Path    string `json:"path,omitzero"` // JSON Pointer into the item (RFC 6901); empty for the whole.
	Message string `json:"message"`
}

// String words a problem for a terminal. What could not be served has no rule
// to speak of, since none can be overridden.
func (p Problem) String() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Rule != RuleSyntax && p.Rule != "" {
		text += " (rule " + string(p.Rule) + ")"
	}
	return text
}

// StatusStore keeps a status for each domain.
type StatusStore interface {
	// Status reads the status of a domain, as of now; false where there is none.
	Status(ctx context.Context, domain string) (Status, bool, error)

	// SetStatus replaces the status of a domain, if its revision follows the
	// one that is kept (0 where there is none). Otherwise false is returned,
	// and nothing changes.
	SetStatus(ctx context.Context, s Status) (done bool, err error)
}

// Statuses lists the statuses of all domains.
type Statuses interface {
	// AllStatuses gives every status that is kept, in no order. It ends after
	// the first error.
	AllStatuses(ctx context.Context) iter.Seq2[Status, error]
}
