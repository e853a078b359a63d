package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// edits sees what people edit: their policies, the DNS that stands in for the
// real one, and the brake. It has each domain looked at that this concerns.
type edits struct {
	terminal   terminal
	items      savedItems
	state      *localdir.State
	changes    *localdir.Changes
	evidence   *localdir.EvidenceChanges
	looks      int // Since evidence was looked at.
	zone       *localdir.ZoneChanges
	walk       publication.Walk
	waiting    map[string]bool // Domains that are to be looked at.
	released   time.Time       // Until when the brake lets everything pass, when it was looked at last.
	alone      map[string]bool // What was said of files that are left alone.
	zoneAway   *atomic.Bool    // The folder that stands for the DNS cannot be read.
	isWalked   bool            // All domains were looked at since the start, and since the brake was released.
	told       *sync.Map       // The domains of which the console told since the start.
	lookErrors complaints
	walkErrors complaints
}

// begin looks for the first time. The walk finds what has no file any more.
func (e *edits) begin(ctx context.Context) error {
	brake, err := e.state.Brake(ctx)
	e.released = brake.ReleasedUntil
	_, zoneErr := e.zone.Look()
	_, evidenceErr := e.evidence.Look()
	return errors.Join(err, zoneErr, evidenceErr, e.look(ctx))
}

// walkAll looks at all domains.
func (e *edits) walkAll(ctx context.Context) error {
	_, err := e.walk.All(ctx)
	return err
}

// sayRefused tells, after a start, of each item that was refused before. The first look
// tells of those only whose problems have changed.
func (e *edits) sayRefused(ctx context.Context, tell func(context.Context, publication.Status)) error {
	for status, err := range e.state.AllStatuses(ctx) {
		if err != nil {
			return fmt.Errorf("list the statuses: %w", err)
		}
		if _, isTold := e.told.Load(status.Domain); !isTold && status.State == publication.StateRefused {
			tell(ctx, status)
		}
	}
	return nil
}

// look has the domains looked at of which something has changed. Without one of its
// folders, files would seem to be gone, so no domain is looked at then.
func (e *edits) look(ctx context.Context) error {
	failed := []error{
		e.changes.Look(ctx, e.seeItem),
		e.lookAtZone(ctx),
		e.sayWhatIsLeftAlone(),
		e.lookAtBrake(ctx),
		e.lookAtEvidence(ctx),
	}
	if err := errors.Join(failed...); isAway(err) {
		return err
	}
	for domain := range e.waiting {
		if _, err := e.walk.Publisher.Bring(ctx, domain); errors.Is(err, errBeingSaved) {
			continue
		} else if err != nil {
			failed = append(failed, err)
			continue
		}
		delete(e.waiting, domain)
	}
	if !e.isWalked {
		e.isWalked = true
		failed = append(failed, e.walkAll(ctx))
	}
	return errors.Join(failed...)
}

// isAway reports whether a folder cannot be read.
func isAway(err error) bool {
	var folder *localdir.FolderError
	return errors.As(err, &folder)
}

// seeItem takes down what has become of a file.
func (e *edits) seeItem(change localdir.Change) error {
	domain, err := mtasts.ParseDomain(change.Name)
	if err != nil {
		return nil // It is left alone.
	}
	if change.Gone {
		e.items.gone(domain, change.Name)
	} else {
		e.items.saw(domain, change.Name)
	}
	e.waiting[domain] = true
	return nil
}

// sayWhatIsLeftAlone says it once of each file, for as long as it is there.
func (e *edits) sayWhatIsLeftAlone() error {
	files, err := e.items.LeftAlone()
	if err != nil {
		return err
	}
	files = append(files, e.zone.Unreadable()...)
	said := make(map[string]bool, len(files))
	for _, file := range files {
		text := file.String()
		if said[text] = true; !e.alone[text] {
			e.say("%s", text)
		}
	}
	e.alone = said
	return nil
}

// lookAtZone lets people try out what becomes of a domain when its DNS changes.
func (e *edits) lookAtZone(ctx context.Context) error {
	domains, err := e.zone.Look()
	e.zoneAway.Store(isAway(err))
	for _, domain := range domains {
		e.waiting[domain] = true
		if err == nil {
			err = e.walk.Queue.Later(ctx, domain, 0)
		}
	}
	return err
}

// looksPerEvidence is how many looks there are for one at evidence: once a second is
// soon enough, and every domain has a file of it.
const looksPerEvidence = 4

// lookAtEvidence has the domains looked at that wait for reports, or for the end of
// failures, once reports say something new of them.
func (e *edits) lookAtEvidence(ctx context.Context) error {
	if e.looks++; e.looks < looksPerEvidence {
		return nil
	}
	e.looks = 0
	domains, err := e.evidence.Look()
	for _, domain := range domains {
		status, _, statusErr := e.state.Status(ctx, domain)
		if statusErr != nil || status.HeldBy(publication.RuleTestingFirst) {
			e.waiting[domain] = true
		}
		err = errors.Join(err, statusErr)
	}
	return err
}

// lookAtBrake takes up what was held back, once people have let it pass.
func (e *edits) lookAtBrake(ctx context.Context) error {
	brake, err := e.state.Brake(ctx)
	if err != nil || brake.ReleasedUntil.Equal(e.released) {
		return err
	}
	e.released, e.isWalked = brake.ReleasedUntil, false
	return nil
}

func (e *edits) say(format string, args ...any) {
	fmt.Fprintf(e.terminal.stdout, format+"\n", args...)
}

// savedItems are the items, but for those that somebody is just saving: many
// editors put the old file away before they write the new one, and a policy is
// not to be retired for that.
type savedItems struct {
	localdir.Items
	names map[string][]string // The files of each domain that are not gone for good.
}

var errBeingSaved = errors.New("its file is being saved")

func (s savedItems) saw(domain, name string) {
	if !slices.Contains(s.names[domain], name) {
		s.names[domain] = append(s.names[domain], name)
	}
}

func (s savedItems) gone(domain, name string) {
	s.names[domain] = slices.DeleteFunc(s.names[domain], func(other string) bool { return other == name })
}

// Item implements publication.Items.
func (s savedItems) Item(ctx context.Context, domain string) (publication.Item, bool, error) {
	item, is, err := s.Items.Item(ctx, domain)
	for _, name := range s.names[domain] {
		if _, missing := os.Lstat(s.Path(name)); !is || errors.Is(missing, fs.ErrNotExist) {
			return publication.Item{}, false, errBeingSaved
		}
	}
	return item, is, err
}
