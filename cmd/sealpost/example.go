package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/localdir"
	"sealpost/internal/tlsrpt"
)

const exampleDomain = "example.com"

// writeExample fills an empty directory with a policy, the MX records of its
// domain, and a report about it from last week to try, also as a mail.
func (s *site) writeExample() error {
	for _, folder := range []string{s.items.Folder(), s.state.Folder()} {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
			return err // It is there, or cannot be looked at.
		}
	}
	if err := os.MkdirAll(s.items.Folder(), 0o755); err != nil {
		return err
	}
	if err := writeNew(s.exampleReport(), s.exampleReportJSON()); err != nil {
		return err
	}
	if err := os.MkdirAll(s.zone.Folder(), 0o755); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(s.zone.Folder(), exampleDomain+".MX"), []byte(exampleMX)); err != nil {
		return err
	}
	if err := s.writeExampleMail(); err != nil {
		return err
	}
	return writeNew(s.items.Path(exampleDomain), []byte(examplePolicy))
}

// writeNew leaves alone what is there already: it is somebody's.
func writeNew(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Close())
	}
	return file.Close()
}

func (s *site) exampleReport() string { return filepath.Join(s.dir, "example-report.json") }

// hasExample says whether the example report is there and would be taken in.
func (s *site) hasExample() bool {
	_, err := s.readExample()
	_, served, _ := s.state.Published(context.Background(), exampleDomain)
	return err == nil && served
}

// exampleWeek is the week that the example report is about: last week, when it
// was written.
func (s *site) exampleWeek() digest.Week {
	report, err := s.readExample()
	if err != nil {
		return digest.Last(s.now())
	}
	return digest.WeekOf(report.DateRange.Start)
}

func (s *site) readExample() (tlsrpt.Report, error) {
	text, err := localdir.ReadFile(s.exampleReport())
	if err != nil {
		return tlsrpt.Report{}, err
	}
	decoded, err := tlsrpt.Decode(text)
	return decoded.Report, err
}

const exampleMX = "mx1.example.com\na.backup.example.com\n"

const examplePolicy = `{
  "domain": "example.com",
  "mode": "testing",
  "mx": ["mx1.example.com", "*.backup.example.com"],
  "max_age": 86400,
  "comment": "An example. Change it, save it, and fetch it again."
}
`

// exampleDay is the day that the example report is about.
func (s *site) exampleDay() time.Time { return digest.Last(s.now()).Start().AddDate(0, 0, 2) }

// exampleReportJSON tells of a certificate that ran out.
func (s *site) exampleReportJSON() []byte {
	day := s.exampleDay().Format(time.DateOnly)
	return fmt.Appendf(nil, `{
  "organization-name": "Example Sender",
  "date-range": {
    "start-datetime": "%[1]sT00:00:00Z",
    "end-datetime": "%[1]sT23:59:59Z"
  },
  "contact-info": "tls-reports@sender.example",
  "report-id": "%[1]s_example.com",
  "policies": [
    {
      "policy": {
        "policy-type": "sts",
        "policy-string": ["version: STSv1", "mode: testing", "mx: mx1.example.com", "mx: *.backup.example.com", "max_age: 86400"],
        "policy-domain": "example.com",
        "mx-host": ["mx1.example.com", "*.backup.example.com"]
      },
      "summary": {
        "total-successful-session-count": 1291,
        "total-failure-session-count": 17
      },
      "failure-details": [
        {
          "result-type": "certificate-expired",
          "sending-mta-ip": "192.0.2.25",
          "receiving-mx-hostname": "a.backup.example.com",
          "receiving-ip": "198.51.100.9",
          "failed-session-count": 17
        }
      ]
    }
  ]
}
`, day)
}
