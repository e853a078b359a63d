package main

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// checkout makes a small module with one function.
func checkout(t *testing.T, code string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":                    "module example\n\ngo 1.26.0\n",
		"functions/hello/main.go":   code,
		"functions/hello/unused.md": root, // What no build reads differs.
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const hello = "package main\n\nfunc main() { println(\"hello\") }\n"

// TestBuildsAreAlike: the same source gives the same bytes, wherever it lies,
// so that a deployment from another machine changes nothing.
func TestBuildsAreAlike(t *testing.T) {
	built := func(code string) []byte {
		folder := t.TempDir()
		if err := build(t.Context(), checkout(t, code), folder, "hello"); err != nil {
			t.Fatal(err)
		}
		binary, err := os.ReadFile(filepath.Join(folder, "hello", "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		return binary
	}
	first := built(hello)
	if again := built(hello); !bytes.Equal(first, again) {
		t.Error("two builds of the same source differ")
	}
	if other := built(strings.Replace(hello, "hello\"", "bye\"", 1)); bytes.Equal(first, other) {
		t.Error("two sources give the same binary")
	}
	file, err := elf.NewFile(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if file.Machine != elf.EM_AARCH64 {
		t.Errorf("built for %s, want arm64", file.Machine)
	}
	if symbols, err := file.Symbols(); err == nil {
		t.Errorf("it has %d symbols, which make its start slower", len(symbols))
	}
	info, err := buildinfo.Read(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	for setting, want := range map[string]string{
		"-trimpath": "true", "-tags": "lambda.norpc", "CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": "arm64", "GOARM64": "v8.0", "vcs": "",
	} {
		i := slices.IndexFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == setting })
		if want == "" != (i < 0) || i >= 0 && info.Settings[i].Value != want {
			t.Errorf("built with %v, want %s=%s", info.Settings, setting, want)
		}
	}
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	root := checkout(t, "package main\n\nfunc main() { undefined() }\n")
	for name, want := range map[string]string{
		"hello":  "main.go:3:15: undefined: undefined",
		"absent": "directory not found",
	} {
		err := build(t.Context(), root, t.TempDir(), name)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "build the function "+name) {
			t.Errorf("got %v, want the name %s and %q", err, name, want)
		}
	}
}
