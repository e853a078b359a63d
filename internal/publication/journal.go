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
		switch {
		case s.ServedRevision == served.Revision:
		case served.Body == "":
			s.empty(served.Revision)
		default:
			s.serves(served)
		}
		s.Item, s.Problems, s.MaxAgeProblems = item, problems, nil
		s.State = s.reached()
	})
}

// publish notes that what is served is what the item asks for.
func (j Journal) publish(ctx context.Context, served Published, item string, maxAgeProblems []Problem, exposure time.Time) (Status, error) {
	return j.note(ctx, served.Domain, func(s *Status) {
		if s.ServedRevision != served.Revision {
			s.serves(served)
		}
		s.Item, s.Problems, s.MaxAgeProblems, s.ExposureUntil = item, nil, maxAgeProblems, exposure
		s.State = s.reached()
	})
}

// serves begins anew to tell how far what is served has come.
func (s *Status) serves(served Published) {
	if s.ID != served.ID {
		s.LiveID, s.AnnouncedAt, s.ClockCorrection = "", time.Time{}, ""
	}
	s.ServedRevision, s.Mode, s.ID, s.TXTWanted = served.Revision, served.Mode, served.ID, txtOf(served)
	s.Obstacle, s.Drift, s.TXTForeign, s.TurnedAt, s.TXTGoneAt = "", "", false, time.Time{}, time.Time{}
}

// retired notes that nothing is served any more, unless an item is back.
func (j Journal) retired(ctx context.Context, served Published) error {
	_, err := j.note(ctx, served.Domain, func(s *Status) {
		if s.ServedRevision != served.Revision {
			return
		}
		item, problems, state := s.Item, s.Problems, s.State
		s.empty(served.Revision + 1)
		if item != "" {
			s.Item, s.Problems, s.State = item, problems, state
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
		return Status{Domain: domain, State: StateRetired, ServedRevision: revision}, nil
	}
	return j.note(ctx, domain, func(s *Status) { s.empty(revision) })
}

// empty leaves of a status what there is to say where nothing is served.
func (s *Status) empty(revision int) {
	*s = Status{Domain: s.Domain, State: StateRetired, Since: s.Since, UpdatedAt: s.UpdatedAt, Revision: s.Revision, ServedRevision: revision}
}

// live notes that what is served was seen from outside.
func (j Journal) live(ctx context.Context, served Published) error {
	_, err := j.progress(ctx, served, func(s *Status) {
		if s.LiveID != served.ID {
			s.LiveID, s.Obstacle = served.ID, ""
		}
	})
	return err
}

// announced notes that the DNS announces what is served, and how that goes with
// the rest of the DNS.
func (j Journal) announced(ctx context.Context, served Published, seen []string, drift func(*Status)) error {
	_, err := j.progress(ctx, served, func(s *Status) {
		s.Obstacle, s.TXTForeign = "", false
		s.sees(seen, j.Now())
		drift(s)
	})
	return err
}

// unseen notes why what is served is not seen from outside.
func (j Journal) unseen(ctx context.Context, served Published, why string) error {
	_, err := j.progress(ctx, served, func(s *Status) { s.LiveID, s.Obstacle, s.TXTForeign = "", why, false })
	return err
}

// obstacle notes what keeps the DNS from announcing what is served, and whether the
// TXT record could not be read.
func (j Journal) obstacle(ctx context.Context, served Published, text string, unread bool) error {
	_, err := j.progress(ctx, served, func(s *Status) { s.Obstacle, s.TXTForeign, s.TXTUnread = text, false, unread })
	return err
}

// unannounced notes what the DNS has instead, and what to do.
func (j Journal) unannounced(ctx context.Context, served Published, seen []string, text string) error {
	_, err := j.progress(ctx, served, func(s *Status) {
		s.Obstacle, s.TXTForeign, s.TXTGoneAt = text, false, time.Time{}
		s.sees(seen, j.Now())
	})
	return err
}

// turned notes since when the DNS announces nothing older than what is served, if
// it does not.
func (j Journal) turned(ctx context.Context, served Published, is bool) error {
	_, err := j.progress(ctx, served, func(s *Status) {
		switch {
		case !is:
			s.TXTWanted = txtOf(served)
			s.AnnouncedAt, s.TurnedAt, s.TXTGoneAt = time.Time{}, time.Time{}, time.Time{}
		case s.TurnedAt.IsZero():
			s.TurnedAt = j.Now().UTC()
		}
	})
	return err
}

// gone notes that the DNS has no record of what is served, and since when.
func (j Journal) gone(ctx context.Context, served Published, seen []string) (Status, error) {
	return j.progress(ctx, served, func(s *Status) {
		s.TXTWanted, s.Obstacle, s.TXTForeign = "", "", false
		s.sees(seen, j.Now())
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
		s.State = s.reached()
	})
}

func (j Journal) note(ctx context.Context, domain string, change func(*Status)) (Status, error) {
	for range maxRaces {
		before, _, err := j.Statuses.Status(ctx, domain)
		if err != nil {
			return Status{}, fmt.Errorf("read the status of %s: %w", domain, err)
		}
		after := before.corrected(j.Now())
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
		after.ClockCorrection != before.ClockCorrection || after.Drift != before.Drift ||
		!slices.Equal(after.Problems, before.Problems) || !slices.Equal(after.MaxAgeProblems, before.MaxAgeProblems)
	if news && j.Tell != nil {
		j.Tell(ctx, after)
	}
}

// reached is how far a domain has come by all that is known of it.
func (s Status) reached() State {
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

// sees takes down what the DNS has. That it has nothing for a while is no news to
// senders: they hold what they have.
func (s *Status) sees(txts []string, now time.Time) {
	s.TXTSeen, s.AnnouncedID, s.TXTUnread = strings.Join(txts, " | "), "", false
	record, err := mtasts.FindRecord(txts)
	switch {
	case err != nil:
		return
	case record.ID != s.ID:
		s.AnnouncedAt = time.Time{}
	case s.AnnouncedAt.IsZero():
		s.AnnouncedAt = now.UTC()
	}
	s.AnnouncedID = record.ID
}

// dated says of what is served, for history, since when the DNS announces it.
func (j Journal) dated(ctx context.Context, served Published) (Published, error) {
	status, _, err := j.Statuses.Status(ctx, served.Domain)
	if err != nil {
		return Published{}, fmt.Errorf("read the status of %s: %w", served.Domain, err)
	}
	return status.Date(served), nil
}

// Date says of what is served since when the DNS announces it, or is rid of what
// it announced before, as far as that is known.
func (s Status) Date(served Published) Published {
	served.AnnouncedAt = time.Time{}
	if s.ServedRevision == served.Revision && s.ID == served.ID {
		served.AnnouncedAt = s.AnnouncedAt
		if s.AnnouncedAt.IsZero() || !s.TurnedAt.IsZero() && s.TurnedAt.Before(s.AnnouncedAt) {
			served.AnnouncedAt = s.TurnedAt
		}
	}
	return served
}

// txtOf is the TXT record that announces what is served.
func txtOf(served Published) string {
	return mtasts.Record{ID: served.ID}.String()
}
