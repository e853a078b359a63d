package localdir_test

import (
	"os"
	"path/filepath"
	"testing"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

func TestCopies(t *testing.T) {
	storetest.Copies(t, func(t *testing.T) publication.CopyStore { return localdir.Copies{Root: t.TempDir()} })
}

// TestCopiesAreFiles: any web server can serve them.
func TestCopiesAreFiles(t *testing.T) {
	copies := localdir.Copies{Root: t.TempDir()}
	const host, body = "mta-sts.example.com", "version: STSv1\r\n"
	if err := copies.PutCopy(t.Context(), host, []byte(body)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(copies.Root, "p", host)); err != nil || string(got) != body {
		t.Errorf("the file holds %q, %v; want %q", got, err, body)
	}
}

// TestFolderIsNoCopy: what cannot be read does not pass for none.
func TestFolderIsNoCopy(t *testing.T) {
	copies := localdir.Copies{Root: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(copies.Root, "p", "mta-sts.example.com"), 0o755); err != nil {
		t.Fatal(err)
	}
	if body, is, err := copies.Copy(t.Context(), "mta-sts.example.com"); is || err == nil {
		t.Errorf("the copy is %q, %v, %v; want an error", body, is, err)
	}
}
