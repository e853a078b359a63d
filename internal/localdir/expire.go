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
	entries, err := os.ReadDir(folder)
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

// ClearTemporary removes what killed processes left half written before t, and the
// folder in which a query kept what did not fit into memory.
func (b Bucket) ClearTemporary(t time.Time) error {
	folder := filepath.Join(b.Root, tempFolder)
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(t) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
