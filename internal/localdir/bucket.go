package localdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"strings"

	"sealpost/internal/archive"
)

// Bucket keeps objects as files below a directory, a folder for each part of
// their keys.
type Bucket struct {
	Root string
}

var _ archive.Bucket = Bucket{}

// Create implements archive.Bucket.
func (b Bucket) Create(_ context.Context, key string, value []byte) (bool, error) {
	path, err := b.path(key)
	if err != nil {
		return false, err
	}
	return create(b.Root, path, value)
}

// Put implements weekly.Shelf.
func (b Bucket) Put(_ context.Context, key string, value []byte) error {
	path, err := b.path(key)
	if err != nil {
		return err
	}
	return replace(b.Root, path, value)
}

// Get implements archive.Bucket.
func (b Bucket) Get(_ context.Context, key string) ([]byte, error) {
	path, err := b.path(key)
	if err != nil {
		return nil, err
	}
	return ReadFile(path)
}

// Remove removes an object for good; no matter if there is none.
func (b Bucket) Remove(_ context.Context, key string) error {
	path, err := b.path(key)
	if err != nil {
		return err
	}
	return remove(path)
}

// List implements archive.Bucket.
func (b Bucket) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		folder, err := b.folderOf(prefix)
		if err != nil {
			return // No key begins like that.
		}
		temporary := filepath.Join(b.Root, tempFolder)
		err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil // Nothing is kept there yet.
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case path == temporary:
				return fs.SkipDir
			case !entry.Type().IsRegular():
				return nil
			}
			relative, err := filepath.Rel(b.Root, path)
			if err != nil {
				return err
			}
			if key := filepath.ToSlash(relative); strings.HasPrefix(key, prefix) && !yield(key, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", err)
		}
	}
}

// folderOf gives the folder in which all keys that begin with prefix lie.
func (b Bucket) folderOf(prefix string) (string, error) {
	slash := strings.LastIndexByte(prefix, '/')
	if slash < 0 {
		return b.Root, nil
	}
	return b.path(prefix[:slash])
}

// path gives the place of a key, which never leads out of the directory.
func (b Bucket) path(key string) (string, error) {
	local, err := filepath.Localize(key)
	if first, _, _ := strings.Cut(key, "/"); err != nil || first == "." || first == tempFolder {
		return "", fmt.Errorf("%q cannot be a key", key)
	}
	return filepath.Join(b.Root, local), nil
}
