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

func TestLeftAloneIsOf(t *testing.T) {
	for _, test := range []struct {
		file, domain string
		want         bool
	}{
		{"a.example.MX", "a.example", true},
		{"_mta-sts.a.example.TXT", "a.example", true},
		{"_smtp._tls.a.example.TXT", "a.example", true},
		{"k._domainkey.a.example.TXT", "a.example", true},
		{"A.Example.JSON", "a.example", true},
		{"zone", "a.example", true},
		{"b.a.example.MX", "a.example", false},
		{"ba.example.json", "a.example", false},
		{"_mta-sts.b.example.TXT", "a.example", false},
		{"a..example.json", "a.example", false},
	} {
		file := localdir.LeftAlone{File: filepath.Join("data", test.file)}
		if got := file.IsOf([]string{"x.example", test.domain}); got != test.want {
			t.Errorf("%s is of %s: %t; want %t", test.file, test.domain, got, test.want)
		}
	}
}
