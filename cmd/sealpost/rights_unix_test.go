//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stranger runs the program as a user who has no rights of his own in the folders
// of this one, and gives what it says on standard error. Root, whom nothing is
// refused, has a copy of it run as another.
func stranger(t *testing.T) func(args ...string) (code int, said string) {
	if os.Geteuid() != 0 {
		return func(args ...string) (int, string) {
			var out, said bytes.Buffer
			code := run(context.Background(), terminal{name: "sealpost", stdout: &out, stderr: &said, now: time.Now}, args)
			return code, said.String()
		}
	}
	folder := t.TempDir()
	program := filepath.Join(folder, "sealpost")
	self, err := os.ReadFile(os.Args[0])
	if err = errors.Join(err, os.WriteFile(program, self, 0o755), os.Chmod(filepath.Dir(folder), 0o755)); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (int, string) {
		var said bytes.Buffer
		command := exec.CommandContext(t.Context(), program, args...)
		command.Stderr = &said
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		command.Run() //nolint:errcheck // What it ended with is looked at.
		return command.ProcessState.ExitCode(), said.String()
	}
}

// TestNoRight: what somebody else may not do is said so, and nobody is told to try
// it again.
func TestNoRight(t *testing.T) {
	dir, sealpost := newFolder(t), stranger(t)
	report := filepath.Join(dir, "report.json")
	text := `{"organization-name": "Lark Mail", "report-id": "1", "contact-info": "tls@lark.example",
		"date-range": {"start-datetime": "2026-11-18T00:00:00Z", "end-datetime": "2026-11-18T23:59:59Z"},
		"policies": [{"policy": {"policy-type": "no-policy-found", "policy-domain": "meadow.example"},
			"summary": {"total-successful-session-count": 1, "total-failure-session-count": 0}}]}`
	if err := os.WriteFile(report, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run(t.Context(), terminal{name: "sealpost", stdout: &out, stderr: &out, now: time.Now}, []string{"report", "import", "-dir", dir, report}); code != exitProblems {
		t.Fatal(out.String())
	}
	mail := []string{"digest", "-dir", dir, "-send", "-smtp", "localhost:1", "-from", "a@example.com", "-to", "b@example.com"}
	wantRefused := func(commands ...[]string) {
		t.Helper()
		for _, args := range commands {
			code, said := sealpost(args...)
			if code != exitFailed || !strings.Contains(said, "you have no right to ") || !strings.Contains(said, "; run this as the user that sealpost local runs as") ||
				strings.Contains(said, "permission denied") || strings.Contains(said, "again") {
				t.Errorf("%q ended with %d, and said %s", args, code, said)
			}
		}
	}
	allow(t, dir, 0o555)
	wantRefused([]string{"replay", "-dir", dir, "-accept", "any"}, []string{"report", "import", "-dir", dir, "-accept", "any", report}, mail)
	if code, said := sealpost("digest", "-dir", dir); code != exitGood {
		t.Errorf("to read is allowed, but digest ended with %d, and said %s", code, said)
	}
	allow(t, filepath.Join(dir, "quarantine"), 0)
	wantRefused([]string{"digest", "-dir", dir}, []string{"replay", "-dir", dir})
	allow(t, filepath.Join(dir, "quarantine"), 0o755)
	allow(t, dir, 0)
	wantRefused([]string{"digest", "-dir", dir}, []string{"replay", "-dir", dir}, []string{"report", "import", "-dir", dir, report}, []string{"query", "-dir", dir, "SELECT 1"}, mail)
}

// allow gives a folder, and those below, some rights until the test ends.
func allow(t *testing.T, dir string, rights os.FileMode) {
	t.Helper()
	set := func(rights os.FileMode) {
		var below []string
		err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			below = append(below, path)
			return os.Chmod(path, 0o755) // It is looked into next.
		})
		for _, folder := range slices.Backward(below) {
			err = errors.Join(err, os.Chmod(folder, rights))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	set(rights)
	t.Cleanup(func() { set(0o755) })
}
