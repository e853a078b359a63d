package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/tlsrpt"
)

// report is one to be sent.
type report struct {
	name    string
	text    []byte
	packed  bool     // Whether it is sent as gzip first, and then plain, or the other way round.
	domains []string // Of its policies.
}

// reportTime is when the sessions of the examples took place: in the last week
// that is over, since there is a digest of no other.
func reportTime(now time.Time) time.Time { return digest.Last(now).End().AddDate(0, 0, -2) }

// examples are two reports about a domain that no other run sends.
func examples(domain string, now time.Time) []report {
	var made []report
	for _, name := range []string{"plain", "gzipped"} {
		text := fmt.Sprintf(`{
  "organization-name": "Sealpost tryout",
  "contact-info": "tls-reports@%[1]s",
  "report-id": "%[2]s-%[3]s@%[1]s",
  "date-range": {"start-datetime": "%[4]sT00:00:00Z", "end-datetime": "%[4]sT23:59:59Z"},
  "policies": [{
    "policy": {"policy-type": "sts", "policy-string": ["version: STSv1", "mode: testing", "mx: mx1.%[1]s", "max_age: 86400"],
      "policy-domain": "%[1]s", "mx-host": ["mx1.%[1]s"]},
    "summary": {"total-successful-session-count": 40, "total-failure-session-count": 2},
    "failure-details": [{"result-type": "certificate-expired", "sending-mta-ip": "192.0.2.25",
      "receiving-mx-hostname": "mx1.%[1]s", "receiving-ip": "198.51.100.25", "failed-session-count": 2}]
  }]
}`, domain, name, now.UTC().Format("20060102T150405.000000000Z"), reportTime(now).Format(time.DateOnly))
		made = append(made, report{name: "The " + name + " example", text: []byte(text), packed: name == "gzipped", domains: []string{domain}})
	}
	return made
}

// readReports reads reports that intake must be able to take in.
func readReports(files []string) ([]report, error) {
	var reports []report
	for _, file := range files {
		r, err := readReport(file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		reports = append(reports, r)
	}
	return reports, nil
}

func readReport(file string) (report, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return report{}, err
	}
	text, err := tlsrpt.Inflate(body)
	if err != nil {
		return report{}, err
	}
	decoded, err := tlsrpt.Decode(text)
	if err != nil {
		return report{}, err
	}
	r := report{name: filepath.Base(file), text: text}
	for _, policy := range decoded.Report.Policies {
		if host, err := mtasts.ParseDomain(policy.Policy.Domain); err == nil {
			r.domains = append(r.domains, host)
		}
	}
	return r, nil
}

// domainsOf lists the domains of reports, but for the one that is tried out.
func domainsOf(reports []report, domain string) []string {
	var domains []string
	for _, r := range reports {
		domains = append(domains, r.domains...)
	}
	slices.Sort(domains)
	return slices.DeleteFunc(slices.Compact(domains), func(d string) bool { return d == domain })
}
