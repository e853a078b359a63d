package main

import (
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mail sends a mail, and gives the code of the answer.
func (s *service) mail(to string, text []byte) int {
	s.t.Helper()
	err := smtp.SendMail(s.smtp, nil, "tls-reports@sender.example", []string{to}, text)
	var answer *textproto.Error
	switch {
	case err == nil:
		return 250
	case errors.As(err, &answer):
		return answer.Code
	default:
		s.t.Fatal(err)
		return 0
	}
}

// files lists what lies below a folder of the service.
func (s *service) files(pattern string) []string {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, filepath.FromSlash(pattern)))
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func (s *service) read(name string) []byte {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s *service) wantMail(code int, to string, text []byte) {
	s.t.Helper()
	if got := s.mail(to, text); got != code {
		s.t.Errorf("a mail to %s: the answer is %d, want %d", to, got, code)
	}
}

func TestReportsComeByMail(t *testing.T) {
	s := start(t, t.TempDir())
	mail := s.read("example-report.eml")
	if status, answer := s.post(string(s.read("example-report.json"))); status != 201 {
		t.Fatalf("POST: %d %s", status, answer)
	}
	s.wantMail(250, "reports@reports.example", mail)
	s.wantMail(250, "anybody@anywhere.example", mail)
	if got := s.files("reports/v1/*/*"); len(got) != 2 || !strings.HasSuffix(got[0], ".dkim.json.gz") {
		t.Errorf("kept %q, want one report as it came by HTTP, and signed", got)
	}
	s.wantMail(250, "reports@reports.example", []byte("Subject: Hello\r\n\r\nNobody is here.\r\n"))
	s.wantMail(250, "reports@reports.example", []byte(strings.Replace(string(mail), "1291", "1292", 1)))
	for _, reason := range []string{"no-report", "unsigned"} {
		if got := s.files("quarantine/v1/trust=none/reason=" + reason + "/*/*.json"); len(got) != 1 {
			t.Errorf("quarantined as %s: %q, want one", reason, got)
		}
	}
}

func TestMailIsNotAcknowledgedUnlessItIsKept(t *testing.T) {
	s := start(t, t.TempDir())
	s.write("index", "a file where a folder is to be")
	s.wantMail(451, "reports@reports.example", s.read("example-report.eml"))
	if err := os.Remove(filepath.Join(s.dir, "index")); err != nil {
		t.Fatal(err)
	}
	s.wantMail(250, "reports@reports.example", s.read("example-report.eml"))
}

func TestMailWaitsForTheDNS(t *testing.T) {
	s := start(t, t.TempDir())
	key := filepath.Join(s.dir, "zone", "tlsrpt._domainkey.sender.example.TXT")
	record := s.read("zone/tlsrpt._domainkey.sender.example.TXT")
	if err := errors.Join(os.Remove(key), os.Mkdir(key, 0o755)); err != nil { // Which cannot be read.
		t.Fatal(err)
	}
	s.wantMail(451, "reports@reports.example", s.read("example-report.eml"))
	if err := errors.Join(os.Remove(key), os.WriteFile(key, record, 0o644)); err != nil {
		t.Fatal(err)
	}
	s.wantMail(250, "reports@reports.example", s.read("example-report.eml"))
	if got := s.files("quarantine/v1/*"); len(got) > 0 {
		t.Errorf("quarantined: %q", got)
	}
}

func TestMailForOneDomain(t *testing.T) {
	s := start(t, t.TempDir(), "-reports-domain", "Reports.Example")
	s.wantMail(550, "reports@elsewhere.example", s.read("example-report.eml"))
	s.wantMail(250, "reports@reports.example", s.read("example-report.eml"))
}

// TestATakenPort: only who asks for it gets an error.
func TestATakenPort(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	taken := smtpOption{address: other.Addr().String()}
	mail, err := openMail(taken, "")
	if err != nil || mail.listener != nil || !strings.Contains(mail.String(), "another program listens on "+taken.address) {
		t.Errorf("got %v, %v", mail, err)
	}
	taken.isNamed = true
	if _, err := openMail(taken, ""); err == nil || !strings.Contains(err.Error(), "choose another address with -smtp") {
		t.Errorf("got %v", err)
	}
}
