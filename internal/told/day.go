package told

import (
	"context"
	"time"
)

// Day is what was told of a domain on the last day on which anything was.
type Day struct {
	Domain   string             `json:"domain"`
	Date     string             `json:"date"`             // By UTC, such as 2026-11-24.
	Causes   map[string]Telling `json:"causes,omitempty"` // By what failed, and where.
	Revision int                `json:"revision"`         // Counts what was ever put in this place.
}

// Telling is how far people have been told of something.
type Telling struct {
	Told bool      `json:"told"` // Otherwise somebody is telling, or broke off.
	At   time.Time `json:"at"`   // When they were told, or when that was begun.
}

// DayStore keeps a day for each domain.
type DayStore interface {
	// Day reads it, as of now; of a domain of which nothing was ever told, one
	// without a date.
	Day(ctx context.Context, domain string) (Day, error)

	// SetDay replaces it, if its revision follows the one that is kept.
	// Otherwise false is returned, and nothing changes.
	SetDay(ctx context.Context, d Day) (done bool, err error)
}
