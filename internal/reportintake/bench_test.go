package reportintake_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"iter"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
	"sealpost/schemas"
)

// forgetful is a bucket that takes everything and keeps nothing.
type forgetful struct{}

func (forgetful) Create(context.Context, string, []byte) (bool, error) { return true, nil }

func (forgetful) Get(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }

func (forgetful) List(context.Context, string) iter.Seq2[string, error] {
	return func(func(string, error) bool) {}
}

var _ archive.Bucket = forgetful{}

func BenchmarkIntake(b *testing.B) {
	for _, size := range tlsrpttest.Sizes() {
		b.Run(size.Name, func(b *testing.B) {
			text := tlsrpttest.Report(size.Policies, size.Failures)
			b.SetBytes(int64(len(text)))
			benchmarkIntake(b, tlsrpttest.Gzip(b, text))
		})
	}
}

func benchmarkIntake(b *testing.B, body []byte) {
	intake := newIntakeFor(hosted{"meadow0.example"}, forgetful{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := intake.Receive(b.Context(), reportintake.Submission{Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMail takes in signed mails of 10 kB and of 10 MB, with a report in each.
func BenchmarkMail(b *testing.B) {
	for name, size := range map[string]int{"10kB": 10_000, "10MB": 10_000_000} {
		b.Run(name, func(b *testing.B) {
			text := edited(b, `"report-id"`, `"x": "`+strings.Repeat("x", size*3/4)+`", "report-id"`)
			mail := dkimtest.Sign(b, letter{reports: [][]byte{text}}.String(), "northwind.example")
			m := reportintake.Mail{Raw: []byte(mail), ReceivedAt: dkimtest.SignedAt(b, mail)}
			intake := newMailIntake(forgetful{})
			b.SetBytes(int64(len(mail)))
			b.ReportAllocs()
			for b.Loop() {
				receipts, err := intake.ReceiveMail(b.Context(), m)
				if err != nil || receipts[0].Status != reportintake.Stored {
					b.Fatal(receipts, err)
				}
			}
		})
	}
}

// BenchmarkJudge is the part of intake that the yardsticks have too: from the
// bytes to a report that was understood and found good.
func BenchmarkJudge(b *testing.B) {
	for _, size := range tlsrpttest.Sizes() {
		b.Run(size.Name, func(b *testing.B) {
			text := tlsrpttest.Report(size.Policies, size.Failures)
			body := tlsrpttest.Gzip(b, text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				text, err := tlsrpt.Inflate(body)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := tlsrpt.Decode(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBareGunzipDecode is a yardstick: what the standard library takes to
// read a report into structs, with no limit, tolerance or check.
func BenchmarkBareGunzipDecode(b *testing.B) {
	yardstick(b, func([]byte) error { return nil })
}

// BenchmarkGunzipSchemaDecode is the same with the JSON Schema before it.
func BenchmarkGunzipSchemaDecode(b *testing.B) {
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(schemas.TLSRPT().Source()))
	if err != nil {
		b.Fatal(err)
	}
	yardstick(b, func(text []byte) error {
		_, err := schema.Validate(gojsonschema.NewBytesLoader(text))
		return err
	})
}

func yardstick(b *testing.B, check func(text []byte) error) {
	for _, size := range tlsrpttest.Sizes() {
		b.Run(size.Name, func(b *testing.B) {
			text := tlsrpttest.Report(size.Policies, size.Failures)
			body := tlsrpttest.Gzip(b, text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := gunzipDecode(body, check); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func gunzipDecode(body []byte, check func(text []byte) error) error {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return err
	}
	if err := check(text); err != nil {
		return err
	}
	var r plainReport
	return json.Unmarshal(text, &r)
}

// plainReport is RFC 8460, section 4.4, with nothing tolerated.
type plainReport struct {
	OrganizationName string `json:"organization-name"`
	DateRange        struct {
		Start string `json:"start-datetime"`
		End   string `json:"end-datetime"`
	} `json:"date-range"`
	ContactInfo string        `json:"contact-info"`
	ReportID    string        `json:"report-id"`
	Policies    []plainPolicy `json:"policies"`
}

type plainPolicy struct {
	Policy struct {
		Type    string   `json:"policy-type"`
		Strings []string `json:"policy-string"`
		Domain  string   `json:"policy-domain"`
		MXHosts []string `json:"mx-host"`
	} `json:"policy"`
	Summary struct {
		Successful int64 `json:"total-successful-session-count"`
		Failed     int64 `json:"total-failure-session-count"`
	} `json:"summary"`
	Failures []struct {
		ResultType            string `json:"result-type"`
		SendingMTAIP          string `json:"sending-mta-ip"`
		ReceivingMXHostname   string `json:"receiving-mx-hostname"`
		ReceivingMXHelo       string `json:"receiving-mx-helo"`
		ReceivingIP           string `json:"receiving-ip"`
		FailedSessionCount    int64  `json:"failed-session-count"`
		AdditionalInformation string `json:"additional-information"`
		FailureReasonCode     string `json:"failure-reason-code"`
	} `json:"failure-details"`
}
