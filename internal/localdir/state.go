package localdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/publication"
)

// State keeps what is published, what ever was, and how each item fares, as
// files policy_state/<domain>/PUBLISHED.json, HISTORY#<time>.json and
// STATUS.json. One process at a time may publish.
type State struct {
	Root string

	publishing sync.Mutex // Held from looking at what is served to replacing it.
}

var (
	_ publication.PublishedStore = (*State)(nil)
	_ publication.HistoryStore   = (*State)(nil)
	_ publication.StatusStore    = (*State)(nil)
	_ publication.Directory      = (*State)(nil)
)

const (
	stateFolder   = "policy_state"
	publishedFile = "PUBLISHED.json"
	statusFile    = "STATUS.json"
)

// Folder is where the state lies.
func (s *State) Folder() string { return filepath.Join(s.Root, stateFolder) }

// record is what PUBLISHED.json holds.
type record struct {
	publication.Published
	Withdrawn bool `json:"withdrawn,omitzero"`
}

// withdrawal is what it holds instead of a policy once that is withdrawn, so
// that no edit from before comes back.
type withdrawal struct {
	Domain    string               `json:"domain"`
	Withdrawn bool                 `json:"withdrawn"`
	Sequence  publication.Sequence `json:"sequence"`
}

// Published implements publication.PublishedStore.
func (s *State) Published(_ context.Context, domain string) (publication.Published, bool, error) {
	found, is, err := read[record](s, domain, publishedFile)
	if err != nil || !is || found.Withdrawn {
		return publication.Published{}, false, err
	}
	return found.Published, true, nil
}

// Publish implements publication.PublishedStore.
func (s *State) Publish(_ context.Context, p publication.Published) (latest bool, err error) {
	return s.replace(p.Domain, p.Sequence, p)
}

// Withdraw implements publication.PublishedStore.
func (s *State) Withdraw(_ context.Context, domain string, sequence publication.Sequence) (latest bool, err error) {
	return s.replace(domain, sequence, withdrawal{Domain: domain, Withdrawn: true, Sequence: sequence})
}

func (s *State) replace(domain string, sequence publication.Sequence, value any) (latest bool, err error) {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	before, _, err := read[record](s, domain, publishedFile)
	if errors.Is(err, errDamaged) {
		before, err = record{}, nil // There is nothing to be later than.
	}
	if err != nil || before.Sequence > sequence {
		return false, err
	}
	err = s.write(domain, publishedFile, value)
	return err == nil, err
}

// AddHistory implements publication.HistoryStore.
func (s *State) AddHistory(_ context.Context, p publication.Published) error {
	return s.write(p.Domain, p.HistoryName()+".json", p)
}

// Status implements publication.StatusStore.
func (s *State) Status(_ context.Context, domain string) (publication.Status, bool, error) {
	return read[publication.Status](s, domain, statusFile)
}

// SetStatus implements publication.StatusStore.
func (s *State) SetStatus(_ context.Context, status publication.Status) error {
	return s.write(status.Domain, statusFile, status)
}

// AllPublished implements publication.Directory.
func (s *State) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
	return func(yield func(publication.Published, error) bool) {
		for domain, err := range s.Domains() {
			if err != nil {
				yield(publication.Published{}, err)
				return
			}
			published, is, err := s.Published(ctx, domain)
			if err == nil && !is {
				continue
			}
			if !yield(published, err) || err != nil {
				return
			}
		}
	}
}

// Domains gives the domains of which anything is known, in their order.
func (s *State) Domains() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		entries, err := os.ReadDir(s.Folder())
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

var errDamaged = errors.New("the file is damaged")

func read[T any](s *State, domain, name string) (value T, is bool, err error) {
	path, err := s.path(domain, name)
	if err != nil {
		return value, false, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return value, false, nil
	}
	if err != nil {
		return value, false, err
	}
	if err := json.Unmarshal(text, &value); err != nil {
		return value, false, fmt.Errorf("read %s: %w: %w", path, errDamaged, err)
	}
	return value, true, nil
}

func (s *State) write(domain, name string, value any) error {
	path, err := s.path(domain, name)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value, jsontext.WithIndent("  "))
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
