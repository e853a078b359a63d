//go:build unix && !aix && !solaris

package localdir_test

import (
	"os"
	"path/filepath"
	"testing"

	"sealpost/internal/localdir"
)

func TestLock(t *testing.T) {
	root := t.TempDir()
	release, done, err := localdir.Lock(root)
	if err != nil || !done {
		t.Fatal(done, err)
	}
	if _, again, err := localdir.Lock(root); err != nil || again {
		t.Errorf("locked twice: %t, %v", again, err)
	}
	release()
	release, done, err = localdir.Lock(root)
	if err != nil || !done {
		t.Fatal("not locked again after it was released", done, err)
	}
	release()
	if _, done, err := localdir.Lock(filepath.Join(root, "nowhere")); err == nil || done {
		t.Error("locked a folder that is not there")
	}
}

// TestFolderInUse: what a program keeps for the time it runs is not cleared by
// another, however long that is.
func TestFolderInUse(t *testing.T) {
	bucket := localdir.Bucket{Root: t.TempDir()}
	folder, remove, err := bucket.TemporaryFolder()
	if err != nil {
		t.Fatal(err)
	}
	other, removeOther, err := bucket.TemporaryFolder()
	if err != nil || other == folder {
		t.Fatal("two programs have one folder", other, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "storage"), []byte("rows"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bucket.ClearTemporary(farFuture); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "storage")); err != nil {
		t.Errorf("cleared while in use: %v", err)
	}
	for _, remove := range []func() error{remove, removeOther} {
		if err := remove(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(folder)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
