package reportintake_test

import (
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

// FuzzForgeries puts a text into a mail that victim.example signed, anywhere in
// its header, and takes white space away and adds some. Whatever the text is, a
// mail of comments stays one, and a report stays the one that was signed.
func FuzzForgeries(f *testing.F) {
	m := genuine(f)
	loose := []string{"From", "To", "Subject", "MIME-Version"}
	comments := []string{
		as(f, mailOf(m.text, fromVictim, toReports, comment, mime10, plain)),
		as(f, mailOf(m.text, fromVictim, toReports, comment), loose...),
		as(f, mailOf(m.verbatim, fromVictim, toReports, comment), loose...),
		as(f, mailOf("--zz\r\n\r\n"+tlsrptJSON+"\r\n\r\n"+m.json+"\r\n--zz--\r\n", fromVictim, toReports, comment, mime10, mixed)),
		as(f, mailOf(m.json+"\r\n", fromVictim, toReports, ofReport, mime10, plain), append(loose, "Content-Type")...),
		as(f, mailOf("--zz\r\n"+inRFC822+"\r\n\r\n"+strings.ReplaceAll(m.google, "zz", "yy")+"\r\n--zz--\r\n", fromVictim, toReports, ofReport, mime10, bounce)),
	}
	reports := []string{
		as(f, m.google, googles...), as(f, m.google, microsofts...), as(f, m.google, mailRus...), as(f, m.google),
		as(f, m.whole, "From", "Content-Type"), as(f, mailOf(inBase64([]byte(m.json)), fromVictim, tlsrptJSON, base64CTE), "From", "Content-Type"),
	}
	signed := append(comments, reports...)
	for i, text := range []string{
		mixed + "\r\n", report + "\r\n", "ContentType : multipart/mixed; boundary=zz\r\n", quotedCTE + "\r\n", base64CTE + "\r\n", named + "\r\n", aboutMeadow + "\r\n",
		ofReport + "\r\n", "Content-Type: multipart/digest; boundary=zz\r\n", inRFC822 + "\r\n", " \r\n", "\r\n", "X: a\r" + mixed + "\r\n", "From a b\r\n", tlsrptJSON + "\r\n\r\n", "x\r\n ",
	} {
		for which := range signed {
			f.Add(byte(which), uint16(i*i*31), text, byte(i))
		}
	}
	decoded, err := tlsrpt.Decode([]byte(m.json))
	if err != nil {
		f.Fatal(err)
	}
	want := archive.LineOf(decoded).ReportKey
	f.Fuzz(func(t *testing.T, which byte, at uint16, text string, white byte) {
		nth := int(which) % len(signed)
		mail := signed[nth]
		header, body, _ := strings.Cut(mail, "\r\n\r\n")
		place := int(at) % (len(header) + 2)
		mail = (header + "\r\n")[:place] + text + (header + "\r\n")[place:] + "\r\n" + whitened(body, white)
		bucket := new(storetest.Memory)
		intake := reportintake.New(archive.Archive{Bucket: bucket}, reportintake.Any{}, reportintake.Deaf{}, time.Now, reportintake.Resolver(victims))
		receipts, err := intake.ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(mail)})
		if err != nil {
			t.Fatal(err)
		}
		for _, receipt := range receipts {
			if receipt.Status.Counts() && nth < len(comments) {
				t.Errorf("a mail of comments counts as a report: %q", mail)
			}
		}
		for line, err := range (archive.Archive{Bucket: bucket}).Lines(t.Context(), time.Time{}, time.Now().AddDate(1, 0, 0)) {
			if err != nil || line.TrustDomain != "victim.example" || line.ReportKey != want {
				t.Errorf("another report than the signed one counts: %s, %v, of %q", line.ReportJSON, err, mail)
			}
		}
	})
}

// whitened has other white space, as the canonicalization relaxed lets pass, but
// within lines: there it is in the report's texts, which say the same.
func whitened(body string, white byte) string {
	switch white % 4 {
	case 1:
		return strings.ReplaceAll(body, "\r\n\r\n", "\r\n \t\r\n")
	case 2:
		return strings.ReplaceAll(body, "\r\n", "\t\r\n") + "\r\n\r\n"
	case 3:
		return strings.TrimRight(body, "\r\n")
	}
	return body
}
