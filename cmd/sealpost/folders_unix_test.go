//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestOneFileInTheWay: a file that cannot be read is a problem of that file. All
// other domains go on, and the program ends when it is interrupted.
func TestOneFileInTheWay(t *testing.T) {
	dir := t.TempDir()
	inTheWay := map[string]func(path string) error{
		"zone/a.example.MX":                                    pipe,
		"zone/_mta-sts.b.example.TXT":                          pipe,
		"zone/k._domainkey.c.example.TXT":                      pipe,
		"zone/d.example.MX":                                    func(path string) error { return os.Symlink("d.example.MX", path) },
		"zone/e.example.MX":                                    func(path string) error { return os.Symlink("/dev/zero", path) },
		"zone/f.example.MX":                                    func(path string) error { return os.Mkdir(path, 0o755) },
		"policies/g.example.json":                              pipe,
		"p/mta-sts.h.example":                                  pipe,
		"example-report.json":                                  pipe,
		"index/v1/pipe":                                        pipe,
		"reports/v1/dt=2026-11-17/pipe.json.gz":                pipe,
		"quarantine/v1/trust=none/reason=invalid/dt=2026-11-1": pipe,
	}
	for name, put := range inTheWay {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), put(path)); err != nil {
			t.Fatal(err)
		}
	}
	for _, domain := range []string{"a.example", "b.example", "d.example", "e.example", "f.example", "h.example", "i.example"} {
		if err := os.WriteFile(filepath.Join(dir, "policies", domain+".json"), []byte(triedOut(domain)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, dir)
	wanted := []string{"a.example  ACTIVE", "d.example  ACTIVE", "e.example  ACTIVE", "f.example  ACTIVE", "g.example  REFUSED", "i.example  ACTIVE",
		"_mta-sts.b.example.TXT cannot be read: it is a named pipe"}
	for name := range inTheWay {
		if strings.HasPrefix(name, "zone/") {
			wanted = append(wanted, filepath.Base(name)+" is left alone: ")
		}
	}
	for deadline := time.Now().Add(patience); len(wanted) > 0; time.Sleep(10 * time.Millisecond) {
		var said strings.Builder
		if code := run(t.Context(), terminal{name: "sealpost", stdout: &said, stderr: t.Output(), now: time.Now}, []string{"status", "-dir", dir}); code == 0 {
			t.Error("status finds nothing wrong")
		}
		wanted = slices.DeleteFunc(wanted, func(text string) bool { return strings.Contains(said.String(), text) })
		if time.Now().After(deadline) {
			t.Fatalf("status does not say %q, but\n%s", wanted, said.String())
		}
	}
	begin := time.Now()
	if s.stop(); time.Since(begin) > shutdownTimeout+time.Second {
		t.Errorf("it ended after %v", time.Since(begin))
	}
}

// TestUnreadRecord: what a record announces is unknown once it cannot be read, and
// status of one domain names the file.
func TestUnreadRecord(t *testing.T) {
	s := start(t, t.TempDir())
	for _, domain := range []string{"a.example", "b.example"} {
		s.edit(domain, triedOut(domain))
		s.await(domain + ": ACTIVE")
	}
	for _, name := range []string{"a.example.MX", "_mta-sts.b.example.TXT"} {
		path := filepath.Join(s.dir, "zone", name)
		if err := errors.Join(pipe(path+".new"), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
	}
	s.await("b.example: ACTIVE, but the TXT record cannot be read now")
	for domain, want := range map[string][]string{
		"a.example": {"a.example.MX is left alone: it is a named pipe"},
		"b.example": {"_mta-sts.b.example.TXT is left alone: it is a named pipe", " unknown\n"},
	} {
		var said strings.Builder
		code := run(t.Context(), terminal{name: "sealpost", stdout: &said, stderr: t.Output(), now: time.Now}, []string{"status", "-dir", s.dir, domain})
		missing := slices.DeleteFunc(want, func(text string) bool { return strings.Contains(said.String(), text) })
		if code != exitProblems || len(missing) > 0 || strings.Count(said.String(), "left alone") != 1 {
			t.Errorf("status %s ends with %d and lacks %q:\n%s", domain, code, missing, said.String())
		}
	}
}

// TestFolderAway: that a folder is missing, or is no folder, is said once, and so is its
// return. What is served stays known.
func TestFolderAway(t *testing.T) {
	missing := func(string) error { return nil }
	for _, test := range []struct {
		folder, want string
		put          func(path string) error
		code         int // Of status meanwhile.
	}{
		{"policies", "no such file or directory. No domain retires because of that", missing, exitFailed},
		{"policies", "policies cannot be read: it is a named pipe. Put a folder in its place. No domain retires", pipe, exitFailed},
		{"zone", "no such file or directory. Policies stay as they are", missing, exitGood},
		{"zone", "zone cannot be read: it is a named pipe. Put a folder in its place", pipe, exitFailed},
	} {
		s := start(t, filepath.Join(t.TempDir(), "data"))
		domains := []string{"a.example", "b.example", "c.example"}
		for _, domain := range domains {
			s.edit(domain, triedOut(domain))
		}
		for range len(domains) + 1 { // With example.com.
			s.await(": ACTIVE")
		}
		path := filepath.Join(s.dir, test.folder)
		if err := errors.Join(os.Rename(path, path+".away"), test.put(path)); err != nil {
			t.Fatal(err)
		}
		s.awaitError(test.want)
		var said strings.Builder
		code := run(t.Context(), terminal{name: "sealpost", stdout: &said, stderr: &said, now: time.Now}, []string{"status", "-dir", s.dir})
		if code != test.code || strings.Count(said.String(), "  ACTIVE ") != 4 {
			t.Errorf("%s: status ends with %d and says\n%s", test.want, code, said.String())
		}
		if err := errors.Join(os.RemoveAll(path), os.Rename(path+".away", path)); err != nil {
			t.Fatal(err)
		}
		s.await(test.folder + " can be read again.")
		s.edit("d.example", triedOut("d.example"))
		s.await("d.example: ACTIVE")
		s.stop()
		if said := s.stderr.String(); strings.Count(said, test.want) != 1 || strings.Count(said, "\n") > 2 {
			t.Errorf("%s: the console says\n%s", test.want, said)
		}
	}
}

// TestRefusedIsSaidAfterAStart: the console names each item that is refused, once.
func TestRefusedIsSaidAfterAStart(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.edit("syntax.example", "{")
	s.await("syntax.example: REFUSED")
	for name, put := range map[string]func(path string) error{
		"pipe":   pipe,
		"link":   func(path string) error { return os.Symlink("nowhere", path) },
		"folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"huge":   func(path string) error { return os.WriteFile(path, make([]byte, 300<<10), 0o644) },
	} {
		if err := put(filepath.Join(dir, "policies", name+".example.json")); err != nil {
			t.Fatal(err)
		}
		s.await(name + ".example: REFUSED")
	}
	s.stop()
	s = start(t, dir)
	for _, name := range []string{"folder", "huge", "link", "pipe", "syntax"} {
		s.await(name + ".example: REFUSED")
	}
	s.edit("ends.example", triedOut("ends.example"))
	for line := ""; !strings.Contains(line, "ends.example: ACTIVE"); {
		if line = s.await(".example: "); strings.Contains(line, "REFUSED") {
			t.Errorf("it is said again: %s", line)
		}
	}
}

func pipe(path string) error { return syscall.Mkfifo(path, 0o644) }

// TestCopiesCanBeServed: a web server that runs as another user reads data/p.
func TestCopiesCanBeServed(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, dir)
	s.await("example.com: ACTIVE")
	for path, want := range map[string]fs.FileMode{dir: 0o711, dir + "/p": 0o755, dir + "/p/mta-sts.example.com": 0o644} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&want != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

// triedOut is the item of a domain that is tried out.
func triedOut(domain string) string {
	return fmt.Sprintf(`{"domain": %q, "mode": "testing", "mx": ["mx.example.com"]}`, domain)
}
