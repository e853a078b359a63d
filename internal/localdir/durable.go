// Package localdir keeps everything in one directory, under the keys that are
// used in the cloud, so that a directory looks like the bucket and the table.
//
// A file is there whole or not at all, and lasting once a write returns: each
// is written beside its place, synced, and moved there in one step.
package localdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// tempFolder holds files that are being written. What a killed process leaves
// there is nobody's data.
const tempFolder = ".tmp"

// create writes a file that must not exist yet, and says whether it did so.
func create(root, path string, data []byte) (bool, error) {
	if _, err := os.Lstat(path); err == nil {
		return false, existing(path)
	}
	err := place(root, path, data, os.Link) // Link, unlike rename, never replaces.
	if errors.Is(err, fs.ErrExist) {
		return false, existing(path)
	}
	return err == nil, err
}

// existing makes a file lasting that is there already: whoever put it there may
// have died before that.
func existing(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder, and a file is to lie there", path)
	}
	return syncFolder(filepath.Dir(path))
}

// replace writes a file, whether it existed or not.
func replace(root, path string, data []byte) error {
	return place(root, path, data, os.Rename)
}

func place(root, path string, data []byte, move func(from, to string) error) error {
	temporary, err := writeTemporary(filepath.Join(root, tempFolder), data)
	if err != nil {
		return err
	}
	defer os.Remove(temporary) //nolint:errcheck // After a rename there is nothing to remove.
	folder := filepath.Dir(path)
	if err := makeFolder(folder); err != nil {
		return err
	}
	if err := move(temporary, path); err != nil {
		return err
	}
	return syncFolder(folder)
}

func writeTemporary(folder string, data []byte) (name string, err error) {
	if err := makeFolder(folder); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(folder, "")
	if err != nil {
		return "", err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			os.Remove(file.Name()) //nolint:errcheck // It is temporary.
		}
	}()
	if _, err := file.Write(data); err != nil {
		return "", err
	}
	return file.Name(), file.Sync()
}

// makeFolder makes a folder and those above it, lasting like the files in them.
func makeFolder(folder string) error {
	if info, err := os.Stat(folder); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", folder)
		}
		return nil
	}
	parent := filepath.Dir(folder)
	if err := makeFolder(parent); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
