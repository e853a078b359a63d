package localdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// maxFile bounds the bytes of a file. A quarantined message has at most 32 MiB.
const maxFile = 64 << 20

// UnreadableError says why a file cannot be read, where only people can fix that.
type UnreadableError struct {
	Path string
	Why  string // And what to do.
	Err  error  // May be nil.
}

func (e *UnreadableError) Error() string { return e.Path + " cannot be read: " + e.Why }

func (e *UnreadableError) Unwrap() error { return e.Err }

// ReadFile returns the contents of a regular file. It never waits for another
// program, whatever is at path, and reads at most 64 MiB.
func ReadFile(path string) ([]byte, error) { return readFile(path, maxFile) }

// readFile returns the contents of a regular file of at most limit bytes. The
// error is an [UnreadableError] if only people can fix it, and fs.ErrNotExist if
// there is no such file.
func readFile(path string, limit int64) ([]byte, error) {
	if err := checkFile(path, limit); err != nil {
		return nil, err
	}
	file, err := openWithoutWaiting(path)
	if err != nil {
		return nil, permission(path, err)
	}
	defer file.Close()
	info, err := file.Stat() // It may be another file by now.
	if err != nil {
		return nil, err
	}
	if err := checkInfo(path, info, limit); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = tooLarge(path, int64(len(text)), limit)
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// whyUnreadable returns why a file cannot be read if only people can fix that, and
// nil otherwise.
func whyUnreadable(path string, limit int64) *UnreadableError {
	err := checkFile(path, limit)
	if err == nil {
		var file *os.File
		if file, err = openWithoutWaiting(path); err == nil {
			err = file.Close()
		}
	}
	var unreadable *UnreadableError
	errors.As(permission(path, err), &unreadable)
	return unreadable
}

// checkFile returns why a file cannot be read, as far as that shows without
// opening it: to open a device may have effects.
func checkFile(path string, limit int64) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return permission(path, err)
	case err != nil && isLink(path): // A disk may not be mounted.
		return &UnreadableError{Path: path, Why: "it is a link, and what it leads to is not there. Make it lead to a file"}
	case err != nil:
		return err
	default:
		return checkInfo(path, info, limit)
	}
}

func checkInfo(path string, info fs.FileInfo, limit int64) error {
	switch {
	case !info.Mode().IsRegular():
		return &UnreadableError{Path: path, Why: "it is " + KindOf(info.Mode()) + ". Put a file in its place"}
	case info.Size() > limit:
		return tooLarge(path, info.Size(), limit)
	default:
		return nil
	}
}

// KindOf names what is at a path, for an error that asks for something else there.
func KindOf(mode fs.FileMode) string {
	switch mode.Type() {
	case 0:
		return "a file"
	case fs.ModeDir:
		return "a folder"
	case fs.ModeNamedPipe:
		return "a named pipe"
	case fs.ModeSocket:
		return "a socket"
	case fs.ModeDevice, fs.ModeDevice | fs.ModeCharDevice:
		return "a device"
	default:
		return "not a regular file"
	}
}

func tooLarge(path string, size, limit int64) error {
	return &UnreadableError{Path: path, Why: fmt.Sprintf("it has %d bytes, and at most %d are allowed. Make it smaller", size, limit)}
}

func permission(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &UnreadableError{Path: path, Why: "Sealpost has no right to. Allow it to read the file", Err: err}
	}
	return err
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// readFolder returns what a folder holds, in the order of names. It never waits
// for another program, whatever is at path.
func readFolder(path string) ([]fs.DirEntry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &UnreadableError{Path: path, Why: "it is " + KindOf(info.Mode()) + ". Put a folder in its place", Err: syscall.ENOTDIR}
	}
	folder, err := openWithoutWaiting(path)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// openWithoutWaiting opens a file for reading. A pipe that was put there since
// the last look has no writer, and must not be waited for.
func openWithoutWaiting(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
