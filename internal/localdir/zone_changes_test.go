package localdir_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sealpost/internal/localdir"
)

func TestZoneChanges(t *testing.T) {
	zone := localdir.Zone{Root: t.TempDir()}
	changes := zone.Changes()
	put := func(name, text string) func() error {
		return func() error {
			if err := os.MkdirAll(zone.Folder(), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(zone.Folder(), name), []byte(text), 0o644)
		}
	}
	for _, step := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"no folder yet", func() error { return nil }, nil},
		{"an MX file", put("a.example.MX", "mx.a.example\n"), []string{"a.example"}},
		{"nothing new", func() error { return nil }, nil},
		{"a TXT file", put("_mta-sts.b.example.TXT", "v=STSv1; id=1;\n"), []string{"b.example"}},
		{"another size", put("a.example.MX", "mx1.a.example\n"), []string{"a.example"}},
		{"another time", func() error {
			return os.Chtimes(filepath.Join(zone.Folder(), "a.example.MX"), time.Time{}, time.Unix(1, 0))
		}, []string{"a.example"}},
		{"what tells of no domain", func() error {
			for _, name := range []string{"notes", "_smtp._tls.a.example.TXT", "_mta-sts..TXT", "A.example.MX", ".a.example.MX.swp"} {
				if err := put(name, "text")(); err != nil {
					return err
				}
			}
			return nil
		}, nil},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got, err := changes.Look(); err != nil || !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, %v; want %q", step.name, got, err, step.want)
		}
	}
	// A missing folder is no change, and the files are compared with those of before.
	away := zone.Folder() + ".away"
	if err := os.Rename(zone.Folder(), away); err != nil {
		t.Fatal(err)
	}
	var folder *localdir.FolderError
	if got, err := changes.Look(); len(got) > 0 || !errors.As(err, &folder) || folder.Path != zone.Folder() {
		t.Errorf("without the folder: %q, %v; want a FolderError", got, err)
	}
	if err := errors.Join(os.Remove(filepath.Join(away, "a.example.MX")), os.Rename(away, zone.Folder())); err != nil {
		t.Fatal(err)
	}
	if got, err := changes.Look(); err != nil || !slices.Equal(got, []string{"a.example"}) {
		t.Errorf("back without a file: %q, %v; want a.example", got, err)
	}
}
