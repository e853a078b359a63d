package publication

import (
	"context"
	"time"
)

// Brake holds changes back where many domains change at once: a mistake of a
// script must not stop the mail of all of them.
type Brake struct {
	Changed       map[string]time.Time `json:"changed,omitempty"`       // The domains that changed lately, and when.
	Hosted        int                  `json:"hosted"`                  // How many domains there were.
	CountedAt     time.Time            `json:"counted_at,omitzero"`     // When they were counted.
	EngagedAt     time.Time            `json:"engaged_at,omitzero"`     // Since when it holds.
	ReleasedUntil time.Time            `json:"released_until,omitzero"` // Until when everything passes.
	Revision      int                  `json:"revision"`                // Counts what was ever put in this place.
}

// BrakeStore keeps the one brake.
type BrakeStore interface {
	// Brake reads it, as of now; the zero value where there is none.
	Brake(ctx context.Context) (Brake, error)

	// SetBrake replaces it, if its revision follows the one that is kept.
	// Otherwise false is returned, and nothing changes.
	SetBrake(ctx context.Context, b Brake) (done bool, err error)
}
