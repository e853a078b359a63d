//go:build unix

package localdir

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives the file at path the owner and group of another, as far as this
// user may: root may set both, other users only one of their own groups.
func keepOwner(path string, of fs.FileInfo) {
	owner, is := of.Sys().(*syscall.Stat_t)
	if !is {
		return
	}
	if os.Lchown(path, int(owner.Uid), int(owner.Gid)) != nil {
		os.Lchown(path, -1, int(owner.Gid)) //nolint:errcheck // The file still keeps its mode.
	}
}
