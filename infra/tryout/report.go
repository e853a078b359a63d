package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"sealpost/internal/archive"
	"sealpost/internal/mtasts"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// report is one to be sent.
type report struct {
	name    string
	text    []byte
	domains []string // Of its policies.
}

// reportTime is when the sessions of the examples took place: some days ago, so
// that a report about them would be here by now.
func reportTime(now time.Time) time.Time { return now.UTC().AddDate(0, 0, -2) }

// examples are two reports that no other run sends.
func examples(now time.Time) []report {
	var made []report
	for _, name := range []string{"first", "second"} {
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
		made = append(made, report{name: "The " + name + " example", text: []byte(text), domains: []string{domain}})
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

// domainsOf lists the domains of reports, but for our own.
func domainsOf(reports []report) []string {
	var domains []string
	for _, r := range reports {
		domains = append(domains, r.domains...)
	}
	slices.Sort(domains)
	return slices.DeleteFunc(slices.Compact(domains), func(d string) bool { return d == domain })
}

// answer is what intake says.
type answer struct {
	Status reportintake.Status `json:"status"`
	Reason archive.Reason      `json:"reason"`
	Key    string              `json:"key"`
}

func (v visit) reportSteps(r report) []step {
	var kept answer
	return []step{
		{r.name + " is taken in", func(ctx context.Context) error {
			// For a minute after its policy, a domain may be taken for one that is not hosted.
			return v.eventually(ctx, func(ctx context.Context) (err error) {
				kept, err = v.sendPlain(ctx, r)
				return err
			})
		}},
		{"Its line is in the bucket", func(ctx context.Context) error { return v.hasLine(ctx, r, kept.Key) }},
		{"Sent again, as gzip, it is known", func(ctx context.Context) error {
			again, err := v.sendGzip(ctx, r)
			if err == nil && again != (answer{Status: reportintake.Duplicate, Key: kept.Key}) {
				err = fmt.Errorf("the answer is %+v; want duplicate, at %s", again, kept.Key)
			}
			return err
		}},
	}
}

func (v visit) sendPlain(ctx context.Context, r report) (answer, error) {
	return readAnswer(v.functions.post(ctx, v.stack.intakeFunction, reportintake.Path, "application/json", r.text, true))
}

func (v visit) sendGzip(ctx context.Context, r report) (answer, error) {
	var body bytes.Buffer
	compress := gzip.NewWriter(&body)
	if _, err := compress.Write(r.text); err != nil {
		return answer{}, err
	}
	if err := compress.Close(); err != nil {
		return answer{}, err
	}
	return readAnswer(v.functions.post(ctx, v.stack.intakeFunction, reportintake.Path, "application/tlsrpt+gzip", body.Bytes(), false))
}

// readAnswer gives an error unless the report is kept and counted.
func readAnswer(response events.APIGatewayV2HTTPResponse, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal([]byte(response.Body), &a); err != nil {
		return answer{}, fmt.Errorf("read the answer %q: %w", response.Body, err)
	}
	if a.Status != reportintake.Stored && a.Status != reportintake.Duplicate {
		return answer{}, fmt.Errorf("the answer is %d %s", response.StatusCode, response.Body)
	}
	return a, nil
}

// hasLine reads the line by its key, and checks that it holds this report.
func (v visit) hasLine(ctx context.Context, r report, key string) error {
	object, err := v.reports.Get(ctx, key)
	if err != nil {
		return err
	}
	line, err := gunzip(object)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", key, err)
	}
	var found struct {
		ReportKey string `json:"report_key"`
	}
	if err := json.Unmarshal(line, &found); err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	canonical, err := tlsrpt.Canonical(r.text)
	if err != nil {
		return err
	}
	if found.ReportKey != tlsrpt.Key(canonical) {
		return errors.New("the line is that of another report")
	}
	return nil
}

func gunzip(object []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
