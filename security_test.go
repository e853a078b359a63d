package sealpost_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTrustTable checks that each effect in the trust table of docs/security.md
// names tests that exist.
func TestTrustTable(t *testing.T) {
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Trust table")
	section, _, _ = strings.Cut(section, "\n## ")
	tests, rows := testsByFolder(t), 0
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| what arrives") {
			continue
		}
		rows++
		for _, cell := range cells[2:] {
			checkCell(t, tests, cell)
		}
	}
	if rows != 6 {
		t.Errorf("found %d rows, want 6", rows)
	}
}

var testName = regexp.MustCompile("`([a-z]+\\.(?:Test|Fuzz)[A-Za-z]+)`")

func checkCell(t *testing.T, tests map[string]bool, cell string) {
	t.Helper()
	names := testName.FindAllStringSubmatch(cell, -1)
	if len(names) == 0 {
		t.Errorf("no test holds this: %s", cell)
	}
	for _, name := range names {
		if !tests[name[1]] {
			t.Errorf("there is no test %s", name[1])
		}
	}
}

// testsByFolder returns all tests and fuzz targets as folder.Name.
func testsByFolder(t *testing.T) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	tests := make(map[string]bool)
	for _, root := range []string{"cmd", "functions", "infra", "internal", "schemas"} {
		err := filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, "_test.go") {
				return err
			}
			source, err := os.ReadFile(file)
			for _, match := range function.FindAllSubmatch(source, -1) {
				tests[filepath.Base(filepath.Dir(file))+"."+string(match[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return tests
}
