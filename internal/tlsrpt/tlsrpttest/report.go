// Package tlsrpttest makes reports of RFC 8460 in any size, for tests.
package tlsrpttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"testing"
)

// Gzip compresses a report as a reporter does.
func Gzip(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// Size is a report of about so many bytes as its name says.
type Size struct {
	Name               string
	Policies, Failures int
}

// Sizes are those of a usual, a large and a huge report.
func Sizes() []Size {
	return []Size{{"2KB", 1, 5}, {"65KB", 1, 190}, {"1MB", 20, 152}}
}

// Report gives a report about a day on which a reporter met so many policies,
// with so many kinds of failure under each. It is the same on every call.
func Report(policies, failures int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"organization-name":"Northwind Post","date-range":{"start-datetime":"2026-11-16T00:00:00Z",` +
		`"end-datetime":"2026-11-16T23:59:59Z"},"contact-info":"tls-reports@northwind.example",` +
		`"report-id":"2026-11-16T00:00:00Z_meadow.example","policies":[`)
	for i := range policies {
		separate(&b, i)
		policy(&b, i, failures)
	}
	b.WriteString("]}")
	return b.Bytes()
}

func policy(b *bytes.Buffer, i, failures int) {
	domain := fmt.Sprintf("meadow%d.example", i)
	fmt.Fprintf(b, `{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: enforce",`+
		`"mx: mx1.%[1]s","mx: *.mail.%[1]s","max_age: 1209600"],"policy-domain":"%[1]s","mx-host":["mx1.%[1]s","*.mail.%[1]s"]},`+
		`"summary":{"total-successful-session-count":%[2]d,"total-failure-session-count":%[3]d},"failure-details":[`,
		domain, 1000+i, 3*failures)
	for j := range failures {
		separate(b, j)
		failure(b, domain, j)
	}
	b.WriteString("]}")
}

func failure(b *bytes.Buffer, domain string, j int) {
	kinds := []string{"certificate-expired", "starttls-not-supported", "certificate-host-mismatch", "validation-failure"}
	fmt.Fprintf(b, `{"result-type":"%s","sending-mta-ip":"2001:db8:%x::%x","receiving-mx-hostname":"mx%d.mail.%s",`+
		`"receiving-mx-helo":"mx%[4]d.mail.%[5]s","receiving-ip":"203.0.113.%[6]d","failed-session-count":%[7]d,`+
		`"additional-information":"https://northwind.example/tls/%[8]d","failure-reason-code":"X509_V_ERR_%[8]d"}`,
		kinds[j%len(kinds)], j%7, j+1, j%3, domain, j%250+1, j%5+1, j)
}

func separate(b *bytes.Buffer, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}
