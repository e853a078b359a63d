//go:build unix && !aix && !solaris

package localdir

import (
	"errors"
	"os"
	"syscall"
)

// Lock makes a folder one program's own until it calls release or ends, however
// it ends; false if it is another's. The folder itself is locked, so nothing is
// left behind. Where the file system has no locks, it is taken for granted.
func Lock(root string) (release func(), done bool, err error) {
	folder, err := os.Open(root)
	if err != nil {
		return nil, false, err
	}
	release = func() { folder.Close() } //nolint:errcheck // It was only opened to be locked.
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		release()
		return nil, false, nil
	}
	return release, true, nil
}
