//go:build !unix

package localdir

import "io/fs"

// keepOwner does nothing where files have no owner and group that a program sets.
func keepOwner(string, fs.FileInfo) {}
