//go:build unix

package localdir_test

import (
	"os"
	"syscall"
	"testing"
)

// TestReplaceKeepsOwner: a file that root edits stays its owner's.
func TestReplaceKeepsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const uid, gid = 12345, 23456
	items := newItems(t)
	write("a.example.json", "{}", 0)(t, items)
	path := items.Path("a.example")
	if err := os.Chown(path, uid, gid); err != nil {
		t.Skip("this machine has only one user: ", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	before, _, err := items.Item(t.Context(), "a.example")
	if err != nil {
		t.Fatal(err)
	}
	if done, err := items.Replace(t.Context(), "a.example", before, []byte("{a}")); !done || err != nil {
		t.Fatal(done, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if owner.Uid != uid || owner.Gid != gid || info.Mode().Perm() != 0o640 {
		t.Errorf("after an edit: owner %d, group %d, mode %v; want %d, %d and 0640", owner.Uid, owner.Gid, info.Mode(), uid, gid)
	}
}
