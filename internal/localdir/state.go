package localdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/publication"
	"sealpost/internal/told"
)

// State keeps what is published, what ever was, how each item fares, what
// reports say and what people were told of it, as files
// policy_state/<domain>/PUBLISHED.json, HISTORY#<time>.json, STATUS.json,
// REPORTS.json and ALERTS.json; the brake as policy_state/BRAKE.json; and how far
// digests have come as policy_state/DIGEST#<week>#<audience>.json. One process at
// a time may write each of these.
type State struct {
	Root string

	writing sync.Mutex // Held from looking at what is kept to replacing it.
}

var (
	_ publication.PublishedStore = (*State)(nil)
	_ publication.HistoryStore   = (*State)(nil)
	_ publication.Directory      = (*State)(nil)
	_ publication.StatusStore    = (*State)(nil)
	_ publication.Statuses       = (*State)(nil)
	_ publication.EvidenceStore  = (*State)(nil)
	_ publication.BrakeStore     = (*State)(nil)
	_ told.DeliveryStore         = (*State)(nil)
	_ told.DayStore              = (*State)(nil)
)

const (
	stateFolder   = "policy_state"
	publishedFile = "PUBLISHED" + stateSuffix
	statusFile    = "STATUS" + stateSuffix
	evidenceFile  = "REPORTS" + stateSuffix
	alertsFile    = "ALERTS" + stateSuffix
	brakeFile     = "BRAKE" + stateSuffix
	historyPrefix = "HISTORY#" // Of a publication.Published.HistoryName.
	stateSuffix   = ".json"
)

// Folder is where the state lies.
func (s *State) Folder() string { return filepath.Join(s.Root, stateFolder) }

// record is what PUBLISHED.json holds.
type record struct {
	publication.Published
	Withdrawn bool `json:"withdrawn,omitzero"`
}

// withdrawal is what it holds instead of a policy once that is withdrawn, so
// that no decision from before is taken for one from after.
type withdrawal struct {
	Domain    string `json:"domain"`
	Withdrawn bool   `json:"withdrawn"`
	Revision  int    `json:"revision"`
}

// Published implements publication.PublishedStore.
func (s *State) Published(_ context.Context, domain string) (publication.Published, bool, error) {
	found, is, err := readOf[record](s, domain, publishedFile)
	if err != nil || !is {
		return publication.Published{}, false, err
	}
	if found.Withdrawn {
		return publication.Published{Revision: found.Revision}, false, nil
	}
	return found.Published, true, nil
}

// Publish implements publication.PublishedStore.
func (s *State) Publish(_ context.Context, p publication.Published) (done bool, err error) {
	return s.replaceOf(p.Domain, publishedFile, p.Revision, p)
}

// Withdraw implements publication.PublishedStore.
func (s *State) Withdraw(_ context.Context, domain string, revision int) (done bool, err error) {
	return s.replaceOf(domain, publishedFile, revision, withdrawal{Domain: domain, Withdrawn: true, Revision: revision})
}

// Status implements publication.StatusStore.
func (s *State) Status(_ context.Context, domain string) (publication.Status, bool, error) {
	return readOf[publication.Status](s, domain, statusFile)
}

// SetStatus implements publication.StatusStore.
func (s *State) SetStatus(_ context.Context, status publication.Status) (done bool, err error) {
	return s.replaceOf(status.Domain, statusFile, status.Revision, status)
}

// AddHistory implements publication.HistoryStore. It keeps everything for ever:
// people can remove files.
func (s *State) AddHistory(_ context.Context, p publication.Published, _ time.Time) error {
	path, err := s.path(p.Domain, p.HistoryName()+stateSuffix)
	if err != nil {
		return err
	}
	return s.write(path, p)
}

// History implements publication.HistoryStore.
func (s *State) History(_ context.Context, domain string) ([]publication.Published, error) {
	folder, err := s.path(domain, "")
	if err != nil {
		return nil, err
	}
	entries, err := readFolder(folder) // In the order of their names, and so of time.
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var history []publication.Published
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, historyPrefix) || !strings.HasSuffix(name, stateSuffix) {
			continue
		}
		p, is, err := read[publication.Published](filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		if is { // Or else somebody has removed it just now.
			history = append(history, p)
		}
	}
	return history, nil
}

// Evidence implements publication.EvidenceStore.
func (s *State) Evidence(_ context.Context, domain string) (publication.Evidence, error) {
	evidence, _, err := readOf[publication.Evidence](s, domain, evidenceFile)
	evidence.Domain = domain
	return evidence, err
}

// AddEvidence implements publication.EvidenceStore.
func (s *State) AddEvidence(_ context.Context, domain string, more publication.SignerEvidence) error {
	path, err := s.path(domain, evidenceFile)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	before, _, err := read[publication.Evidence](path)
	if err != nil {
		return err
	}
	after := before.With(more)
	if slices.Equal(after.Signers, before.Signers) {
		return nil
	}
	after.Domain = domain
	return s.write(path, after)
}

// Brake implements publication.BrakeStore.
func (s *State) Brake(context.Context) (publication.Brake, error) {
	brake, _, err := read[publication.Brake](filepath.Join(s.Folder(), brakeFile))
	return brake, err
}

// SetBrake implements publication.BrakeStore.
func (s *State) SetBrake(_ context.Context, b publication.Brake) (done bool, err error) {
	return s.replace(filepath.Join(s.Folder(), brakeFile), b.Revision, b)
}

// Day implements told.DayStore.
func (s *State) Day(_ context.Context, domain string) (told.Day, error) {
	day, _, err := readOf[told.Day](s, domain, alertsFile)
	day.Domain = domain
	return day, err
}

// SetDay implements told.DayStore.
func (s *State) SetDay(_ context.Context, d told.Day) (done bool, err error) {
	return s.replaceOf(d.Domain, alertsFile, d.Revision, d)
}

// Delivery implements told.DeliveryStore.
func (s *State) Delivery(_ context.Context, week, audience string) (told.Delivery, error) {
	path, err := s.deliveryPath(week, audience)
	if err != nil {
		return told.Delivery{}, err
	}
	delivery, _, err := read[told.Delivery](path)
	return delivery, err
}

// SetDelivery implements told.DeliveryStore. It forgets none: people can
// remove files.
func (s *State) SetDelivery(_ context.Context, d told.Delivery) (done bool, err error) {
	path, err := s.deliveryPath(d.Week, d.Audience)
	if err != nil {
		return false, err
	}
	return s.replace(path, d.Revision, d)
}

func (s *State) deliveryPath(week, audience string) (string, error) {
	name, err := told.DeliveryName(week, audience)
	return filepath.Join(s.Folder(), name+stateSuffix), err
}

// AllPublished implements publication.Directory.
func (s *State) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
	return each(ctx, s, s.Published)
}

// AllStatuses implements publication.Statuses.
func (s *State) AllStatuses(ctx context.Context) iter.Seq2[publication.Status, error] {
	return each(ctx, s, s.Status)
}

// each gives what every domain has of a kind.
func each[T any](ctx context.Context, s *State, of func(context.Context, string) (T, bool, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for domain, err := range s.Domains() {
			value, is := none, false
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				value, is, err = of(ctx, domain)
			}
			if err != nil {
				yield(none, err)
				return
			}
			if is && !yield(value, nil) {
				return
			}
		}
	}
}

// Domains gives the domains of which anything is known, in their order.
func (s *State) Domains() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		entries, err := readFolder(s.Folder())
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield("", err)
			return
		}
		for _, entry := range entries {
			if entry.IsDir() && !yield(entry.Name(), nil) {
				return
			}
		}
	}
}

func readOf[T any](s *State, domain, name string) (value T, is bool, err error) {
	path, err := s.path(domain, name)
	if err != nil {
		return value, false, err
	}
	return read[T](path)
}

func read[T any](path string) (value T, is bool, err error) {
	text, err := ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return value, false, nil
	}
	if err != nil {
		return value, false, err
	}
	if err := json.Unmarshal(text, &value); err != nil {
		return *new(T), false, fmt.Errorf("%s is damaged; mend it or remove it: %w", path, err)
	}
	return value, true, nil
}

func (s *State) replaceOf(domain, name string, revision int, value any) (done bool, err error) {
	path, err := s.path(domain, name)
	if err != nil {
		return false, err
	}
	return s.replace(path, revision, value)
}

// replace writes a file if its revision is one less.
func (s *State) replace(path string, revision int, value any) (done bool, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	before, _, err := read[struct {
		Revision int `json:"revision"`
	}](path)
	if err != nil || revision < 1 || before.Revision != revision-1 {
		return false, err
	}
	err = s.write(path, value)
	return err == nil, err
}

func (s *State) write(path string, value any) error {
	text, err := json.Marshal(value, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return replace(s.Root, path, append(text, '\n'))
}

// path gives the place of a domain's file, which never leads out of the directory.
func (s *State) path(domain, name string) (string, error) {
	folder, err := filepath.Localize(domain)
	if err != nil || folder == "." || filepath.Base(folder) != folder {
		return "", fmt.Errorf("%q cannot be a domain", domain)
	}
	return filepath.Join(s.Folder(), folder, name), nil
}
