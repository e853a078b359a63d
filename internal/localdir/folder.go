package localdir

import "fmt"

// FolderError says that a folder that people edit cannot be read, so nothing can be
// said of any file in it.
type FolderError struct {
	Path string
	Err  error
	Then string // What follows from that, and what to do.
}

func (e *FolderError) Error() string { return fmt.Sprintf("%v. %s", e.Err, e.Then) }

func (e *FolderError) Unwrap() error { return e.Err }
