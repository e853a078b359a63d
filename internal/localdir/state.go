package localdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/publication"
)

// State keeps what is published, and how each item fares, as files
// policy_state/<domain>/PUBLISHED.json and STATUS.json.
type State struct {
	Root string
}

var (
	_ publication.PublishedStore = State{}
	_ publication.StatusStore    = State{}
	_ publication.Directory      = State{}
)

const (
	stateFolder   = "policy_state"
	publishedFile = "PUBLISHED.json"
	statusFile    = "STATUS.json"
)

// Folder is where the state lies.
func (s State) Folder() string { return filepath.Join(s.Root, stateFolder) }

// Published implements publication.PublishedStore.
func (s State) Published(_ context.Context, domain string) (publication.Published, bool, error) {
	return read[publication.Published](s, domain, publishedFile)
}

// Publish implements publication.PublishedStore.
func (s State) Publish(_ context.Context, p publication.Published) error {
	return s.write(p.Domain, publishedFile, p)
}

// Withdraw implements publication.PublishedStore.
func (s State) Withdraw(_ context.Context, domain string) error {
	path, err := s.path(domain, publishedFile)
	if err != nil {
		return err
	}
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return syncFolders(s.Root, filepath.Dir(path))
}

// Status implements publication.StatusStore.
func (s State) Status(_ context.Context, domain string) (publication.Status, bool, error) {
	return read[publication.Status](s, domain, statusFile)
}

// SetStatus implements publication.StatusStore.
func (s State) SetStatus(_ context.Context, status publication.Status) error {
	return s.write(status.Domain, statusFile, status)
}

// AllPublished implements publication.Directory.
func (s State) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
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
func (s State) Domains() iter.Seq2[string, error] {
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

func read[T any](s State, domain, name string) (value T, is bool, err error) {
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
		return value, false, fmt.Errorf("decode %s: %w", path, err)
	}
	return value, true, nil
}

func (s State) write(domain, name string, value any) error {
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
func (s State) path(domain, name string) (string, error) {
	folder, err := filepath.Localize(domain)
	if err != nil || folder == "." || filepath.Base(folder) != folder {
		return "", fmt.Errorf("%q cannot be a domain", domain)
	}
	return filepath.Join(s.Folder(), folder, name), nil
}
