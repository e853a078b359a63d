package publication

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"sealpost/internal/mtasts"
)

// Journal notes how far each domain has come.
type Journal struct {
	Statuses StatusStore
	Now      func() time.Time
	Tell     func(context.Context, Status) // Called with what people may want to hear of. May be nil.
}

// begin notes that an item is being looked at, unless it was before.
func (j Journal) begin(ctx context.Context, domain, item string) error {
	_, err := j.note(ctx, domain, func(s *Status) {
		if s.Item != item {
			s.Item, s.Problems, s.State = item, nil, StateChecking
		}
	})
	return err
}

// refuse notes why an item is not published, and what is served in its stead.
func (j Journal) refuse(ctx context.Context, served Published, item string, problems []Problem) (Status, error) {
	return j.note(ctx, served.Domain, func(s *Status) {
		if served.Body != "" && s.ServedRevision != served.Revision {
			s.serves(served)
		}
		s.Item, s.Problems = item, problems
		s.State = s.progress()
	})
}

// publish notes that what is served is what the item asks for.
func (j Journal) publish(ctx context.Context, served Published, item string, exposure time.Time) (Status, error) {
	return j.note(ctx, served.Domain, func(s *Status) {
		if s.ServedRevision != served.Revision {
			s.serves(served)
		}
		s.Item, s.Problems, s.ExposureUntil = item, nil, exposure
		s.State = s.progress()
	})
}

// serves begins anew to tell how far what is served has come.
func (s *Status) serves(served Published) {
	s.ServedRevision, s.Mode, s.ID, s.TXTWanted = served.Revision, served.Mode, served.ID, txtOf(served)
	s.LiveID, s.Obstacle, s.TXTForeign, s.TXTGoneAt = "", "", false, time.Time{}
}

// retired notes that nothing is served any more, unless an item is back.
func (j Journal) retired(ctx context.Context, served Published) error {
	_, err := j.note(ctx, served.Domain, func(s *Status) {
		if s.ServedRevision == served.Revision && s.Item == "" {
			s.empty(served.Revision + 1)
		}
	})
	return err
}

// close notes that nothing is served for a domain and no item is there. Of a
// domain that was never heard of there is nothing to note.
func (j Journal) close(ctx context.Context, domain string, revision int) (Status, error) {
	if _, known, err := j.Statuses.Status(ctx, domain); err != nil {
		return Status{}, fmt.Errorf("read the status of %s: %w", domain, err)
	} else if !known {
		return Status{Domain: domain, State: StateRetired}, nil
	}
	return j.note(ctx, domain, func(s *Status) { s.empty(revision) })
}

// empty leaves of a status what there is to say where nothing is served.
func (s *Status) empty(revision int) {
	*s = Status{Domain: s.Domain, State: StateRetired, Since: s.Since, UpdatedAt: s.UpdatedAt, Revision: s.Revision, ServedRevision: revision}
}

// live notes that what is served was seen from outside.
func (j Journal) live(ctx context.Context, served Published) error {
	_, err := j.progress(ctx, served, func(s *Status) { s.LiveID = served.ID })
	return err
}

// announced notes that the DNS announces what is served.
func (j Journal) announced(ctx context.Context, served Published, seen []string) error {
	_, err := j.progress(ctx, served, func(s *Status) {
		s.Obstacle, s.TXTForeign = "", false
		s.sees(seen)
	})
	return err
}

// obstacle notes what keeps what is served from going on, and what the DNS has.
func (j Journal) obstacle(ctx context.Context, served Published, text string) error {
	_, err := j.progress(ctx, served, func(s *Status) { s.Obstacle, s.TXTForeign = text, false })
	return err
}

// gone notes that the DNS has no record of what is served, and since when.
func (j Journal) gone(ctx context.Context, served Published, seen []string) (Status, error) {
	return j.progress(ctx, served, func(s *Status) {
		s.TXTWanted, s.Obstacle, s.TXTForeign = "", "", false
		s.sees(seen)
		if s.TXTGoneAt.IsZero() {
			s.TXTGoneAt = j.Now().UTC()
		}
	})
}

// progress notes how far what is served has come, unless something else is
// served by now.
func (j Journal) progress(ctx context.Context, served Published, change func(*Status)) (Status, error) {
	return j.note(ctx, served.Domain, func(s *Status) {
		if s.ServedRevision != served.Revision {
			return
		}
		change(s)
		s.State = s.progress()
	})
}

func (j Journal) note(ctx context.Context, domain string, change func(*Status)) (Status, error) {
	for range maxRaces {
		before, _, err := j.Statuses.Status(ctx, domain)
		if err != nil {
			return Status{}, fmt.Errorf("read the status of %s: %w", domain, err)
		}
		after := before
		after.Domain = domain
		after.Problems = slices.Clone(before.Problems)
		change(&after)
		if reflect.DeepEqual(after, before) {
			return before, nil
		}
		after.UpdatedAt = j.Now().UTC()
		if after.State != before.State {
			after.Since = after.UpdatedAt
		}
		after.Revision++
		done, err := j.Statuses.SetStatus(ctx, after)
		if err != nil {
			return Status{}, fmt.Errorf("note the status of %s: %w", domain, err)
		}
		if done {
			j.tell(ctx, before, after)
			return after, nil
		}
	}
	return Status{}, fmt.Errorf("note the status of %s: others keep changing it", domain)
}

func (j Journal) tell(ctx context.Context, before, after Status) {
	again := after.State == StateRefused && after.Item != before.Item // Another edit with the same mistake.
	news := again || after.State != before.State || after.ID != before.ID || after.Obstacle != before.Obstacle ||
		!slices.Equal(after.Problems, before.Problems)
	if news && j.Tell != nil {
		j.Tell(ctx, after)
	}
}

// progress is how far a domain has come by all that is known of it.
func (s Status) progress() State {
	switch {
	case len(s.Problems) > 0 || s.TXTForeign:
		return StateRefused
	case !s.ExposureUntil.IsZero():
		return StateRetiring
	case s.LiveID != s.ID:
		return StatePublished
	case s.AnnouncedID != s.ID:
		return StateLive
	default:
		return StateActive
	}
}

// sees takes down what the DNS has.
func (s *Status) sees(txts []string) {
	s.TXTSeen, s.AnnouncedID = strings.Join(txts, " | "), ""
	if record, err := mtasts.FindRecord(txts); err == nil {
		s.AnnouncedID = record.ID
	}
}

// txtOf is the TXT record that announces what is served.
func txtOf(served Published) string {
	return mtasts.Record{ID: served.ID}.String()
}
