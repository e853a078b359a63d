package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sealpost/internal/dkim"
)

const (
	exampleSender        = "sender.example"
	exampleReportsDomain = "reports.example"
	exampleSelector      = "tlsrpt"
)

func (s *site) exampleMail() string { return filepath.Join(s.dir, "example-report.eml") }

func (s *site) hasExampleMail() bool {
	_, err := os.Stat(s.exampleMail())
	return err == nil
}

// writeExampleMail writes the example report as its sender would mail it
// (RFC 8460, section 5.3), signed with a key that nobody has afterwards. What
// proves the signature goes where the DNS is.
func (s *site) writeExampleMail() error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key for the example: %w", err)
	}
	signed, err := dkim.Sign([]byte(s.exampleMailText()), dkim.Signing{
		Domain:   exampleSender,
		Selector: exampleSelector,
		Key:      private,
		Fields: []string{"From", "To", "Date", "Subject", "TLS-Report-Domain", "TLS-Report-Submitter",
			"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"},
		At: s.now(),
	})
	if err != nil {
		return fmt.Errorf("sign the example: %w", err)
	}
	if err := writeNew(s.exampleMail(), signed); err != nil {
		return err
	}
	// s=tlsrpt is what RFC 8460, section 3, asks of a reporter's key.
	record := "v=DKIM1; k=ed25519; s=tlsrpt; p=" + base64.StdEncoding.EncodeToString(public) + "\n"
	return writeNew(filepath.Join(s.zone.Folder(), exampleSelector+"._domainkey."+exampleSender+".TXT"), []byte(record))
}

func (s *site) exampleMailText() string {
	start := s.exampleDay()
	text := fmt.Sprintf(`From: TLS reports <tls-reports@%[2]s>
To: reports@%[3]s
Date: %[4]s
Subject: Report Domain: %[1]s Submitter: %[2]s Report-ID: <%[5]s_%[1]s>
TLS-Report-Domain: %[1]s
TLS-Report-Submitter: %[2]s
MIME-Version: 1.0
Content-Type: multipart/report; report-type="tlsrpt"; boundary="example"

--example
Content-Type: text/plain

A report about TLS, for %[1]s.

--example
Content-Type: application/tlsrpt+json
Content-Disposition: attachment; filename="%[2]s!%[1]s!%[6]d!%[7]d!001.json"

%[8]s
--example--
`, exampleDomain, exampleSender, exampleReportsDomain, s.now().UTC().Format(time.RFC1123Z),
		start.Format(time.DateOnly), start.Unix(), start.AddDate(0, 0, 1).Unix()-1, s.exampleReportJSON())
	return strings.ReplaceAll(text, "\n", "\r\n")
}
