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
		return false, syncExisting(root, path)
	}
	err := place(root, path, data, ownerOnly, os.Link) // Link, unlike rename, never replaces.
	if errors.Is(err, fs.ErrExist) {
		return false, syncExisting(root, path)
	}
	return err == nil, err
}

// syncExisting makes a file lasting that is there already: whoever put it there may
// have died before that.
func syncExisting(root, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder, and a file is to lie there", path)
	}
	return syncFolders(root, filepath.Dir(path))
}

// ownerOnly is the mode of new files. What others are to read says so.
const ownerOnly fs.FileMode = 0o600

// replace writes a file, whether it existed or not. One that existed keeps its mode,
// and its owner and group as far as this user may set them.
func replace(root, path string, data []byte) error {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return place(root, path, data, ownerOnly, os.Rename)
	}
	return place(root, path, data, info.Mode().Perm(), func(from, to string) error {
		keepOwner(from, info)
		return os.Rename(from, to)
	})
}

// remove removes a file for good; no matter if there is none.
func remove(path string) error {
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func place(root, path string, data []byte, mode fs.FileMode, move func(from, to string) error) error {
	temporary, err := writeTemporary(filepath.Join(root, tempFolder), data, mode)
	if err != nil {
		return withoutTemporary(err)
	}
	defer os.Remove(temporary) //nolint:errcheck // After a rename there is nothing to remove.
	folder := filepath.Dir(path)
	if err := makeFolder(folder); err != nil {
		return err
	}
	if err := move(temporary, path); err != nil {
		return withoutTemporary(err)
	}
	return syncFolders(root, folder)
}

// withoutTemporary takes the name of a temporary file out of an error. It differs each
// time, so that an error that stays the same would look like a new one.
func withoutTemporary(err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &link):
		return &fs.PathError{Op: link.Op, Path: link.New, Err: link.Err}
	case errors.As(err, &at) && filepath.Base(filepath.Dir(at.Path)) == tempFolder:
		return &fs.PathError{Op: at.Op, Path: filepath.Dir(at.Path), Err: at.Err}
	default:
		return err
	}
}

func writeTemporary(folder string, data []byte, mode fs.FileMode) (name string, err error) {
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
	if err := file.Chmod(mode); err != nil { // Whatever the umask.
		return "", err
	}
	if _, err := file.Write(data); err != nil {
		return "", err
	}
	return file.Name(), file.Sync()
}

// makeFolder makes a folder and those above it.
func makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder %s: %w", folder, err)
	}
	return nil
}

// addMode gives a folder the bits of mode that it lacks.
func addMode(folder string, mode fs.FileMode) error {
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm()&mode == mode {
		return err
	}
	return os.Chmod(folder, info.Mode().Perm()|mode)
}

// Make makes the folder that everything is kept in, unless it is there. In one that
// it makes, others can enter folders whose names they know, such as that of the
// copies; what the umask keeps from them below, it still does.
func Make(root string) error {
	const enter fs.FileMode = 0o711
	if _, err := os.Stat(root); !errors.Is(err, fs.ErrNotExist) {
		return makeFolder(root) // Which fails if it is no folder.
	}
	if err := makeFolder(root); err != nil {
		return err
	}
	return addMode(root, enter)
}

// syncFolders makes what was put into folder lasting, and the folder itself:
// whoever made it, and those above it, may have died before that.
func syncFolders(root, folder string) error {
	for {
		if err := syncFolder(folder); err != nil {
			return err
		}
		if folder == filepath.Clean(root) || folder == filepath.Dir(folder) {
			return nil
		}
		folder = filepath.Dir(folder)
	}
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Check tries whether a folder can hold everything that is kept here.
func Check(root string) error {
	const probe = ".probe"
	path := filepath.Join(root, probe)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	created, err := create(root, path, nil)
	if err != nil {
		return fmt.Errorf("files cannot be made there: %w", err)
	}
	if !created {
		return errors.New("another program is trying it at this moment; start again")
	}
	return os.Remove(path)
}
