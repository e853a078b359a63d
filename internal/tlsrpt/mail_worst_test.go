package tlsrpt_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"sealpost/internal/tlsrpt"
)

// worstMails are dear to those who read them carelessly. An empty want says
// that the report in them is found.
var worstMails = []struct {
	name string
	want string
	make func(size int) string
}{
	{"nested, never closed", "levels", func(size int) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%[1]d\r\n", i)
		}
		return b.String()
	}},
	{"nested to the last level, never closed", "no report", func(size int) string {
		var b strings.Builder
		for i := range tlsrpt.MaxMailDepth - 1 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%[1]d\r\n", i)
		}
		return b.String() + "\r\n" + strings.Repeat("--b\r\n", size/5)
	}},
	{"forwarded again and again", "levels", func(size int) string {
		return strings.Repeat("Content-Type: message/rfc822\r\n\r\n", size/32)
	}},
	{"parts", "parts", func(size int) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n", size/7)
	}},
	{"boundaries that are longer", "no report", func(size int) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--bb\r\n", size/6)
	}},
	{"boundaries on one line", "no report", func(size int) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b", size/3)
	}},
	{"a boundary that almost stands everywhere", "no report", func(size int) string {
		return "Content-Type: multipart/mixed; boundary=" + strings.Repeat("-", 2000) + "b\r\n\r\n" + strings.Repeat("-", size)
	}},
	{"a header without end", "header", func(size int) string { return strings.Repeat("a:\r\n", size/4) }},
	{"a field without end", "header", func(size int) string { return "a:" + strings.Repeat("\r\n b", size/4) }},
	{"folded lines", "no report", func(int) string { return "a:" + strings.Repeat("\r\n b", tlsrpt.MaxMailHeader/4-2) + "\r\n\r\n" }},
	{"fields that are long", "", func(size int) string {
		long := strings.Repeat("; a=\"b\"", tlsrpt.MaxMailHeader/7/2-10)
		return "From: " + strings.Repeat("(", 30_000) + "\r\nContent-Type: application/tlsrpt" + long + "\r\n\r\n{}"
	}},
	{"base64 of nothing", "", func(size int) string {
		return asJSON + "\r\n" + inBase64 + "\r\n\r\n" + strings.Repeat("\r\n", size/2)
	}},
	{"quoted-printable of nothing", "", func(size int) string {
		return asJSON + "\r\n" + inQuoted + "\r\n\r\n" + strings.Repeat("=\r\n", size/3)
	}},
	{"reports", "reports", func(int) string {
		return reportMail(strings.Split(strings.Repeat(asJSON+"\r\n\r\n{}\n", tlsrpt.MaxAttachments+1), "\n")...)
	}},
}

// TestWorstMails: what is over a limit is refused at once, and the rest read in
// a time that goes with its size. It would take minutes otherwise.
func TestWorstMails(t *testing.T) {
	for _, test := range worstMails {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mail := test.make(10 << 20)
			if len(mail) > tlsrpt.MaxMail {
				t.Fatalf("%d bytes", len(mail))
			}
			message, err := tlsrpt.Attachments([]byte(mail))
			if test.want == "" {
				if err != nil || len(message.Attachments) != 1 {
					t.Errorf("%d reports, %v", len(message.Attachments), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestLargestMail(t *testing.T) {
	mail := reportHeader + example(t)
	largest := append([]byte(mail), bytes.Repeat([]byte(" "), tlsrpt.MaxMail-len(mail))...)
	if message, err := tlsrpt.Attachments(largest); err != nil || len(message.Attachments) != 1 {
		t.Errorf("%d reports, %v", len(message.Attachments), err)
	}
	var limit *tlsrpt.LimitError
	if _, err := tlsrpt.Attachments(append(largest, ' ')); !errors.As(err, &limit) {
		t.Errorf("got %v, want a LimitError", err)
	}
}

func FuzzAttachments(f *testing.F) {
	for _, test := range mails(f) {
		f.Add([]byte(test.mail))
	}
	for _, test := range worstMails {
		f.Add([]byte(test.make(2000)))
	}
	f.Fuzz(func(t *testing.T, mail []byte) {
		message, err := tlsrpt.Attachments(mail)
		var limit *tlsrpt.LimitError
		var none *tlsrpt.NoReportError
		switch {
		case errors.As(err, &limit), errors.As(err, &none):
			return
		case err != nil:
			t.Fatalf("an error of type %T: %v", err, err)
		case len(message.Attachments) == 0 || len(message.Attachments) > tlsrpt.MaxAttachments:
			t.Fatalf("%d reports", len(message.Attachments))
		}
		for _, domain := range []string{message.Domain, message.Submitter, tlsrpt.SubjectDomain(message.Subject)} {
			if strings.ContainsAny(domain, "/\\ \r\n") || len(domain) > 253 {
				t.Errorf("a domain %q", domain)
			}
		}
		size := 0
		for _, attachment := range message.Attachments {
			size += len(attachment.Body)
			if strings.ContainsAny(attachment.Filename, " \r\n") {
				t.Errorf("a name %q", attachment.Filename)
			}
		}
		if size > len(mail) {
			t.Errorf("%d bytes of reports in a mail of %d", size, len(mail))
		}
		checkForwarded(t, mail, message)
	})
}

// checkForwarded: within another mail there are the same reports.
func checkForwarded(t *testing.T, mail []byte, message tlsrpt.Message) {
	t.Helper()
	const boundary = "boundary-of-the-one-who-forwards"
	if bytes.Contains(mail, []byte(boundary)) || !utf8.Valid(mail) {
		return
	}
	forwarded := "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n" +
		multipart(boundary, textPart, forwarded+"\r\n\r\n"+string(mail))
	again, err := tlsrpt.Attachments([]byte(forwarded))
	var limit *tlsrpt.LimitError
	if errors.As(err, &limit) {
		return // It was at the limit before.
	}
	if err != nil || len(again.Attachments) != len(message.Attachments) {
		t.Fatalf("%d reports, and forwarded %d, %v", len(message.Attachments), len(again.Attachments), err)
	}
	for i, attachment := range message.Attachments {
		if !bytes.Equal(again.Attachments[i].Body, attachment.Body) {
			t.Errorf("forwarded, %q became %q", attachment.Body, again.Attachments[i].Body)
		}
	}
}

func BenchmarkAttachments(b *testing.B) {
	for name, size := range map[string]int{"10kB": 10_000, "10MB": 10_000_000} {
		b.Run(name, func(b *testing.B) {
			mail := []byte(mailOf(b, size))
			b.SetBytes(int64(len(mail)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tlsrpt.Attachments(mail); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, worst := range worstMails {
		b.Run(strings.ReplaceAll(worst.name, " ", "-"), func(b *testing.B) {
			mail := []byte(worst.make(10_000_000))
			for b.Loop() {
				tlsrpt.Attachments(mail) //nolint:errcheck // Most are refused.
			}
		})
	}
}

// mailOf is a mail of about so many bytes: a report in JSON and base64.
func mailOf(tb testing.TB, size int) string {
	text := []byte(edited(tb, `"report-id"`, `"x": "`+strings.Repeat("x", size*54/76)+`", "report-id"`))
	return reportMail(textPart, part(base64Lines(text), asJSON, inBase64))
}

// TestWhatIsDecodedIsBounded: mails within mails, each encoded, are not decoded
// without end.
func TestWhatIsDecodedIsBounded(t *testing.T) {
	nested := func(levels int) []byte {
		mail := "Content-Type: application/json\r\n\r\n{\"policies\":\"" + strings.Repeat("x", 10_000) + "\"}\r\n"
		for range levels {
			mail = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
				strings.ReplaceAll(mail, "=", "=3D")
		}
		return []byte(mail)
	}
	if message, err := tlsrpt.Attachments(nested(1)); err != nil || len(message.Attachments) != 1 {
		t.Errorf("one level: %d reports, %v", len(message.Attachments), err)
	}
	var limit *tlsrpt.LimitError
	if _, err := tlsrpt.Attachments(nested(5)); !errors.As(err, &limit) {
		t.Errorf("five levels: %v, want a limit", err)
	}
}
