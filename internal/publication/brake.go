package publication

import (
	"context"
	"fmt"
	"maps"
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

// The brake holds once more than freeChanges domains, and more than one of
// heldShare, changed within brakeWindow.
const (
	brakeWindow = 10 * time.Minute
	freeChanges = 5
	heldShare   = 5
)

// releaseFor is how long everything passes once people said so: long enough for
// the hourly walk to bring what was held back.
const releaseFor = 75 * time.Minute

// Release lets everything pass for a while; then counting begins anew.
func Release(ctx context.Context, store BrakeStore, now time.Time) error {
	return setBrake(ctx, store, now, func(b *Brake) error {
		*b = Brake{ReleasedUntil: now.Add(releaseFor).UTC(), Revision: b.Revision}
		return nil
	})
}

// brake counts a change, or holds it back.
func (g Guards) brake(ctx context.Context, wanted Published) ([]Problem, error) {
	now := wanted.PublishedAt
	if wanted.Override.Lets(RuleBrake, now) {
		return nil, nil
	}
	var held bool
	share := "Many domains"
	err := setBrake(ctx, g.Brake, now, func(b *Brake) error {
		held = !b.EngagedAt.IsZero()
		if held || b.Released(now) {
			return nil
		}
		b.count(wanted.Domain, now)
		if err := g.countHosted(ctx, b, now); err != nil {
			return err
		}
		if held = b.exceeded(); held {
			delete(b.Changed, wanted.Domain)
			b.EngagedAt = now
		}
		share = fmt.Sprintf("%d of %d domains", len(b.Changed), b.Hosted)
		return nil
	})
	if err != nil || !held {
		return nil, err
	}
	return []Problem{{Rule: RuleBrake, Message: share + " changed within ten minutes, which may be a mistake, so all further changes wait. " +
		"Look whether they are meant" + ResumeHint}}, nil
}

// ResumeHint ends what the brake says. Who knows the whole command says that in
// its place.
const ResumeHint = "; then let all of them pass with: sealpost resume"

// setBrake changes the brake, and again if somebody else changed it meanwhile.
func setBrake(ctx context.Context, store BrakeStore, now time.Time, change func(*Brake) error) error {
	for range maxBrakeRaces {
		before, err := store.Brake(ctx)
		if err != nil {
			return fmt.Errorf("read the brake: %w", err)
		}
		after := before
		after.Changed = maps.Clone(before.Changed)
		after.correct(now)
		if err := change(&after); err != nil {
			return err
		}
		if after.same(before) {
			return nil
		}
		after.Revision++
		if done, err := store.SetBrake(ctx, after); err != nil {
			return fmt.Errorf("set the brake: %w", err)
		} else if done {
			return nil
		}
	}
	return fmt.Errorf("set the brake: others keep changing it")
}

// maxBrakeRaces is many: all domains share the one brake.
const maxBrakeRaces = 50

func (b Brake) same(o Brake) bool {
	return maps.Equal(b.Changed, o.Changed) && b.Hosted == o.Hosted && b.CountedAt.Equal(o.CountedAt) &&
		b.EngagedAt.Equal(o.EngagedAt) && b.ReleasedUntil.Equal(o.ReleasedUntil)
}

// count adds a domain to those that changed lately, and forgets those that
// changed longer ago.
func (b *Brake) count(domain string, now time.Time) {
	maps.DeleteFunc(b.Changed, func(_ string, at time.Time) bool { return now.Sub(at) >= brakeWindow })
	if b.Changed == nil {
		b.Changed = make(map[string]time.Time)
	}
	b.Changed[domain] = now
}

// countHosted counts the domains where that may decide.
func (g Guards) countHosted(ctx context.Context, b *Brake, now time.Time) error {
	if len(b.Changed) <= freeChanges || now.Sub(b.CountedAt) < brakeWindow {
		return nil
	}
	b.Hosted, b.CountedAt = 0, now
	for _, err := range g.Directory.AllPublished(ctx) {
		if err != nil {
			return fmt.Errorf("count the hosted domains: %w", err)
		}
		b.Hosted++
	}
	return nil
}

func (b *Brake) exceeded() bool {
	return len(b.Changed) > freeChanges && len(b.Changed)*heldShare > b.Hosted
}
