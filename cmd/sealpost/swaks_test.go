package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// swaks sends a file as it is, as a mail by the SMTP client that mail
// administrators test with, and gives its transcript.
func (s *service) swaks(to, file string) (string, error) {
	s.t.Helper()
	address, port, _ := strings.Cut(s.smtp, ":")
	transcript, err := exec.CommandContext(s.t.Context(), "swaks", "--server", address, "--port", port, "--helo", "mx.sender.example",
		"--from", "tls-reports@sender.example", "--to", to, "--data", "@"+file).CombinedOutput()
	return string(transcript), err
}

// TestMailsBySwaks delivers mails as reporters send them, by a client that is not
// ours. Nobody vouches for those in testdata/mails, so what is kept of each is
// what came, byte for byte but for the ends of lines.
func TestMailsBySwaks(t *testing.T) {
	need(t, "swaks")
	s := start(t, t.TempDir(), "-reports-domain", "reports.example", "-accept", "any")
	if transcript, err := s.swaks("reports@reports.example", filepath.Join(s.dir, "example-report.eml")); err != nil {
		t.Fatalf("%v\n%s", err, transcript)
	}
	if got := s.files("reports/v1/*/*"); len(got) != 1 {
		t.Errorf("kept %q, want the signed report", got)
	}
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		reason := "unsigned"
		if strings.HasSuffix(file, "empty.eml") {
			reason = "no-report"
		}
		before := s.files("quarantine/v1/trust=none/reason=" + reason + "/*/*")
		if transcript, err := s.swaks("reports@reports.example", file); err != nil || !strings.Contains(transcript, "<-  250") {
			t.Errorf("%s: %v\n%s", file, err, transcript)
			continue
		}
		added := slices.DeleteFunc(s.files("quarantine/v1/trust=none/reason="+reason+"/*/*"), func(name string) bool {
			return slices.Contains(before, name) || strings.HasSuffix(name, ".json")
		})
		if len(added) != 1 {
			t.Errorf("%s: added as %s: %q; want one", file, reason, added)
			continue
		}
		if got, want := lines(t, added[0]), lines(t, file); got != want {
			t.Errorf("%s came as\n%s\nwant\n%s", file, got, want)
		}
	}
	if transcript, err := s.swaks("somebody@elsewhere.example", files[0]); err == nil || !strings.Contains(transcript, "<** 550 5.7.1") {
		t.Errorf("a mail to be sent on: %v\n%s", err, transcript)
	}
}

// lines reads a file, with each line ended by LF, and the last too.
func lines(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
}
