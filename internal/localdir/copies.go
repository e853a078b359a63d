package localdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sealpost/internal/publication"
)

// Copies keeps the last good policy of each Policy Host as a file p/<host>,
// which any web server can serve as it is.
type Copies struct {
	Root string
}

var _ publication.CopyStore = Copies{}

const copiesFolder = "p"

// Copy implements publication.CopyStore.
func (c Copies) Copy(_ context.Context, host string) (body []byte, is bool, err error) {
	path, err := c.path(host)
	if err != nil {
		return nil, false, err
	}
	body, err = ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return body, err == nil, err
}

// A web server runs as another user, and has to read the copies whatever the umask.
const (
	copyMode       fs.FileMode = 0o644
	copyFolderMode fs.FileMode = 0o755
)

// PutCopy implements publication.CopyStore. Any user of the machine can read the
// copy, as far as the folders above p let them.
func (c Copies) PutCopy(_ context.Context, host string, body []byte) error {
	path, err := c.path(host)
	if err != nil {
		return err
	}
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := addMode(filepath.Dir(path), copyFolderMode); err != nil {
		return err
	}
	return place(c.Root, path, body, copyMode, os.Rename)
}

// RemoveCopy implements publication.CopyStore.
func (c Copies) RemoveCopy(_ context.Context, host string) error {
	path, err := c.path(host)
	if err != nil {
		return err
	}
	return remove(path)
}

// path gives the place of a host's copy, which never leads out of the folder.
func (c Copies) path(host string) (string, error) {
	name, err := filepath.Localize(host)
	if err != nil || name == "." || filepath.Base(name) != name {
		return "", fmt.Errorf("%q cannot be a host", host)
	}
	return filepath.Join(c.Root, copiesFolder, name), nil
}
