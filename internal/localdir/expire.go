package localdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Expire removes the days below prefix that lie before the UTC day of t, as
// lifecycle rules do in the cloud.
func (b Bucket) Expire(prefix string, t time.Time) error {
	folder := filepath.Join(b.Root, filepath.FromSlash(prefix))
	entries, err := readFolder(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		day, err := time.Parse("dt="+time.DateOnly, entry.Name())
		if err != nil || !day.Before(t.UTC().Truncate(24*time.Hour)) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// TemporaryFolder makes a folder for what a program need not keep. It is that
// program's own until it calls remove or ends.
func (b Bucket) TemporaryFolder() (folder string, remove func() error, err error) {
	all := filepath.Join(b.Root, tempFolder)
	if err := makeFolder(all); err != nil {
		return "", nil, err
	}
	folder, err = os.MkdirTemp(all, "")
	if err != nil {
		return "", nil, err
	}
	release, _, err := Lock(folder) // Nobody else knows of it.
	if err != nil {
		return "", nil, err
	}
	return folder, func() error {
		defer release()
		return os.RemoveAll(folder)
	}, nil
}

// ClearTemporary removes what killed processes left half written before t, and
// their folders, but no folder that is still a program's own.
func (b Bucket) ClearTemporary(t time.Time) error {
	folder := filepath.Join(b.Root, tempFolder)
	entries, err := readFolder(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(t) {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		remove := os.Remove
		if entry.IsDir() {
			remove = removeUnlessLocked
		}
		if err := remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func removeUnlessLocked(folder string) error {
	release, free, err := Lock(folder)
	if err != nil || !free {
		return err
	}
	defer release()
	return os.RemoveAll(folder)
}
