//go:build unix && !aix && !solaris

package localdir_test

import (
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
