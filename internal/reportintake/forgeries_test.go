package reportintake_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

// The mails here are of victim.example, which signs them, and of a stranger who
// has such a mail and no key. docs/security.md, "Signed structure", explains them.

// victims are the keys: also those of the stranger.
var victims = dkimtest.Zone{"victim.example": true, "stranger.example": true, "mail.victim.example": true, "victim.example.stranger.example": true, "example": true}

// victimsReport is about meadow.example, and is by its own words of victim.example.
func victimsReport(tb testing.TB) string {
	return strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(string(edited(tb, "tls-reports@northwind.example", "tls@victim.example")), "\r\n", "\n")), "\n", "\r\n")
}

func inBase64(text []byte) string { return base64.StdEncoding.EncodeToString(text) }

// mailOf puts a mail together. What is in the header and begins with "-" is left
// out.
func mailOf(body string, fields ...string) string {
	return strings.Join(fields, "\r\n") + "\r\n\r\n" + body
}

const (
	fromVictim   = "From: notifications@victim.example"
	toReports    = "To: reports@rpt.example"
	comment      = "Subject: A comment"
	mime10       = "MIME-Version: 1.0"
	plain        = "Content-Type: text/plain; charset=utf-8"
	mixed        = "Content-Type: multipart/mixed; boundary=zz"
	report       = "Content-Type: multipart/report; report-type=tlsrpt; boundary=zz"
	bounce       = "Content-Type: multipart/report; report-type=delivery-status; boundary=zz"
	tlsrptJSON   = "Content-Type: application/tlsrpt+json"
	octets       = "Content-Type: application/octet-stream"
	base64CTE    = "Content-Transfer-Encoding: base64"
	quotedCTE    = "Content-Transfer-Encoding: quoted-printable"
	ofReport     = "Subject: Report Domain: meadow.example Submitter: victim.example Report-ID: <1@victim.example>"
	aboutMeadow  = "TLS-Report-Domain: meadow.example"
	byVictim     = "TLS-Report-Submitter: victim.example"
	named        = "Content-Disposition: attachment; filename=\"victim.example!meadow.example!1794787200!1794873599.json\""
	inRFC822     = "Content-Type: message/rfc822"
	textOfReport = "--zz\r\nContent-Type: text/plain\r\n\r\nA report.\r\n"
)

// as signs a mail for victim.example.
func as(tb testing.TB, mail string, covered ...string) string {
	tb.Helper()
	return dkimtest.Sign(tb, mail, "victim.example", covered...)
}

// replace changes one place of a mail.
func replace(tb testing.TB, mail, old, new string) string {
	tb.Helper()
	if strings.Count(mail, old) != 1 {
		tb.Fatalf("%q is not in the mail once:\n%s", old, mail)
	}
	return strings.Replace(mail, old, new, 1)
}

// googles is a mail as Google signs it: the media type is not covered.
var googles = []string{"to", "from", "subject", "message-id", "tls-report-submitter", "tls-report-domain", "date", "mime-version", "from", "to", "cc", "subject"}

// microsofts and mailRus are how these sign.
var (
	microsofts = []string{"From", "Date", "Subject", "Message-ID", "Content-Type", "MIME-Version", "X-MS-Exchange-SenderADCheck"}
	mailRus    = []string{"Content-Type", "MIME-Version", "Message-Id", "Subject", "To", "Date", "From", "From", "Subject", "Content-Type", "Content-Transfer-Encoding", "To", "Cc"}
)

// mails are the genuine ones that others are made of.
type mails struct {
	text          string // Of a stranger, with a report in it, behind a line of the signer's.
	verbatim      string // The same without that line.
	parts         string // The text of a mail that is a report.
	google        string
	whole         string // A mail that is nothing but the report.
	json, strange string
}

func genuine(tb testing.TB) mails {
	tb.Helper()
	m := mails{json: victimsReport(tb)}
	m.verbatim = "--zz\r\n" + tlsrptJSON + "\r\n\r\n" + m.json + "\r\n--zz--\r\n"
	m.text = "A comment on your document:\r\n\r\n" + m.verbatim
	m.parts = textOfReport + "--zz\r\nContent-Type: application/tlsrpt+gzip\r\n" + named + "\r\n" + base64CTE + "\r\n\r\n" +
		inBase64(tlsrpttest.Gzip(tb, []byte(m.json))) + "\r\n--zz--\r\n"
	m.google = mailOf(m.parts, mime10, ofReport, aboutMeadow, byVictim, fromVictim, toReports, report)
	m.whole = mailOf(m.json+"\r\n", fromVictim, toReports, comment, mime10, tlsrptJSON)
	m.strange = mailOf(m.json+"\r\n", "From: tls@victim.example", toReports, ofReport, aboutMeadow, mime10, tlsrptJSON)
	return m
}

// forgery is a mail of a stranger's, and why it does not count.
type forgery struct{ name, mail, why string }

// notCovered are mails made by adding, doubling and replacing what the signature
// does not cover.
func notCovered(t *testing.T) []forgery {
	m := genuine(t)
	commented := as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, plain))
	untyped := mailOf(m.text, fromVictim, toReports, comment)
	loose := []string{"From", "To", "Subject", "MIME-Version"}
	google := as(t, m.google, googles...)
	const two = "the mail has 2 Content-Type fields"
	const uncovered = "Content-Type is not covered by the signature of d=victim.example"
	return []forgery{
		{"a type on top", mixed + "\r\n" + commented, two},
		{"a type on top, in other case", "CONTENT-type: multipart/mixed; boundary=zz\r\n" + commented, two},
		{"a type on top, with blanks before the colon", "Content-Type \t: multipart/mixed; boundary=zz\r\n" + commented, two},
		{"a type on top, folded", "Content-Type:\r\n multipart/mixed;\r\n\tboundary=zz\r\n" + commented, two},
		{"a type on top, folded with white space only", "Content-Type:\r\n \r\n multipart/mixed; boundary=zz\r\n" + commented, two},
		{"a type on top, with comments", "Content-Type: (text/plain) multipart/mixed (;); boundary=zz\r\n" + commented, two},
		{"a type on top, encoded", "Content-Type: multipart/mixed; boundary*=utf-8''zz\r\n" + commented, two},
		{"a type on top, after a line of mbox", "From a@b Tue Nov 17 10:00:00 2026\r\n" + mixed + "\r\n" + commented, two},
		{"a type on top, after a line that is no field", "nonsense\r\n" + mixed + "\r\n" + commented, two},
		{"a type on top, after a line feed alone", "X: a\n" + mixed + "\r\n" + commented, two},
		{"a type behind a carriage return alone", "X: a\r" + mixed + "\r\n" + commented, "there is no report in the mail"},
		{"a type with a null byte in its name", "Content-Type\x00: multipart/mixed; boundary=zz\r\n" + commented, "there is no report in the mail"},
		{"a type with a null byte, and one", "X: \x00\r\n" + mixed + "\r\n" + commented, "programs take it apart differently"},
		{"a type with an odd letter in its name", "Content\u00adType: multipart/mixed; boundary=zz\r\n" + commented, "there is no report in the mail"},
		{"a type below", replace(t, commented, "\r\n"+plain, "\r\n"+plain+"\r\n"+mixed), "there is no report in the mail"},
		{"a type in place of the signed one", replace(t, commented, plain, mixed), "a header field was changed"},
		{"a type where there was none", mixed + "\r\n" + as(t, untyped, loose...), uncovered},
		{"a type where there was none, and none may be", mixed + "\r\n" + as(t, untyped), "a header field was changed"},
		{"a type in place of one that is not signed", replace(t, as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, plain), loose...), plain, mixed), uncovered},
		{"a type as a broken gateway writes it", "ContentType: multipart/mixed; boundary=zz\r\n" + as(t, untyped, loose...), "ContentType is not covered"},
		{"a header of its own", mixed + "\r\n\r\n" + commented, "0 From fields"},

		{"text that begins with a boundary", mixed + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, comment), loose...), "nor is a TLS-Report-Domain"},
		{"and a domain that is not signed", mixed + "\r\n" + aboutMeadow + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, comment), loose...), "nor is a TLS-Report-Domain"},
		{"and a subject that is not signed", mixed + "\r\n" + ofReport + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports), "From", "To"), "nor is a TLS-Report-Domain"},
		{"and a second subject", mixed + "\r\n" + ofReport + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, comment), loose...), "nor is a TLS-Report-Domain"},
		{"and the subject of an answer", mixed + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, replace(t, ofReport, ": Report", ": Re: Report")), loose...), "nor is a TLS-Report-Domain"},
		{"and a subject in encoded words", mixed + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, "Subject: =?utf-8?q?Report_Domain:_a.example_Submitter:_b.example?="), loose...), "nor is a TLS-Report-Domain"},
		{"and a domain that is none", mixed + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, comment, "TLS-Report-Domain: ../x"), append(loose, "TLS-Report-Domain")...), "nor is a TLS-Report-Domain"},
		{"and a domain that is signed as missing", mixed + "\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, comment), append(loose, "TLS-Report-Domain")...), "nor is a TLS-Report-Domain"},

		{"Google's, with a preamble", as(t, replace(t, m.google, "\r\n\r\n--zz", "\r\n\r\nSee below.\r\n--zz"), googles...), "does not begin with the boundary"},
		{"Google's, with a second type", mixed + "\r\n" + google, two},
		{"Google's, another boundary", replace(t, google, "boundary=zz", "boundary=z"), "there is no report in the mail"},
		{"Google's, of forwarded mails", replace(t, google, "multipart/report; report-type=tlsrpt", "multipart/digest"), uncovered},
		{"Google's, without its type", replace(t, google, report+"\r\n", ""), "there is no report in the mail"},
		{"Google's, as text", replace(t, google, report, plain), "there is no report in the mail"},
		{"Google's, with a report of text", as(t, replace(t, m.google, m.parts, textOfReport[:len(textOfReport)-len("A report.\r\n")]+m.json+"\r\n--zz--\r\n"), googles...), "the signed part does not say that it is a report"},
	}
}

// other are mails made of what a signer signs of strangers, and by the fields that
// say how a mail that is nothing but a report is to be read.
func other(t *testing.T) []forgery {
	m := genuine(t)
	loose := []string{"From", "To", "Subject", "MIME-Version", "Content-Type"}
	strangers := mailOf(m.parts, "From: tls@victim.example", toReports, ofReport, aboutMeadow, report)
	forwards := func(kind, mail string) string {
		return as(t, mailOf("--zz\r\n\r\nCould not be delivered.\r\n--zz\r\n"+inRFC822+"\r\n\r\n"+strings.ReplaceAll(mail, "zz", "yy")+"\r\n--zz--\r\n", fromVictim, toReports, ofReport, aboutMeadow, mime10, kind))
	}
	textIn := func(kind string) string { // What answers a mail by itself may have text of it.
		return as(t, mailOf("--zz\r\nContent-Type: text/plain\r\n\r\n"+m.json+"\r\n--zz--\r\n", fromVictim, toReports, comment, mime10, strings.Replace(report, "tlsrpt", kind, 1)))
	}
	inSeparator := func(header string) string {
		return as(t, mailOf("--zz\r\n"+header+"\r\n"+tlsrptJSON+"\r\n\r\n"+m.json+"\r\n--zz--\r\n", fromVictim, toReports, comment, mime10, mixed))
	}
	// The name of a host, which its owner can have a sender report as it is.
	injected := strings.Replace(m.json, `"Northwind Post"`, `"Northwind=22, =22x=22: =22Post"`, 1)
	octetStream := mailOf(inBase64([]byte(m.json))+"\r\n", fromVictim, toReports, comment, mime10, octets)
	digest := mailOf("--zz\r\n\r\n"+strings.ReplaceAll(strangers, "zz", "yy")+"\r\n--zz--\r\n", fromVictim, toReports, comment, mime10, "Content-Type: multipart/digest; boundary=zz")
	attached := mailOf("--zz\r\n"+octets+"; name=\"a.EML\"\r\n\r\n"+strings.ReplaceAll(strangers, "zz", "yy")+"\r\n--zz--\r\n", fromVictim, toReports, comment, mime10, mixed)
	return []forgery{
		{"a bounce of a stranger's report", forwards(bounce, strangers), "the mail has no DKIM signature"},
		{"a text in a bounce", textIn("delivery-status"), "says that this text in the mail is a report"},
		{"a text in a receipt", textIn("disposition-notification"), "says that this text in the mail is a report"},
		{"a text in a complaint", textIn("feedback-report"), "says that this text in the mail is a report"},
		{"a report of a stranger's report", forwards(report, strangers), "the mail has no DKIM signature"},
		{"a bounce of what the stranger signed", forwards(bounce, dkimtest.Sign(t, strangers, "stranger.example")), "d=stranger.example is aligned neither"},
		{"a bounce of a changed report", forwards(bounce, replace(t, as(t, strangers), "A report.", "A Report.")), "were changed"},
		{"a digest of a stranger's report", as(t, digest), "the mail has no DKIM signature"},
		{"a stranger's report as a file", as(t, attached), "the mail has no DKIM signature"},
		{"a stranger's report as a whole", as(t, mailOf(strangers, fromVictim, toReports, ofReport, aboutMeadow, mime10, inRFC822)), "the mail has no DKIM signature"},
		{"a bounce that tells of a stranger's text", as(t, mailOf("--zz\r\n\r\n"+m.json+"\r\n--zz--\r\n", fromVictim, toReports, ofReport, mime10, bounce)), "says that this text in the mail is a report"},
		{"text in a part", as(t, mailOf("--zz\r\n"+plain+"\r\n\r\n"+m.json+"\r\n--zz--\r\n", fromVictim, toReports, ofReport, mime10, mixed)), "says that this text in the mail is a report"},
		{"text in a part, with a domain that is not signed", aboutMeadow + "\r\n" + as(t, mailOf("--zz\r\n"+plain+"\r\n\r\n"+m.json+"\r\n--zz--\r\n", fromVictim, toReports, ofReport, mime10, mixed), loose...), "says that this text in the mail is a report"},

		{"text made into the header of a part", replace(t, inSeparator(""), "--zz\r\n\r\n", "--zz\r\n \r\n"), "there is no report in the mail"},
		{"text made into the rest of a header", replace(t, inSeparator(plain+"\r\n"), "utf-8\r\n\r\n", "utf-8\r\n\t \r\n"), "there is no report in the mail"},
		{"a boundary in a text by another case", replace(t, as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, plain)), "--zz--", "--ZZ--"), "there is no report in the mail"},

		{"a text that is a report", as(t, mailOf(m.json+"\r\n", fromVictim, toReports, comment, mime10, plain)), "nothing that the signature of d=victim.example covers says that"},
		{"a text that is a report, and its subject", as(t, mailOf(m.json+"\r\n", fromVictim, toReports, ofReport, mime10, plain)), "says that this text in the mail is a report"},
		{"a text without a type", as(t, mailOf(m.json+"\r\n", fromVictim, toReports, comment)), "nothing that the signature of d=victim.example covers says that"},
		{"a name for a text", named + "\r\n" + as(t, mailOf(m.json+"\r\n", fromVictim, toReports, comment, mime10, plain), loose...), "Content-Disposition is not covered"},
		{"a name for a text, and its subject", named + "\r\n" + as(t, mailOf(m.json+"\r\n", fromVictim, toReports, ofReport, mime10, plain), loose...), "says that this text in the mail is a report"},
		{"JSON", as(t, mailOf(m.json+"\r\n", fromVictim, toReports, comment, mime10, "Content-Type: application/json")), "nothing that the signature of d=victim.example covers says that"},
		{"a name for JSON", named + "\r\n" + as(t, mailOf(m.json+"\r\n", fromVictim, toReports, comment, mime10, "Content-Type: application/json"), loose...), "Content-Disposition is not covered"},
		{"an encoding for bytes", base64CTE + "\r\n" + as(t, octetStream, loose...), "Content-Transfer-Encoding is not covered"},
		{"a version for parts", mime10 + "\r\n" + as(t, mailOf(m.parts, fromVictim, toReports, comment, mixed), "From", "Content-Type"), "MIME-Version is not covered"},
		{"an encoding that changes a report", quotedCTE + "\r\n" + as(t, replace(t, m.whole, m.json, injected), loose...), "is a report with and without it"},
		{"a second encoding", quotedCTE + "\r\n" + as(t, mailOf(m.json, fromVictim, toReports, comment, mime10, tlsrptJSON, "Content-Transfer-Encoding: 8bit")), "2 Content-Transfer-Encoding fields"},
		{"a second name", named + "\r\n" + as(t, mailOf(m.json, fromVictim, toReports, comment, mime10, tlsrptJSON, named)), "2 Content-Disposition fields"},
		{"a second version", mime10 + "\r\n" + as(t, m.whole), "2 MIME-Version fields"},
		{"a report whose type is not signed", as(t, m.whole, "From", "To", "Subject"), "Content-Type is not covered"},
		{"a report whose type is not signed, with all else", as(t, m.strange, "From", "To", "Subject", "TLS-Report-Domain"), "does not begin with the boundary"},
	}
}

// signatures are mails whose signature is changed, or is another one.
func signatures(t *testing.T) []forgery {
	m := genuine(t)
	signed := as(t, m.google)
	part := "--zz\r\n" + tlsrptJSON + "\r\n\r\n" + m.json + "\r\n--zz--\r\n"
	short := textOfReport + "--zz--\r\n"
	partly := func(length int) string {
		return dkimtest.Signing{Domain: "victim.example", Length: length}.Sign(t, mailOf(short, fromVictim, toReports, ofReport, aboutMeadow, mime10, report))
	}
	type tags struct{ name, old, new, why string }
	var forged []forgery
	for _, change := range []tags{
		{"the domain", "d=victim.example", "d=mail.victim.example", "a header field was changed"},
		{"the selector", "s=tls;", "s=other;", "there is no TXT record"},
		{"the fields", ":Content-Type", "", "a header field was changed"},
		{"the order of fields", "h=From:To:", "h=To:From:", "a header field was changed"},
		{"the canonicalization", "c=relaxed/relaxed", "c=simple/relaxed", "a header field was changed"},
		{"the algorithm", "a=ed25519-sha256", "a=rsa-sha256", "a key of another kind"},
		{"a weak algorithm", "a=ed25519-sha256", "a=rsa-sha1", "a hash that is too weak"},
		{"no algorithm", "a=ed25519-sha256", "a=none", "an algorithm that is not known"},
		{"the version", "v=1;", "v=0;", "its version"},
		{"a length of nothing", "c=relaxed", "l=0; c=relaxed", "were changed"},
		{"the time", " t=", " t=1", "in the future"},
		{"an end", "c=relaxed", "x=9999999999; c=relaxed", "a header field was changed"},
		{"a second signature in it", "c=relaxed", "b=AAAA; c=relaxed", "each name once"},
		{"copies of fields", "c=relaxed", "z=Content-Type:multipart/report; c=relaxed", "a header field was changed"},
		{"the name of another field", "DKIM-Signature:", "X-Google-DKIM-Signature:", "the mail has no DKIM signature"},
		{"from whom", fromVictim, "From: other@victim.example", "a header field was changed"},
		{"what it is about", aboutMeadow, "TLS-Report-Domain: other.example", "a header field was changed"},
		{"text", "A report.", "A Report.", "were changed"},
		{"a part", "--zz--", part, "were changed"},
		{"a part after the end", "--zz--\r\n", "--zz--\r\n" + part, "were changed"},
	} {
		forged = append(forged, forgery{"another " + change.name, replace(t, signed, change.old, change.new), change.why})
	}
	changed := strings.Replace(signed, "A report.", "A Report.", 1)
	hash := regexp.MustCompile(`bh=[^;]*;`)
	loose := as(t, mailOf(m.text, fromVictim, toReports, comment), "From", "To", "Subject")
	return append(forged,
		forgery{"the hash of another text", hash.ReplaceAllString(changed, hash.FindString(as(t, strings.Replace(m.google, "A report.", "A Report.", 1)))), "a header field was changed"},
		forgery{"no signature", m.google, "the mail has no DKIM signature"},
		forgery{"a second author", "From: tls@stranger.example\r\n" + signed, "2 From fields"},
		forgery{"a second author, with blanks before the colon", "from : tls@stranger.example\r\n" + signed, "2 From fields"},
		forgery{"a part that l= leaves out", replace(t, partly(len(short)-len("--zz--\r\n")), "--zz--\r\n", part), "only a part of the mail (l=)"},
		forgery{"a part after what l= covers", partly(len(short)) + part, "there is no report in the mail"},
		forgery{"all of it by l=", dkimtest.Signing{Domain: "victim.example", Length: len(m.parts)}.Sign(t, m.google), "only a part of the mail (l=)"},
		forgery{"a stranger's signature", dkimtest.Sign(t, m.google, "stranger.example"), "d=stranger.example is aligned neither"},
		forgery{"a signature of a name that begins alike", dkimtest.Sign(t, m.google, "victim.example.stranger.example"), "is aligned neither"},
		forgery{"a signature of all that lies above", dkimtest.Sign(t, m.google, "example"), "is aligned neither"},
		forgery{"a stranger's signature of the type beside the victim's", dkimtest.Sign(t, mixed+"\r\n"+loose, "stranger.example"), "Content-Type is not covered by the signature of d=victim.example"},
		forgery{"a signature in another's name", dkimtest.Signing{Domain: "stranger.example", Tags: "i=tls@victim.example; "}.Sign(t, m.google), "is aligned neither"},
		forgery{"over", dkimtest.Signing{Domain: "victim.example", At: time.Now().Add(-48 * time.Hour), Tags: fmt.Sprintf("x=%d; ", time.Now().Add(-24*time.Hour).Unix())}.Sign(t, m.google), "was over on"},
		forgery{"signatures before it", strings.Repeat("DKIM-Signature: v=1; a=ed25519-sha256; d=victim.example; s=x; h=From; bh=AAAA; b=AAAA\r\n", 5) + signed, "only 5 of a mail are"},
	)
}

// receiveFor takes in a mail as it comes now.
func receiveFor(t *testing.T, bucket archive.Bucket, zone dkimtest.Zone, mail string) []reportintake.Receipt {
	t.Helper()
	intake := reportintake.New(archive.Archive{Bucket: bucket}, reportintake.Any{}, reportintake.Deaf{}, time.Now, reportintake.Resolver(zone))
	receipts, err := intake.ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(mail)})
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func TestForgeries(t *testing.T) {
	tried := 0
	for kind, forgeries := range map[string][]forgery{"not covered": notCovered(t), "other": other(t), "signatures": signatures(t)} {
		for _, f := range forgeries {
			tried++
			t.Run(kind+"/"+f.name, func(t *testing.T) {
				receipts := receiveFor(t, new(storetest.Memory), victims, f.mail)
				for _, receipt := range receipts {
					if receipt.Status != reportintake.Quarantined || !strings.Contains(fmt.Sprint(receipt.Problems), f.why) {
						t.Errorf("got %s %s %v, want it in quarantine since %q", receipt.Status, receipt.Reason, receipt.Problems, f.why)
					}
				}
			})
		}
	}
	if tried < 80 {
		t.Errorf("only %d forgeries", tried)
	}
}

// TestGenuine: what real signers send counts, and does so after what mail servers
// do to it on the way.
func TestGenuine(t *testing.T) {
	m := genuine(t)
	google := as(t, m.google, googles...)
	microsoft := mailOf(strings.Replace(m.parts, "text/plain", "text/html", 1), fromVictim, toReports, ofReport, aboutMeadow, byVictim, mime10, report, "Return-Path: tlsrpt-noreply@microsoft.com", "X-MS-Exchange-SenderADCheck: 1")
	mailRu := mailOf("This is a multipart message in MIME format.\r\n\r\n"+strings.TrimSuffix(m.parts, "--zz--\r\n"), fromVictim, toReports, "Subject: Report\r\n Domain: meadow.example\r\n Submitter: victim.example\r\n Report-ID: <1@victim.example>", aboutMeadow, byVictim, mime10, report)
	typed := []string{"From", "Subject", "Content-Type"}
	zipped := inBase64(tlsrpttest.Gzip(t, []byte(m.json)))
	quoted := strings.ReplaceAll(strings.ReplaceAll(m.json, "=", "=3D"), `"organization-name"`, "\"organiz=\r\nation-name\"")
	for name, mail := range map[string]string{
		"Google's":                                  google,
		"Google's, without TLS-Report-Domain":       as(t, m.google, "from", "to", "subject"),
		"Google's, without its subject":             as(t, m.google, "from", "to", "tls-report-domain"),
		"Google's, lines end with LF":               strings.ReplaceAll(google, "\r\n", "\n"),
		"Google's, with fields on top":              "Return-Path: <a@b>\r\nReceived: by mx; Tue, 17 Nov 2026 10:00:00 +0000\r\nX-SES-Virus-Verdict: PASS\r\n" + google,
		"Google's, with a line of mbox":             "From a@b Tue Nov 17 10:00:00 2026\r\n" + google,
		"Google's, with a field that others double": "Content-Language: en-US\r\nContent-Language: en-US\r\n" + google,
		"Google's, with white space added":          strings.NewReplacer("MIME-Version: 1.0", "MIME-Version :\t 1.0", "A report.", "A  report. \t", "--zz--", "--zz--\t").Replace(google) + "\r\n\r\n",
		"Google's, with a line that is no field":    "nonsense\r\n" + google,
		"Microsoft's":                               as(t, microsoft, microsofts...),
		"Mail.ru's":                                 as(t, mailRu, mailRus...),
		"Mail.ru's, a child of From":                dkimtest.Sign(t, mailRu, "mail.victim.example", mailRus...),
		"all fields signed":                         as(t, m.google),
		"simple":                                    dkimtest.Signing{Domain: "victim.example", Simple: true}.Sign(t, m.google),
		"fields signed twice":                       as(t, m.google, "From", "From", "Content-Type", "Content-Type", "Subject", "Subject", "MIME-Version", "MIME-Version"),

		"parts, and no version signed":    as(t, m.google, typed...),
		"parts, and an encoding":          as(t, "Content-Transfer-Encoding: 7bit\r\n"+m.google, typed...),
		"parts, and a name":               as(t, "Content-Disposition: inline\r\n"+m.google, typed...),
		"parts without a kind":            as(t, strings.Replace(m.google, " report-type=tlsrpt;", "", 1), typed...),
		"parts of any kind that say so":   as(t, mailOf(m.parts, fromVictim, toReports, comment, mime10, mixed)),
		"parts of any kind, and a domain": as(t, mailOf(m.parts, fromVictim, toReports, aboutMeadow, mime10, mixed), "From", "TLS-Report-Domain", "Content-Type"),
		"parts of any kind, named so":     as(t, mailOf(strings.Replace(m.parts, "tlsrpt+gzip", "octet-stream", 1), fromVictim, toReports, comment, mime10, mixed)),
		"parts of bytes":                  as(t, mailOf(strings.NewReplacer("tlsrpt+gzip", "gzip", named+"\r\n", "").Replace(m.parts), fromVictim, toReports, comment, mime10, mixed)),

		"nothing but the report":                    as(t, m.whole),
		"nothing but the report, no version":        as(t, m.whole, typed...),
		"nothing but the report, its encoding":      as(t, mailOf(zipped, fromVictim, toReports, comment, "Content-Type: application/tlsrpt+gzip", base64CTE), typed...),
		"nothing but the report, no encoding":       as(t, mailOf(zipped, fromVictim, toReports, comment, "Content-Type: application/tlsrpt+gzip"), typed...),
		"nothing but the report, of JSON":           as(t, mailOf(inBase64([]byte(m.json)), fromVictim, toReports, comment, tlsrptJSON, base64CTE), typed...),
		"nothing but the report, quoted":            as(t, mailOf(quoted, fromVictim, toReports, comment, tlsrptJSON, quotedCTE), typed...),
		"nothing but the report, quoted in vain":    as(t, mailOf(m.json, fromVictim, toReports, comment, tlsrptJSON, quotedCTE), typed...),
		"nothing but the report, with a name":       as(t, mailOf(m.json, fromVictim, toReports, comment, tlsrptJSON, named), typed...),
		"nothing but a text, and a domain":          as(t, mailOf(m.json, fromVictim, toReports, aboutMeadow, plain), "From", "Content-Type", "TLS-Report-Domain"),
		"nothing but bytes, and a subject":          as(t, mailOf(m.json, fromVictim, toReports, ofReport, octets), typed...),
		"nothing but bytes, with a name":            as(t, mailOf(m.json, fromVictim, toReports, comment, octets, named)),
		"a second signature covers more":            as(t, as(t, m.whole, "From"), typed...),
		"a first signature covers more":             as(t, as(t, m.whole, typed...), "From"),
		"beside a stranger's":                       dkimtest.Sign(t, as(t, m.whole), "stranger.example"),
		"forwarded whole":                           mailOf("--ff\r\n\r\nSee attached.\r\n--ff\r\n"+inRFC822+"\r\n\r\n"+google+"\r\n--ff--\r\n", "From: admin@mailbox.example", "Content-Type: multipart/mixed; boundary=ff"),
		"forwarded whole, and signed by a stranger": dkimtest.Sign(t, mailOf("--ff\r\n"+inRFC822+"\r\n\r\n"+as(t, m.whole)+"\r\n--ff--\r\n", "From: admin@stranger.example", "Content-Type: multipart/mixed; boundary=ff"), "stranger.example"),
	} {
		t.Run(name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			wantReceipt(t, receiveFor(t, bucket, victims, mail), reportintake.Stored, "", "")
			for line, err := range (archive.Archive{Bucket: bucket}).Lines(t.Context(), time.Time{}, time.Now().AddDate(1, 0, 0)) {
				if err != nil || line.Trust != archive.TrustDKIM || !strings.HasSuffix(line.TrustDomain, "victim.example") {
					t.Errorf("kept %+v, %v", line, err)
				}
			}
		})
	}
}

// TestHintsAreProven: a field that names the Policy Domain counts only where it is
// signed, and there is one.
func TestHintsAreProven(t *testing.T) {
	without := strings.ReplaceAll(strings.TrimSpace(string(readFile(t, "testdata/wild/11-policy-domain-missing.json"))), "\n", "\r\n")
	without = regexp.MustCompile(`"contact-info": *"[^"]*"`).ReplaceAllString(without, `"contact-info": "tls@victim.example"`)
	mail := mailOf("--zz\r\n"+tlsrptJSON+"\r\n\r\n"+without+"\r\n--zz--\r\n", fromVictim, toReports, comment, aboutMeadow, mime10, report)
	signed := as(t, mail)
	zone := victims
	for name, test := range map[string]struct {
		mail string
		want reportintake.Status
	}{
		"one":                              {signed, reportintake.Stored},
		"a name":                           {as(t, mailOf(without, fromVictim, toReports, comment, named), "From", "Content-Disposition", "Content-Type"), reportintake.Stored},
		"a name where a type may be added": {as(t, mailOf(without, fromVictim, toReports, comment, named), "From", "Content-Disposition"), reportintake.Quarantined},
		"another one":                      {"TLS-Report-Domain: other.example\r\n" + signed, reportintake.Quarantined},
		"not signed":                       {as(t, mail, "From", "Content-Type"), reportintake.Quarantined},
		"a subject":                        {as(t, replace(t, mail, aboutMeadow, ofReport), "From", "Content-Type"), reportintake.Quarantined},
		"two subjects":                     {"Subject: Report Domain: meadow.example Submitter: a.example\r\n" + as(t, replace(t, mail, aboutMeadow+"\r\n", "")), reportintake.Quarantined},
	} {
		t.Run(name, func(t *testing.T) {
			intake := reportintake.New(archive.Archive{Bucket: new(storetest.Memory)}, hosted{"meadow.example"}, reportintake.Deaf{}, time.Now, reportintake.Resolver(zone))
			receipts, err := intake.ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(test.mail)})
			if err != nil || receipts[0].Status != test.want {
				t.Errorf("got %+v, %v; want %s", receipts, err, test.want)
			}
		})
	}
}
