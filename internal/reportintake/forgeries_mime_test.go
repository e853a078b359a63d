package reportintake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

// unclear are mails whose MIME structure programs read differently.
func unclear(t *testing.T) []forgery {
	m := genuine(t)
	loose := []string{"From", "To", "Subject", "MIME-Version"}
	typed := append(loose, "Content-Type")
	commented := as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, plain))
	google := as(t, m.google, googles...)
	commentOf := func(contentType string) string {
		return as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, contentType))
	}
	part := func(fields, text string) string {
		return as(t, mailOf("--zz\r\n"+fields+"\r\n\r\n"+text+"\r\n--zz--\r\n", fromVictim, toReports, comment, mime10, mixed))
	}
	bounced := func(fields, text string) string {
		return as(t, mailOf("--zz\r\n\r\nNot delivered.\r\n--zz\r\n"+fields+"\r\n\r\n"+text+"\r\n--zz--\r\n", fromVictim, toReports, "Subject: Undelivered", mime10, bounce))
	}
	zipped := string(tlsrpttest.Gzip(t, []byte(m.json)))
	strangers := mailOf(m.json+"\r\n", "From: tls@victim.example", toReports, ofReport, aboutMeadow, tlsrptJSON)
	empty := as(t, mailOf(m.json+"\r\n", fromVictim, toReports, comment, mime10, "Content-Type:"), typed...)
	emptyParts := as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, "Content-Type:"), typed...)
	return []forgery{
		{"a broken gateway's type, beside an empty one that is signed", "ContentType: application/tlsrpt+json\r\n" + empty, ""},
		{"a broken gateway's parts, beside an empty type", "ContentType: multipart/report; boundary=zz\r\n" + emptyParts, ""},
		{"a broken gateway's parts below an empty type", replace(t, emptyParts, "Content-Type:\r\n", "Content-Type:\r\nContentType: multipart/report; boundary=zz\r\n"), ""},
		{"a broken gateway's type, beside one of comments", "ContentType: multipart/report; boundary=zz\r\n" + as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, "Content-Type: (text)"), typed...), ""},
		{"a broken gateway's type, beside one that is signed", "ContentType: multipart/report; boundary=zz\r\n" + commented, ""},
		{"a broken gateway's type, for parts without a type", "ContentType: multipart/report; boundary=zz\r\n" + as(t, mailOf(m.verbatim, fromVictim, toReports, comment), typed...), ""},
		{"a broken gateway's second type", "ContentType: multipart/report; boundary=zz\r\nContentType: multipart/mixed; boundary=zz\r\n" + emptyParts, ""},

		{"a boundary in a quoted name", commentOf(`Content-Type: text/plain; name="; boundary=zz"`), ""},
		{"a type in a quoted name", commentOf(`Content-Type: text/plain; name="a\"; x=multipart/mixed; boundary=zz"`), ""},
		{"a boundary in a comment", commentOf("Content-Type: multipart/mixed (; boundary=zz)"), ""},
		{"a type in a comment", commentOf("Content-Type: (multipart/mixed; boundary=zz) text/plain"), ""},
		{"a type behind a comment that has no end", commentOf("Content-Type: text/plain (; boundary=zz"), ""},
		{"two types in one field", commentOf("Content-Type: text/plain, multipart/mixed; boundary=zz"), ""},
		{"a type in encoded words", commentOf("Content-Type: =?utf-8?q?multipart/mixed=3B_boundary=3Dzz?="), ""},
		{"a boundary in encoded words", commentOf("Content-Type: multipart/mixed; boundary=\"=?utf-8?q?zz?=\""), ""},
		{"a boundary in pieces, of which one is missing", commentOf("Content-Type: multipart/mixed; boundary*0=z; boundary*2=z"), ""},
		{"a boundary with other case", commentOf("Content-Type: multipart/mixed; boundary=ZZ"), ""},
		{"a boundary with a blank at its end", commentOf(`Content-Type: multipart/mixed; boundary="zz q"`), ""},
		{"a boundary that another begins with", commentOf("Content-Type: multipart/mixed; boundary=z"), ""},
		{"a boundary that begins with another", commentOf("Content-Type: multipart/mixed; boundary=zzz"), ""},
		{"an empty boundary", commentOf(`Content-Type: multipart/mixed; boundary=""`), ""},
		{"no boundary", commentOf("Content-Type: multipart/mixed"), ""},
		{"a report without a boundary", as(t, mailOf(m.text, fromVictim, toReports, comment, mime10, "Content-Type: multipart/report; report-type=delivery-status"), typed...), ""},
		{"a type with a slash of full width", commentOf("Content-Type: multipart\uff0fmixed; boundary=zz"), ""},

		{"a text in a part, with a second type", part(plain+"\r\n"+tlsrptJSON, m.json), ""},
		{"a text in a part whose type has a blank", part("Content Type: application/tlsrpt+json", m.json), ""},
		{"a text in a part with a name in a comment", part("Content-Type: text/plain (; name=\"a!meadow.example!1!2.json\")", m.json), ""},
		{"a text of base64 in a part", part(plain, inBase64([]byte(zipped))), ""},
		{"a text of base64, which says that it is", part(plain+"\r\n"+base64CTE, inBase64([]byte(m.json))), ""},
		{"a text in a charset of UTF-7", part("Content-Type: text/plain; charset=utf-7", strings.ReplaceAll(m.json, "{", "+AHs-")), ""},
		{"a text of HTML", part("Content-Type: text/html", m.json), ""},
		{"a text in a part of parts", part("Content-Type: multipart/alternative; boundary=yy", "--yy\r\n"+plain+"\r\n\r\n"+m.json+"\r\n--yy--"), ""},
		{"a text of mdn", part("Content-Type: text/rfc822-headers", m.json), ""},
		{"a text in a part that has no fields", part("", m.json), ""},
		{"parts in a part of text", part(plain, strings.ReplaceAll(m.verbatim, "zz", "yy")), ""},
		{"a preamble", as(t, mailOf(tlsrptJSON+"\r\n\r\n"+m.json+"\r\n--zz\r\n\r\nText.\r\n--zz--\r\n", fromVictim, toReports, comment, mime10, mixed)), ""},
		{"an epilogue", as(t, mailOf("--zz\r\n\r\nText.\r\n--zz--\r\n"+tlsrptJSON+"\r\n\r\n"+m.json+"\r\n", fromVictim, toReports, comment, mime10, mixed)), ""},
		{"parts after the last", as(t, mailOf("--zz\r\n\r\nText.\r\n--zz--\r\n"+m.verbatim, fromVictim, toReports, comment, mime10, mixed)), ""},
		{"a boundary behind a blank", part(plain, "A comment:\r\n --zz\r\n"+tlsrptJSON+"\r\n\r\n"+m.json), ""},
		{"a boundary behind a carriage return alone", part(plain, "A comment:\r--zz\r"+tlsrptJSON+"\r\r"+m.json), ""},
		{"a boundary with text behind it", part(plain, "A comment:\r\n--zz x\r\n"+tlsrptJSON+"\r\n\r\n"+m.json), ""},

		{"a stranger's mail of MIME's next name", bounced("Content-Type: message/global", strangers), ""},
		{"a stranger's mail, encoded", bounced(inRFC822+"\r\n"+base64CTE, inBase64([]byte(strangers))), ""},
		{"a stranger's mail, quoted", bounced(inRFC822+"\r\n"+quotedCTE, strings.ReplaceAll(strangers, "=", "=3D")), ""},
		{"a stranger's mail in a stranger's mail", bounced(inRFC822, mailOf(strangers, "From: a@stranger.example", inRFC822)), ""},
		{"a stranger's mail with a field of the victim's signature", bounced(inRFC822, google[:strings.Index(google, "MIME-Version")]+strangers), ""},
		{"a stranger's mail, a part of it", bounced("Content-Type: message/partial; number=1; total=1; id=x", strangers), ""},
		{"a stranger's mail, its header as text", bounced("Content-Type: text/rfc822-headers", strangers), ""},
		{"a stranger's mail as bytes", bounced(octets, strangers), ""},
		{"a stranger's mail without its header", bounced(plain, m.json), ""},
		{"the first words of a stranger's mail", bounced("Content-Type: message/delivery-status", m.json), ""},
		{"the header of a stranger's mail, by its first words", bounced("Content-Type: message/rfc822-headers", m.json), ""},
		{"what a person says of a mail, by its first words", bounced("Content-Type: message/disposition-notification", m.json), ""},
		{"parts that are none", bounced("Content-Type: multipart/alternative; boundary=none", m.json), ""},

		{"Google's, with a boundary of two names", replace(t, google, "boundary=zz", "boundary=z; boundary=zz"), ""},
		{"Google's, with a boundary and an end of it", replace(t, google, "boundary=zz", `boundary="zz--"`), ""},
		{"Google's, with another empty boundary", replace(t, google, "boundary=zz", `boundary=""`), ""},
		{"Google's, with an encoding of the victim's, as text", "Content-Disposition: attachment; filename=a.eml\r\n" + replace(t, google, report, octets), ""},
		{"Google's, forwarded by its type", replace(t, google, report, inRFC822), ""},
		{"Google's, with the type of one report", replace(t, google, report, "Content-Type: application/tlsrpt+gzip"), ""},
		{"Google's, in base64 as a whole", base64CTE + "\r\n" + replace(t, google, report, "Content-Type: application/tlsrpt+gzip"), ""},
		{"Google's, with a broken type", replace(t, google, "Content-Type: multipart", "Content-Type : text/plain\r\nContentType: multipart"), ""},
		{"Google's, with an author of a group", strings.Replace(google, fromVictim, "From: x:notifications@victim.example;", 1), ""},
		{"Google's, with a comment in its author", strings.Replace(google, fromVictim, "From: (a@stranger.example) notifications@victim.example", 1), ""},
		{"Google's, its body without its last part", google[:strings.LastIndex(google, "--zz\r\n")], ""},
		{"Google's, with a letter where a blank was", replace(t, google, "A report.", "A\u00a0report."), ""},
		{"Google's, with a blank where there was none", replace(t, google, "A report.", "A re port."), ""},
		{"Google's, with a line fed vertically", replace(t, google, "A report.", "A\vreport."), ""},
		{"Google's, with an empty line within", replace(t, google, "A report.\r\n", "A report.\r\n\r\n"), ""},
		{"Google's, with a carriage return", replace(t, google, "A report.\r\n", "A report.\r\r\n"), ""},
		{"an empty text that is signed, and a text", as(t, mailOf("", fromVictim, toReports, ofReport, aboutMeadow, mime10, tlsrptJSON)) + m.json, ""},
		{"an empty text that is signed, its header gone on with", strings.TrimSuffix(as(t, mailOf("", fromVictim, toReports, ofReport, aboutMeadow, mime10, tlsrptJSON)), "\r\n") + m.json + "\r\n", ""},
	}
}

// unclearSignatures are mails whose signature programs read differently, or that a
// stranger signed so that it may pass for one of victim.example.
func unclearSignatures(t *testing.T) []forgery {
	m := genuine(t)
	signed := as(t, m.google)
	by := func(domain, tags string) string {
		return dkimtest.Signing{Domain: domain, Tags: tags}.Sign(t, m.google)
	}
	var forged []forgery
	for _, domain := range []string{"co.uk", "github.io", "com", ".", "..victim.example", "victim-example.example", "victim.example@stranger.example", "stranger.example/victim.example",
		"stranger.example#.victim.example", "xn--victim-.example", "vıctim.example", "stranger.example,victim.example", "other.victim.example", "VICTIM.EXAMPLE.stranger.example"} {
		forged = append(forged, forgery{"signed by " + domain, by(domain, ""), ""})
	}
	for _, change := range []struct{ old, new string }{
		{"d=victim.example", "d=victim.example; d=stranger.example"},
		{"d=victim.example", "D=victim.example"},
		{"d=victim.example", "d=victim\r\n .example"},
		{"d=victim.example", "d==victim.example"},
		{"d=victim.example", "x d=victim.example"},
		{"s=tls;", "s=tls._domainkey.stranger.example;"},
		{"s=tls;", "s=;"},
		{"s=tls;", "s=*;"},
		{"v=1;", ""},
		{"v=1;", "v=1;;v=1;"},
		{"v=1;", "v=1.0;"},
		{"h=From", "h=Fro\u006d:X-From"},
		{"h=From", "h=:From"},
		{"h=From", "h=From:From"},
		{"h=From", "h=\tfrom : DKIM-Signature"},
		{":Content-Type:", ":Content-Type:Content-Type:X:"},
		{"c=relaxed/relaxed", "c=relaxed"},
		{"c=relaxed/relaxed", "c=relaxed/relaxed/simple"},
		{"c=relaxed/relaxed", "c=Relaxed/Relaxed"},
		{"c=relaxed/relaxed", "l=99999999999999999999; c=relaxed/relaxed"},
		{"c=relaxed/relaxed", "l=-1; c=relaxed/relaxed"},
		{"c=relaxed/relaxed", "l=; c=relaxed/relaxed"},
		{"c=relaxed/relaxed", "i=@stranger.example; c=relaxed/relaxed"},
		{"c=relaxed/relaxed", "i=; c=relaxed/relaxed"},
		{"c=relaxed/relaxed", "q=http; c=relaxed/relaxed"},
		{"c=relaxed/relaxed", "q=dns/txt:http; c=relaxed/relaxed"},
		{"c=relaxed/relaxed", "x=0; c=relaxed/relaxed"},
		{"DKIM-Signature:", "ARC-Message-Signature:"},
		{"DKIM-Signature:", "DomainKey-Signature:"},
		{"DKIM-Signature:", "DKIM\u2010Signature:"},
		{"DKIM-Signature: v=1;", "Authentication-Results: rpt.example; dkim=pass header.d=victim.example\r\nX: v=1;"},
		{fromVictim, fromVictim + ", a@stranger.example"},
		{fromVictim, "From: a@stranger.example"},
		{fromVictim, fromVictim + " (comment)"},
		{fromVictim, "From:\r\n\r\nnotifications@victim.example"},
		{fromVictim, "Sender: a@stranger.example\r\nFrom : \"notifications@victim.example\" <a@stranger.example>"},
	} {
		forged = append(forged, forgery{fmt.Sprintf("%q for %q", change.new, change.old), replace(t, signed, change.old, change.new), ""})
	}
	loose := as(t, m.google, "From", "Subject", "Content-Type")
	return append(forged,
		forgery{"a second author behind a line that is no field", "nonsense\r\nFrom: a@stranger.example\r\n" + loose, "2 From fields"},
		forgery{"a second author, empty", "From:\r\n" + loose, "2 From fields"},
		forgery{"a second subject", "Subject: Report Domain: other.example Submitter: a.example\r\n" + as(t, replace(t, m.google, aboutMeadow+"\r\n", ""), "From", "Subject"), ""},
		forgery{"the signature below", strings.Replace(signed[strings.Index(signed, "MIME-Version"):], toReports, signed[:strings.Index(signed, "MIME-Version")]+"To: x@rpt.example", 1), ""},
		forgery{"a stranger's signature of a mail to a list", dkimtest.Sign(t, replace(t, signed, "A report.", "A report.\r\n-- \r\nThe list"), "stranger.example"), ""},
		forgery{"a stranger's signature of a forwarded mail", dkimtest.Sign(t, mailOf("--ff\r\n"+inRFC822+"\r\n\r\n"+m.google+"\r\n--ff--\r\n", "From: a@stranger.example", "Content-Type: multipart/mixed; boundary=ff"), "stranger.example"), "the mail has no DKIM signature"},
		forgery{"a forwarded mail whose signature is in the mail around it", signed[:strings.Index(signed, "MIME-Version")] + mailOf("--ff\r\n"+inRFC822+"\r\n\r\n"+m.google+"\r\n--ff--\r\n", fromVictim, "Content-Type: multipart/mixed; boundary=ff"), "the mail has no DKIM signature"},
		forgery{"a forwarded mail with a part more", mailOf("--ff\r\n"+inRFC822+"\r\n\r\n"+strings.TrimSuffix(signed, "--zz--\r\n")+m.verbatim+"\r\n--ff--\r\n", "From: a@stranger.example", "Content-Type: multipart/mixed; boundary=ff"), "were changed"},
	)
}

// TestUnclear: nothing of what programs read differently lets a stranger's report
// count as that of victim.example.
func TestUnclear(t *testing.T) {
	for _, f := range append(unclear(t), unclearSignatures(t)...) {
		t.Run(f.name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			for _, receipt := range receiveFor(t, bucket, victims, f.mail) {
				t.Logf("%s %s %v", receipt.Status, receipt.Reason, receipt.Problems)
				if receipt.Status != reportintake.Quarantined || !strings.Contains(fmt.Sprint(receipt.Problems), f.why) {
					t.Errorf("got %s %s %v, want it in quarantine since %q", receipt.Status, receipt.Reason, receipt.Problems, f.why)
				}
			}
			for line := range (archive.Archive{Bucket: bucket}).Lines(t.Context(), time.Time{}, time.Now().AddDate(1, 0, 0)) {
				t.Errorf("counts under %q", line.TrustDomain)
			}
		})
	}
}

// TestGenuineNotations: what signers may write differently counts.
func TestGenuineNotations(t *testing.T) {
	m := genuine(t)
	typed := []string{"From", "Subject", "Content-Type"}
	with := func(old, new string) string { return as(t, replace(t, m.google, old, new), typed...) }
	for name, mail := range map[string]string{
		"a boundary in pieces":          with("boundary=zz", "boundary*0=\"z\"; boundary*1=\"z\""),
		"a boundary with a charset":     with("boundary=zz", "boundary*=utf-8'en'z%7A"),
		"a type with comments":          with("report-type=tlsrpt", `(a; report) Report-Type="TLSRPT"`),
		"a type in capitals":            with("multipart/report", "MULTIPART/Report"),
		"a type that is folded":         with("multipart/report;", "multipart/report;\r\n\t"),
		"an author with a name":         with(fromVictim, `From: "Victim, Inc. <a@stranger.example>" <notifications@victim.example>`),
		"an author in encoded words":    with(fromVictim, "From: =?utf-8?q?V=C3=ADctim?= <notifications@victim.example>"),
		"an author with a bare name":    with(fromVictim, "From: Victim, Inc. <notifications@victim.example>"),
		"an author with a dot too many": with(fromVictim, "From: notifications@victim.example."),
		"an author in capitals":         with(fromVictim, "FROM: Notifications@VICTIM.example"),
		"an author below":               with(fromVictim, "From: notifications@eu.victim.example"),
		"a subject that is folded":      with("Submitter: victim.example Report-ID", "Submitter:\r\n victim.example Report-ID"),
		"an encoding of the whole":      with(mime10, mime10+"\r\nContent-Transfer-Encoding: 8bit"),
		"a field of RFC 8689":           with(mime10, mime10+"\r\nTLS-Required: No"),
		"no end of the last line":       strings.TrimRight(with("A report.", "Report."), "\r\n"),
		"parts without an end":          as(t, strings.TrimSuffix(m.google, "--zz--\r\n"), typed...),
		"a preamble and an epilogue":    as(t, replace(t, m.google, "\r\n\r\n--zz", "\r\n\r\nParts:\r\n\r\n--zz")+"\r\nEnd.\r\n", typed...),
		"a text in parts of its own":    with("--zz\r\nContent-Type: text/plain\r\n\r\nA report.\r\n", "--zz\r\nContent-Type: multipart/alternative; boundary=zzz\r\n\r\n--zzz\r\n\r\nA report.\r\n--zzz--\r\n"),
		"a strange name of the report":  with(named, `Content-Disposition: attachment; filename*0="report"; filename*1=".gz"`),
		"only the type is signed":       as(t, m.google, "From", "Content-Type"),
		"signed twice over":             as(t, as(t, m.google, typed...), typed...),
	} {
		t.Run(name, func(t *testing.T) {
			wantReceipt(t, receiveFor(t, new(storetest.Memory), victims, mail), reportintake.Stored, "", "")
		})
	}
}

// TestBesideGenuine: a stranger's report counts no more for the genuine one beside it.
func TestBesideGenuine(t *testing.T) {
	m := genuine(t)
	strangers := strings.Replace(m.verbatim, `"Northwind Post"`, `"Stranger"`, 1)
	mail := mailOf("--ff\r\n"+inRFC822+"\r\n\r\n"+as(t, m.google, googles...)+"\r\n--ff\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n"+strangers+"--ff--\r\n",
		"From: notifications@victim.example", "Content-Type: multipart/mixed; boundary=ff")
	bucket := new(storetest.Memory)
	receipts := receiveFor(t, bucket, victims, mail)
	if len(receipts) != 2 || receipts[0].Status != reportintake.Stored || receipts[1].Status != reportintake.Quarantined {
		t.Errorf("got %+v", receipts)
	}
	for line, err := range (archive.Archive{Bucket: bucket}).Lines(t.Context(), time.Time{}, time.Now().AddDate(1, 0, 0)) {
		if err != nil || line.OrganizationName != "Northwind Post" {
			t.Errorf("%q counts, %v", line.OrganizationName, err)
		}
	}
}
