package localdir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealpost/internal/localdir"
)

func TestLeftAlone(t *testing.T) {
	items := localdir.Items{Root: t.TempDir()}
	if _, err := items.LeftAlone(); err == nil {
		t.Error("no folder, and no error")
	}
	if err := os.MkdirAll(items.Folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // Why it is left alone, if it is.
		"a.example.json":   "",
		"A.Example.json":   "a.example.json is for the same domain; keep one of them",
		"B.example.json":   "",
		"c.example.JSON":   "its name does not end in .json in lower case",
		"no domain.json":   "name the file <domain>.json",
		".d.example.json":  "",
		".d.example.JSON":  "",
		"a.example.json~":  "",
		"notes":            "",
		"e.example..json":  "",
		"b.example.json.2": "",
	}
	for name := range want {
		if err := os.WriteFile(filepath.Join(items.Folder(), name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := items.LeftAlone()
	if err != nil {
		t.Fatal(err)
	}
	why := make(map[string]string)
	for _, file := range found {
		why[filepath.Base(file.File)] = file.Why
	}
	for name, text := range want {
		if got := why[name]; (got == "") != (text == "") || !strings.Contains(got, text) {
			t.Errorf("%s: %q; want %q", name, got, text)
		}
	}
}
