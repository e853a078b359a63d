package localdir_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sealpost/internal/localdir"
)

// look tells what is found by as many looks as it takes to believe that a file
// is gone, in order.
func look(t *testing.T, changes *localdir.Changes) []string {
	t.Helper()
	var found []string
	for range 8 {
		found = append(found, lookOnce(t, changes)...)
	}
	slices.Sort(found)
	return found
}

// lookOnce tells what one look finds, in order.
func lookOnce(t *testing.T, changes *localdir.Changes) []string {
	t.Helper()
	var found []string
	err := changes.Look(t.Context(), func(c localdir.Change) error {
		if c.Gone {
			c.Name += " gone"
		}
		found = append(found, c.Name)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	slices.Sort(found)
	return found
}

func newItems(t *testing.T) localdir.Items {
	t.Helper()
	items := localdir.Items{Root: t.TempDir()}
	if err := os.Mkdir(items.Folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	return items
}

func nothing(*testing.T, localdir.Items) {}

// write writes a file that was modified so many seconds after midnight.
func write(name, text string, seconds int) func(*testing.T, localdir.Items) {
	return func(t *testing.T, items localdir.Items) {
		t.Helper()
		file := filepath.Join(items.Folder(), name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		modified := midnight.Add(time.Duration(seconds) * time.Second)
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
}

// in does something in the folder.
func in(do func(folder string) error) func(*testing.T, localdir.Items) {
	return func(t *testing.T, items localdir.Items) {
		t.Helper()
		if err := do(items.Folder()); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(name string) func(*testing.T, localdir.Items) {
	return in(func(folder string) error { return os.Remove(filepath.Join(folder, name)) })
}

func rename(from, to string) func(*testing.T, localdir.Items) {
	return in(func(folder string) error { return os.Rename(filepath.Join(folder, from), filepath.Join(folder, to)) })
}

func link(target, name string) func(*testing.T, localdir.Items) {
	return in(func(folder string) error { return os.Symlink(target, filepath.Join(folder, name)) })
}

func makeFolder(name string) func(*testing.T, localdir.Items) {
	return in(func(folder string) error { return os.Mkdir(filepath.Join(folder, name), 0o755) })
}

// unreadable makes a file that not even root can read: a link to a socket.
func unreadable(name string) func(*testing.T, localdir.Items) {
	return func(t *testing.T, items localdir.Items) {
		t.Helper()
		folder, err := os.MkdirTemp("", "") // The path of a socket must be short.
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(folder) })
		socket := filepath.Join(folder, "socket")
		listener, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		link(socket, name)(t, items)
	}
}

func replaceBy(name, text string) func(*testing.T, localdir.Items) {
	return func(t *testing.T, items localdir.Items) {
		t.Helper()
		remove(name)(t, items)
		write(name, text, 0)(t, items)
	}
}
