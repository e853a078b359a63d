package tlsrpt_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

const (
	reportName = "northwind.example!meadow.example!1794787200!1794873599!001.json"
	mailHeader = "From: TLS reports <tls-reports@northwind.example>\r\n" +
		"To: reports@meadow.example\r\n" +
		"Subject: Report Domain: meadow.example Submitter: northwind.example\r\n Report-ID: <1@northwind.example>\r\n" +
		"TLS-Report-Domain: meadow.example\r\n" +
		"TLS-Report-Submitter: northwind.example\r\n" +
		"MIME-Version: 1.0\r\n"
	textPart = "Content-Type: text/plain; charset=\"us-ascii\"\r\n\r\nThis is an aggregate TLS report from northwind.example\r\n"
)

// part is a part of a mail with its header fields.
func part(body string, fields ...string) string {
	return strings.Join(fields, "\r\n") + "\r\n\r\n" + body
}

// multipart puts parts together as RFC 2046 has it.
func multipart(boundary string, parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&b, "--%s\r\n%s\r\n", boundary, part)
	}
	return b.String() + "--" + boundary + "--\r\n"
}

// unclosed is the same without the last line.
func unclosed(boundary string, parts ...string) string {
	return strings.TrimSuffix(multipart(boundary, parts...), "\r\n--"+boundary+"--\r\n")
}

// reportMail is a mail as RFC 8460, section 5.3, has it, with these parts.
func reportMail(parts ...string) string {
	return mailHeader + "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"=_1\"\r\n\r\n" +
		"This is a multipart message in MIME format.\r\n" + multipart("=_1", parts...)
}

func base64Lines(body []byte) string {
	var b strings.Builder
	for text := base64.StdEncoding.EncodeToString(body); text != ""; {
		n := min(76, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return b.String()
}

func quotedPrintable(tb testing.TB, text string) string {
	tb.Helper()
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	w.Binary = true
	if _, err := w.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

const (
	asGzip       = "Content-Type: application/tlsrpt+gzip"
	asJSON       = "Content-Type: application/tlsrpt+json"
	inBase64     = "Content-Transfer-Encoding: base64"
	inQuoted     = "Content-Transfer-Encoding: quoted-printable"
	named        = "Content-Disposition: attachment; filename=\"" + reportName + ".gz\""
	inMultipart  = "Content-Type: multipart/mixed; boundary=\"=_2\""
	forwarded    = "Content-Type: message/rfc822"
	octets       = "Content-Type: application/octet-stream"
	reportHeader = mailHeader + "Content-Type: application/tlsrpt+json\r\n\r\n"
)

// mails are those in which there is the example, so often as want says.
func mails(tb testing.TB) []mailCase {
	text := example(tb)
	zipped := tlsrpttest.Gzip(tb, []byte(text))
	encoded := base64Lines(zipped)
	usual := part(encoded, asGzip+"; name=\""+reportName+".gz\"", inBase64, named)
	stray := strings.ReplaceAll(encoded, "\r\n", " \x00!!\r\n-_.\r\n")
	unpadded := strings.TrimRight(strings.TrimSpace(encoded), "=")
	return []mailCase{
		{"RFC 8460, section 5.3", 1, reportMail(textPart, usual)},
		{"lines end with LF", 1, strings.ReplaceAll(reportMail(textPart, usual), "\r\n", "\n")},
		{"lines end either way", 1, strings.Replace(reportMail(textPart, usual), "\r\n", "\n", 9)},
		{"the last boundary is not closed", 1, mailHeader + "Content-Type: multipart/report; boundary==_1\r\n\r\n" + unclosed("=_1", textPart, usual)},
		{"the last boundary is cut off", 1, strings.TrimSuffix(reportMail(textPart, usual), "--\r\n")},
		{"boundaries within one another, none closed", 1, mailHeader + inMultipart + "\r\n\r\n--=_2\r\n" +
			"Content-Type: multipart/report; boundary=\"=_2a\"\r\n\r\n" + unclosed("=_2a", textPart, usual)},
		{"blanks after boundaries", 1, strings.ReplaceAll(reportMail(textPart, usual), "--=_1\r\n", "--=_1 \t\r\n")},
		{"a boundary that its header does not quote", 1, mailHeader + "Content-Type: multipart/report; report-type=tlsrpt; boundary=--=_(1)\r\n\r\n" + multipart("--=_(1)", usual)},
		{"a boundary with a comment after it", 1, mailHeader + "Content-Type: multipart/report; report-type=tlsrpt; boundary==_1 (as RFC 2045, 5.1; has it)\r\n\r\n" + multipart("=_1", textPart, usual)},
		{"comments wherever they may be", 1, mailHeader + "Content-Type: (a \\) \"b) multipart/report (c (d;) ); (e) boundary = \"(=_1)\" (f)\r\n\r\n" + multipart("(=_1)", textPart, part(encoded, "Content-Type: (g) application/octet-stream", inBase64))},
		{"a media type whose field is misspelt", 1, mailHeader + "ContentType: multipart/report; boundary==_1\r\n\r\n" + multipart("=_1", textPart, part(encoded, "ContentType: application/tlsrpt+gzip", inBase64))},
		{"text in HTML comes first", 1, reportMail(part("<p>{{ report }}</p>", "Content-Type: text/html"), usual)},
		{"no text", 1, reportMail(usual)},
		{"JSON in 7bit", 1, reportMail(textPart, part(text, asJSON, "Content-Transfer-Encoding: 7bit"))},
		{"JSON without encoding", 1, reportMail(textPart, part(text, asJSON))},
		{"JSON in quoted-printable", 1, reportMail(textPart, part(quotedPrintable(tb, text), asJSON, inQuoted))},
		{"JSON that is called quoted-printable", 1, reportMail(textPart, part(strings.Replace(text, "{", "{\"x\":\"a=b\",", 1), asJSON, inQuoted))},
		{"JSON in base64", 1, reportMail(textPart, part(base64Lines([]byte(text)), asJSON, inBase64))},
		{"gzip in 8bit", 1, reportMail(textPart, part(string(zipped), asGzip, "Content-Transfer-Encoding: 8bit"))},
		{"gzip in quoted-printable", 1, reportMail(textPart, part(quotedPrintable(tb, string(zipped)), asGzip, "Content-Transfer-Encoding: Quoted-Printable"))},
		{"JSON in base64 that is not said to be", 1, reportMail(textPart, part(base64Lines([]byte(text)), asJSON))},
		{"JSON in base64 that is said to be quoted-printable", 1, reportMail(textPart, part(base64Lines([]byte(text)), asJSON, inQuoted))},
		{"base64 with stray characters", 1, reportMail(textPart, part(stray, asGzip, inBase64))},
		{"base64 without padding", 1, reportMail(textPart, part(unpadded, asGzip, inBase64))},
		{"base64 on one line", 1, reportMail(textPart, part(base64.StdEncoding.EncodeToString(zipped), asGzip, inBase64))},
		{"base64 whose field has more in it", 1, reportMail(textPart, part(encoded, asGzip, "Content-Transfer-Encoding: \"Base64\"; (as RFC 2045 has it)"))},
		{"base64 whose field begins with a comment", 1, reportMail(textPart, part(encoded, asGzip, "Content-Transfer-Encoding: (7bit (or so) \\) ) base64"))},
		{"base64 that is called 7bit", 1, reportMail(textPart, part(encoded, asGzip, "Content-Transfer-Encoding: 7bit"))},
		{"base64 that is called something else", 1, reportMail(textPart, part(encoded, asGzip, "Content-Transfer-Encoding: x-gzip64"))},
		{"base64 whose field is lost", 1, reportMail(textPart, part(encoded, asGzip))},
		{"JSON that is called base64", 1, reportMail(textPart, part(text, asJSON, inBase64))},
		{"base64 with a footer", 1, reportMail(textPart, part(base64Lines(padded(tb, text))+"Unsubscribe here", asGzip, inBase64))},
		{"another media type: gzip", 1, reportMail(textPart, part(encoded, "Content-Type: application/gzip", inBase64))},
		{"another media type: octets", 1, reportMail(textPart, part(encoded, octets, inBase64))},
		{"another media type: json", 1, reportMail(textPart, part(text, "Content-Type: application/json"))},
		{"another media type: tlsrpt", 1, reportMail(textPart, part(text, "Content-Type: Application/TLSRPT"))},
		{"no media type", 1, reportMail(textPart, part(encoded, inBase64))},
		{"JSON as text", 1, reportMail(textPart, part(text, "Content-Type: text/plain"))},
		{"JSON as text with a name", 1, reportMail(textPart, part(text, "Content-Type: text/plain; name=tls.json"))},
		{"a byte order mark", 1, reportMail(textPart, part("\xef\xbb\xbf"+text, octets))},
		{"forwarded", 1, mailHeader + inMultipart + "\r\n\r\n" + multipart("=_2", textPart, part(reportMail(textPart, usual), forwarded))},
		{"forwarded in base64", 1, mailHeader + forwarded + "\r\n" + inBase64 + "\r\n\r\n" + base64Lines([]byte(reportMail(textPart, usual)))},
		{"forwarded by name", 1, mailHeader + inMultipart + "\r\n\r\n" + multipart("=_2", textPart, part(base64Lines([]byte(reportMail(textPart, usual))), octets+"; name=Report.EML", inBase64))},
		{"forwarded in a digest", 2, mailHeader + "Content-Type: multipart/digest; boundary==_2\r\n\r\n" + multipart("=_2", "\r\n"+reportMail(usual), part(reportMail(usual), forwarded))},
		{"deep down", 1, mailHeader + inMultipart + "\r\n\r\n" + multipart("=_2", textPart, part(multipart("=_3", textPart, usual), "Content-Type: multipart/alternative; boundary==_3"))},
		{"the whole mail: JSON", 1, reportHeader + text},
		{"the whole mail: gzip", 1, mailHeader + asGzip + "\r\n" + inBase64 + "\r\n\r\n" + encoded},
		{"the whole mail: gzip in 8bit", 1, mailHeader + asGzip + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + string(zipped) + "\r\n"},
		{"the whole mail, of no type", 1, mailHeader + "\r\n" + text},
		{"a multipart that is none", 1, mailHeader + inMultipart + "\r\n\r\n" + text},
		{"a multipart without boundary", 1, mailHeader + "Content-Type: multipart/report\r\n\r\n" + text},
		{"several", 3, reportMail(textPart, usual, part(text, asJSON), part(encoded, octets, inBase64))},
		{"a line in the header that is no field", 1, "From tls@northwind.example Tue Nov 17 10:00:00 2026\r\nno field\r\n" + reportMail(part(encoded, "no field", asGzip, inBase64))},
		{"blanks before the colon", 1, reportMail(part(encoded, "content-type : APPLICATION/TLSRPT+GZIP", "Content-Transfer-Encoding :BASE64"))},
		{"fields folded after the name", 1, reportMail(part(encoded, "Content-Type:\r\n application/tlsrpt+gzip", "Content-Transfer-Encoding:\r\n\tbase64"))},
		{"a parameter twice", 1, reportMail(part(encoded, octets+"; name=a; name=b", inBase64))},
	}
}

type mailCase struct {
	name string
	want int
	mail string
}

// padded is gzip that needs padding in base64.
func padded(tb testing.TB, text string) []byte {
	tb.Helper()
	zipped := tlsrpttest.Gzip(tb, []byte(text))
	for len(zipped)%3 == 0 {
		text += " "
		zipped = tlsrpttest.Gzip(tb, []byte(text))
	}
	return zipped
}

func TestAttachments(t *testing.T) {
	want := decode(t, example(t)).Report
	for _, test := range mails(t) {
		t.Run(test.name, func(t *testing.T) {
			message, err := tlsrpt.Attachments([]byte(test.mail))
			if err != nil || len(message.Attachments) != test.want {
				t.Fatalf("got %d reports, %v; want %d", len(message.Attachments), err, test.want)
			}
			if message.From != "tls-reports@northwind.example" || message.Domain != "meadow.example" || message.Submitter != "northwind.example" ||
				tlsrpt.SubjectDomain(message.Subject) != "meadow.example" {
				t.Errorf("the header says %q, %q, %q, %q", message.From, message.Domain, message.Submitter, message.Subject)
			}
			for _, attachment := range message.Attachments {
				text, err := tlsrpt.Inflate(attachment.Body)
				if err != nil {
					t.Fatal(err)
				}
				if got := decode(t, string(text)).Report; got.ReportID != want.ReportID || len(got.Policies) != len(want.Policies) {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
}

// TestDamagedAttachments: what was meant as a report is one, so that its damage
// is told.
func TestDamagedAttachments(t *testing.T) {
	for name, damaged := range map[string]string{
		"not whole":         part("{", asJSON),
		"empty":             part("", asGzip, inBase64),
		"named as a report": part("damaged", octets, named),
	} {
		message, err := tlsrpt.Attachments([]byte(reportMail(textPart, damaged)))
		if err != nil || len(message.Attachments) != 1 {
			t.Errorf("%s: got %d reports, %v; want it", name, len(message.Attachments), err)
		}
	}
}

func TestAttachmentNames(t *testing.T) {
	text := example(t)
	for name, field := range map[string]string{
		"plain":                      "Content-Disposition: attachment; filename=\"" + reportName + "\"",
		"not quoted":                 "Content-Disposition: attachment; filename=" + reportName,
		"of the media type":          asJSON + "; name=\"" + reportName + "\"",
		"RFC 2231, continued":        "Content-Disposition: attachment;\r\n filename*0=\"northwind.example!meadow\";\r\n filename*1=\".example!1794787200!1794873599!001.json\"",
		"RFC 2231, encoded":          "Content-Disposition: attachment; filename*=UTF-8''northwind.example%21meadow.example%211794787200%211794873599%21001.json",
		"RFC 2231, another charset":  "Content-Disposition: attachment; filename*=iso-8859-1'en'northwind.example%21meadow.example%211794787200%211794873599%21001.json",
		"RFC 2231, no charset":       "Content-Disposition: attachment; filename*=''northwind.example%21meadow.example%211794787200%211794873599%21001.json",
		"RFC 2231, both of it":       "Content-Disposition: attachment;\r\n filename*0*=windows-1252''northwind.example%21meadow;\r\n filename*1=\".example!1794787200!1794873599!001.json\"",
		"with a comment":             "Content-Disposition: attachment; filename=\"" + reportName + "\" (a report)",
		"RFC 8460, folded with text": "Content-Disposition: attachment;\r\n filename=\"northwind.example!meadow.example!\r\n           1794787200!1794873599!001.json\"",
		"RFC 2047":                   "Content-Disposition: attachment; filename=\"=?utf-8?q?northwind.example!meadow.example!?= =?utf-8?q?1794787200!1794873599!001.json?=\"",
		"RFC 2047, odd charset":      "Content-Disposition: attachment; filename=\"=?koi8-r?q?northwind.example!meadow.example!1794787200!1794873599!001.json?=\"",
		"beside a parameter twice":   "Content-Disposition: attachment; filename=\"" + reportName + "\"; filename=\"x\"",
	} {
		t.Run(name, func(t *testing.T) {
			message, err := tlsrpt.Attachments([]byte(reportMail(textPart, part(text, field))))
			if err != nil || len(message.Attachments) != 1 || message.Attachments[0].Filename != reportName {
				t.Errorf("got %+v, %v; want the name %s", message.Attachments, err, reportName)
			}
		})
	}
}

func TestNoReport(t *testing.T) {
	dmarc := tlsrpttest.Gzip(t, []byte("<?xml version=\"1.0\"?><feedback/>"))
	for name, mail := range map[string]string{
		"nothing":                        "",
		"a header":                       mailHeader,
		"text":                           mailHeader + "\r\nSuricata has ended.\r\n",
		"text that begins like base64":   mailHeader + "Content-Type: text/plain\r\n\r\neyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln\r\n",
		"text that begins with a brace":  mailHeader + "Content-Type: text/plain\r\n\r\n{ See below. }\r\n",
		"a multipart of text":            reportMail(textPart, textPart),
		"a multipart of nothing":         mailHeader + inMultipart + "\r\n\r\n--=_2--\r\n",
		"a report about DMARC":           reportMail(textPart, part(base64Lines(dmarc), "Content-Type: application/gzip; name=r.xml.gz", inBase64)),
		"gzip that is cut off":           reportMail(textPart, part(base64Lines(dmarc[:5]), octets, inBase64)),
		"a picture":                      reportMail(textPart, part("iVBORw0KGgo=", "Content-Type: image/png", inBase64)),
		"a report after the end":         reportMail(textPart) + "--=_1\r\n" + asJSON + "\r\n\r\n{}\r\n",
		"only a boundary that is longer": mailHeader + inMultipart + "\r\n\r\n" + multipart("=_2x", textPart),
	} {
		t.Run(name, func(t *testing.T) {
			message, err := tlsrpt.Attachments([]byte(mail))
			var none *tlsrpt.NoReportError
			if !errors.As(err, &none) || none.Parts < 1 || len(message.Attachments) > 0 {
				t.Errorf("got %+v, %v", message, err)
			}
		})
	}
}

// TestWhatTheHeaderSays: what is doubtful is not said.
func TestWhatTheHeaderSays(t *testing.T) {
	type said struct{ from, domain, ofSubject string }
	for _, test := range []struct {
		name, header string
		want         said
	}{
		{"plain", "From: a@Heron.Example\r\nTLS-Report-Domain: Meadow.Example.\r\nSubject: Report Domain: meadow.example", said{"a@Heron.Example", "meadow.example", "meadow.example"}},
		{"nothing", "To: a@heron.example", said{}},
		{"two From", "From: a@heron.example\r\nFrom: b@lark.example", said{}},
		{"two authors", "From: a@heron.example, b@lark.example", said{}},
		{"no address", "From: nobody", said{}},
		{"a name in another charset", "From: =?koi8-r?q?=C1?= <a@heron.example>", said{from: "a@heron.example"}},
		{"an address in quotes", "From: \"a@lark.example\" <a@heron.example>", said{from: "a@heron.example"}},
		{"an address as a name, not quoted", "From: a@heron.example <a@heron.example>", said{from: "a@heron.example"}},
		{"a comma in a name, not quoted", "From: Heron Post, Inc. <a@heron.example>", said{from: "a@heron.example"}},
		{"brackets in a name, not quoted", "From: [Heron] Post: reports <a@heron.example>", said{from: "a@heron.example"}},
		{"blanks within the brackets", "From: Heron < a@heron.example >", said{from: "a@heron.example"}},
		{"two authors, a name not quoted", "From: b@lark.example <b@lark.example>, a@heron.example <a@heron.example>", said{}},
		{"an author after the brackets", "From: b@lark.example <b@lark.example>, a@heron.example", said{}},
		{"two domains", "TLS-Report-Domain: heron.example\r\nTLS-Report-Domain: lark.example", said{}},
		{"no domain", "TLS-Report-Domain: ../../etc", said{}},
		{"a long domain", "TLS-Report-Domain: " + strings.Repeat("a.", 200) + "example", said{}},
		{"folded after each word", "Subject: Report\r\n Domain: meadow.example\r\n Submitter: heron.example", said{ofSubject: "meadow.example"}},
		{"forwarded", "Subject: Fwd: Report Domain: meadow.example Submitter: x", said{ofSubject: "meadow.example"}},
		{"encoded", "Subject: =?utf-8?q?Report_Domain:_meadow.example?=", said{ofSubject: "meadow.example"}},
		{"another subject", "Subject: SMTP TLS report", said{}},
		{"cut off", "Subject: Report Domain:", said{}},
		{"domain before report", "Subject: Domain: meadow.example Report Domain", said{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			message, err := tlsrpt.Attachments([]byte(test.header + "\r\n" + asJSON + "\r\n\r\n{}"))
			if err != nil {
				t.Fatal(err)
			}
			if got := (said{message.From, message.Domain, tlsrpt.SubjectDomain(message.Subject)}); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
