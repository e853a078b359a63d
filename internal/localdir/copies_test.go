package localdir_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

func TestCopies(t *testing.T) {
	storetest.Copies(t, func(t *testing.T) (publication.CopyStore, func(string) (string, bool)) {
		copies := localdir.Copies{Root: t.TempDir()}
		return copies, func(host string) (string, bool) {
			body, err := os.ReadFile(filepath.Join(copies.Root, "p", host))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			return string(body), err == nil
		}
	})
}
