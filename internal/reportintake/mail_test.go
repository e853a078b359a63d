package reportintake_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/reportintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
	"sealpost/internal/trust"
)

const exampleName = "northwind.example!meadow.example!1794787200!1794873599!001.json.gz"

// letter is a mail in the making. Each report is a part of it.
type letter struct {
	from, domain, subject string // As the example's if empty; "-" leaves it out.
	filename              string // Of each report.
	reports               [][]byte
}

func (l letter) String() string {
	var b strings.Builder
	field := func(name, value, usual string) {
		if value == "" {
			value = usual
		}
		if value != "-" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	field("From", l.from, "tls-reports@northwind.example")
	field("To", "", "reports@rpt.example")
	field("Subject", l.subject, "Report Domain: meadow.example Submitter: northwind.example")
	field("TLS-Report-Domain", l.domain, "meadow.example")
	field("TLS-Report-Submitter", "", "northwind.example")
	b.WriteString("Content-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n--b\r\n\r\nA report.\r\n")
	for _, report := range l.reports {
		b.WriteString("--b\r\nContent-Transfer-Encoding: base64\r\n")
		if l.filename != "" {
			field("Content-Disposition", "attachment; filename=\""+l.filename+"\"", "")
		}
		b.WriteString("Content-Type: application/tlsrpt+gzip\r\n\r\n" + base64.StdEncoding.EncodeToString(report) + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

// exampleLetter has the example in it.
func exampleLetter(t *testing.T) letter {
	t.Helper()
	return letter{filename: exampleName, reports: [][]byte{tlsrpttest.Gzip(t, example(t))}}
}

var zone = dkimtest.Zone{"northwind.example": true, "lark.example": true, "down.example": false}

func newMailIntake(bucket archive.Bucket) *reportintake.Intake {
	return reportintake.New(archive.Archive{Bucket: bucket}, hosted{"meadow.example"}, reportintake.Deaf{},
		func() time.Time { return tuesday }, reportintake.Resolver(zone), reportintake.ReportsDomain("RPT.example"))
}

// receiveMail takes in a mail at the time at which it was signed, if it was.
func receiveMail(t *testing.T, bucket archive.Bucket, mail string) []reportintake.Receipt {
	t.Helper()
	m := reportintake.Mail{Raw: []byte(mail)}
	if strings.HasPrefix(mail, "DKIM-Signature:") {
		m.ReceivedAt = dkimtest.SignedAt(t, mail)
	}
	receipts, err := newMailIntake(bucket).ReceiveMail(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func wantReceipt(t *testing.T, receipts []reportintake.Receipt, status reportintake.Status, reason archive.Reason, says string) {
	t.Helper()
	if len(receipts) != 1 || receipts[0].Status != status || receipts[0].Reason != reason || !strings.Contains(fmt.Sprint(receipts[0].Problems), says) {
		t.Errorf("got %+v; want %s %s %q", receipts, status, reason, says)
	}
}

// keptLines are those of a bucket.
func keptLines(t *testing.T, bucket archive.Bucket) []archive.Line {
	t.Helper()
	var lines []archive.Line
	for line, err := range (archive.Archive{Bucket: bucket}).Lines(t.Context(), time.Time{}, tuesday.AddDate(100, 0, 0)) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestMailStored(t *testing.T) {
	contactElsewhere := exampleLetter(t)
	contactElsewhere.from = "noreply@bulk.example"
	for name, mail := range map[string]string{
		"signed by From and contact-info": dkimtest.Sign(t, exampleLetter(t).String(), "northwind.example"),
		"signed by contact-info":          dkimtest.Sign(t, contactElsewhere.String(), "northwind.example"),
		"and by somebody else":            dkimtest.Sign(t, dkimtest.Sign(t, exampleLetter(t).String(), "northwind.example"), "lark.example"),
	} {
		t.Run(name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			wantReceipt(t, receiveMail(t, bucket, mail), reportintake.Stored, "", "")
			wantReceipt(t, receiveMail(t, bucket, mail), reportintake.Duplicate, "", "")
			lines := keptLines(t, bucket)
			if len(lines) != 1 || lines[0].Channel != archive.ChannelMail || lines[0].Trust != archive.TrustDKIM ||
				lines[0].TrustDomain != "northwind.example" || !lines[0].ReceivedAt.Equal(dkimtest.SignedAt(t, mail)) {
				t.Errorf("kept %+v", lines)
			}
		})
	}
}

// TestMailQuarantined: what does not count is kept as it came, the whole mail.
func TestMailQuarantined(t *testing.T) {
	strangers, aboutUs, broken := exampleLetter(t), exampleLetter(t), exampleLetter(t)
	strangers.reports[0] = onePolicyReport("hill.example")
	aboutUs.reports[0] = onePolicyReport("rpt.example")
	broken.reports[0] = []byte("{")
	signed := dkimtest.Sign(t, exampleLetter(t).String(), "northwind.example")
	for _, test := range []struct {
		name, mail string
		reason     archive.Reason
		says       string
	}{
		{"not signed", exampleLetter(t).String(), archive.ReasonUnsigned, "has no DKIM signature"},
		{"changed", strings.Replace(signed, "A report.", "Another.", 1), archive.ReasonUnsigned, "changed on the way"},
		{"signed by somebody else", dkimtest.Sign(t, exampleLetter(t).String(), "lark.example"), archive.ReasonUnsigned, "neither with the domain of From"},
		{"signed, but not as a report", dkimtest.Sign(t, exampleLetter(t).String(), "northwind.example", "From"), archive.ReasonUnsigned, "Content-Type is not covered"},
		{"there is no key", dkimtest.Sign(t, exampleLetter(t).String(), "sub.northwind.example"), archive.ReasonUnsigned, "there is no TXT record"},
		{"a stranger's DNS is down", dkimtest.Sign(t, exampleLetter(t).String(), "down.example"), archive.ReasonUnsigned, "neither with the domain of From"},
		{"two From", "From: a@lark.example\r\n" + exampleLetter(t).String(), archive.ReasonUnsigned, "2 From fields"},
		{"no report", dkimtest.Sign(t, letter{}.String(), "northwind.example"), archive.ReasonNoReport, "none of its 2 parts"},
		{"not a mail", "nonsense", archive.ReasonNoReport, "there is no report in the mail"},
		{"nothing", "", archive.ReasonNoReport, "there is no report in the mail"},
		{"too many reports", letter{reports: make([][]byte, 30)}.String(), archive.ReasonNoReport, "at most 20 reports"},
		{"a report that is broken", dkimtest.Sign(t, broken.String(), "northwind.example"), archive.ReasonInvalid, "JSON"},
		{"about other domains", dkimtest.Sign(t, strangers.String(), "northwind.example"), archive.ReasonNotHosted, "but hill.example"},
		{"about the delivery of reports", dkimtest.Sign(t, aboutUs.String(), "northwind.example"), archive.ReasonNotHosted, "remove the TXT record at _smtp._tls.rpt.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			receipts := receiveMail(t, bucket, test.mail)
			wantReceipt(t, receipts, reportintake.Quarantined, test.reason, test.says)
			if got := object(t, bucket, receipts[0].Key); string(got) != test.mail {
				t.Errorf("kept %q", got)
			}
			if lines := keptLines(t, bucket); len(lines) > 0 {
				t.Errorf("counted %+v", lines)
			}
		})
	}
}

func onePolicyReport(domain string) []byte {
	return list(1, func(int) string { return onePolicy("sts", domain) })
}

func TestMailTooLarge(t *testing.T) {
	bucket := new(storetest.Memory)
	mail := exampleLetter(t).String()
	wantReceipt(t, receiveMail(t, bucket, mail+strings.Repeat(" ", tlsrpt.MaxMail)), reportintake.Refused, "", "over the limit")
	wantNothing(t, bucket)
	const header = "Subject: no report\r\n\r\n"
	wantReceipt(t, receiveMail(t, bucket, header+strings.Repeat(" ", tlsrpt.MaxMail-len(header))), reportintake.Quarantined, archive.ReasonNoReport, "there is no report")
}

// TestMailVerdicts: what the mail server found stands in the note, and the time
// of receipt is its own.
func TestMailVerdicts(t *testing.T) {
	bucket := new(storetest.Memory)
	receipts, err := newMailIntake(bucket).ReceiveMail(t.Context(), reportintake.Mail{
		Raw: []byte("no report"), ReceivedAt: tuesday.AddDate(0, 0, -3), Verdicts: map[string]string{"spam": "FAIL", "virus": "PASS"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var note archive.Quarantined
	if err := json.Unmarshal(object(t, bucket, receipts[0].Key+".problems.json"), &note); err != nil {
		t.Fatal(err)
	}
	if note.Verdicts["spam"] != "FAIL" || note.Verdicts["virus"] != "PASS" || note.Channel != archive.ChannelMail ||
		!note.ReceivedAt.Equal(tuesday.AddDate(0, 0, -3)) || !strings.Contains(receipts[0].Key, "/dt=2026-11-14/") {
		t.Errorf("noted %+v at %s", note, receipts[0].Key)
	}
}

// TestMailTriesAgain: nothing is lost where something is down, and nothing is
// kept twice by trying again.
func TestMailTriesAgain(t *testing.T) {
	l := exampleLetter(t)
	l.from = "tls@down.example"
	mail := dkimtest.Sign(t, l.String(), "down.example")
	bucket := new(storetest.Memory)
	receipts, err := newMailIntake(bucket).ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(mail), ReceivedAt: dkimtest.SignedAt(t, mail)})
	if !errors.Is(err, dkimtest.ErrDown) || receipts != nil {
		t.Errorf("the DNS is down: got %+v, %v", receipts, err)
	}
	wantNothing(t, bucket)
	if _, err := newIntake(bucket).ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(mail)}); err == nil {
		t.Error("without a resolver: no error")
	}

	second := edited(t, `"report-id"`, `"x": 1, "report-id"`)
	l = exampleLetter(t)
	l.reports = append(l.reports, second, []byte("{"))
	mail = dkimtest.Sign(t, l.String(), "northwind.example")
	for nth := 1; nth <= 6; nth++ {
		for _, written := range []bool{false, true} {
			bucket := new(storetest.Memory)
			bucket.FailNth(storetest.OpCreate, nth, written)
			m := reportintake.Mail{Raw: []byte(mail), ReceivedAt: dkimtest.SignedAt(t, mail)}
			if _, err := newMailIntake(bucket).ReceiveMail(t.Context(), m); !errors.Is(err, storetest.ErrFailed) {
				t.Fatalf("call %d: %v", nth, err)
			}
			if receipts := receiveMail(t, bucket, mail); len(receipts) != 3 || receipts[2].Reason != archive.ReasonInvalid {
				t.Errorf("call %d: %+v", nth, receipts)
			}
			if lines := keptLines(t, bucket); len(lines) != 2 {
				t.Errorf("call %d: kept %d lines", nth, len(lines))
			}
		}
	}
}

// TestDNSPatience: a mail whose key the DNS does not tell is tried again for a
// while, and then kept where it can be judged again; but only if it is about us.
func TestDNSPatience(t *testing.T) {
	l, strangers := exampleLetter(t), exampleLetter(t)
	l.from, strangers.from = "tls@down.example", "tls@down.example"
	strangers.reports[0] = onePolicyReport("hill.example")
	for _, test := range []struct {
		mail   letter
		age    time.Duration
		reason archive.Reason
		says   string
	}{
		{l, time.Hour, "", ""},
		{l, time.Hour + time.Millisecond, archive.ReasonDNSFailed, "look up the DKIM key at tls._domainkey.down.example"},
		{strangers, time.Hour, "", ""},
		{strangers, 2 * time.Hour, archive.ReasonNotHosted, ""},
	} {
		mail := dkimtest.Sign(t, test.mail.String(), "down.example")
		at := dkimtest.SignedAt(t, mail)
		bucket := new(storetest.Memory)
		intake := reportintake.New(archive.Archive{Bucket: bucket}, hosted{"meadow.example"}, reportintake.Deaf{},
			func() time.Time { return at.Add(test.age) }, reportintake.Resolver(zone), reportintake.DNSPatience(time.Hour))
		receipts, err := intake.ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(mail), ReceivedAt: at})
		if test.reason == "" {
			if !errors.Is(err, dkimtest.ErrDown) {
				t.Errorf("after %v: got %+v, %v", test.age, receipts, err)
			}
			wantNothing(t, bucket)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		wantReceipt(t, receipts, reportintake.Quarantined, test.reason, test.says)
	}
}

// TestMailPolicyDomain: a domain that the report lacks is taken from where it is
// vouched for, the best place first. The report itself is never overruled.
func TestMailPolicyDomain(t *testing.T) {
	without := readFile(t, "testdata/wild/11-policy-domain-missing.json")
	const (
		meadow = "Report Domain: meadow.example Submitter: x"
		other  = "Report Domain: other.example Submitter: x"
		file   = "x.example!other.example!1794787200!1794873599.json.gz"
	)
	for _, test := range []struct {
		name                      string
		domain, filename, subject string
		fields                    []string
		want                      tlsrpt.Code
	}{
		{"header", "meadow.example", file, other, nil, tlsrpt.DeviationPolicyDomainFromHeader},
		{"filename", "-", exampleName, other, nil, tlsrpt.DeviationPolicyDomainFromName},
		{"subject", "-", "", meadow, nil, tlsrpt.DeviationPolicyDomainFromSubject},
		{"a header that is not signed", "other.example", exampleName, other, []string{"From", "Subject"}, tlsrpt.DeviationPolicyDomainFromName},
		{"a header that is not signed, and no name", "other.example", "", meadow, []string{"From", "Subject"}, tlsrpt.DeviationPolicyDomainFromSubject},
		{"nothing signed", "meadow.example", "", meadow, []string{"From", "Content-Type"}, ""},
		{"nothing", "-", "", "A report", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			l := letter{from: "tls@lark.example", domain: test.domain, filename: test.filename, subject: test.subject, reports: [][]byte{without}}
			receipts := receiveMail(t, bucket, dkimtest.Sign(t, l.String(), "lark.example", test.fields...))
			if test.want == "" {
				wantReceipt(t, receipts, reportintake.Quarantined, archive.ReasonNotHosted, "names no policy domain")
				return
			}
			wantReceipt(t, receipts, reportintake.Stored, "", "")
			if last := receipts[0].Deviations[len(receipts[0].Deviations)-1]; last.Code != test.want || last.Code.Meaning() == "" {
				t.Errorf("got deviations %+v, want %s", receipts[0].Deviations, test.want)
			}
			if domain := keptLines(t, bucket)[0].Policies[0].PolicyDomain; domain != "meadow.example" {
				t.Errorf("kept for %s", domain)
			}
		})
	}
	t.Run("a name in the mail's own header", func(t *testing.T) {
		mail := "From: tls@lark.example\r\nContent-Type: application/tlsrpt+json\r\n" +
			"Content-Disposition: attachment; filename=\"" + exampleName + "\"\r\n\r\n" + string(without)
		for _, test := range []struct {
			fields []string
			want   reportintake.Status
		}{
			{[]string{"From", "Content-Type", "Content-Disposition"}, reportintake.Stored},
			{[]string{"From", "Content-Type"}, reportintake.Quarantined},
			{[]string{"From", "Content-Disposition"}, reportintake.Quarantined},
		} {
			receipts := receiveMail(t, new(storetest.Memory), dkimtest.Sign(t, mail, "lark.example", test.fields...))
			if receipts[0].Status != test.want {
				t.Errorf("%v signed: got %+v, want %s", test.fields, receipts, test.want)
			}
		}
	})
	t.Run("the report rules", func(t *testing.T) {
		bucket := new(storetest.Memory)
		l := exampleLetter(t)
		l.domain, l.filename, l.subject = "other.example", file, other
		receipts := receiveMail(t, bucket, dkimtest.Sign(t, l.String(), "northwind.example"))
		wantReceipt(t, receipts, reportintake.Stored, "", "")
		if len(receipts[0].Deviations) > 0 || keptLines(t, bucket)[0].Policies[0].PolicyDomain != "meadow.example" {
			t.Errorf("got %+v", receipts)
		}
	})
}

// TestHintForOnePolicyOfTwo: a hint fills only what the report leaves open, even
// where it leaves one policy open and not the other (RFC 8460, section 5.6).
func TestHintForOnePolicyOfTwo(t *testing.T) {
	for _, domains := range [][]string{{"", "meadow.example"}, {"meadow.example", ""}, {"", "meadow.example", ""}} {
		bucket := new(storetest.Memory)
		l := letter{from: "tls@lark.example", domain: "other.example", filename: exampleName, subject: "A report"}
		l.reports = [][]byte{list(len(domains), func(i int) string { return onePolicy("sts", domains[i]) })}
		receipts := receiveMail(t, bucket, dkimtest.Sign(t, l.String(), "lark.example"))
		wantReceipt(t, receipts, reportintake.Stored, "", "")
		open := 0
		for i, policy := range keptLines(t, bucket)[0].Policies {
			want := domains[i]
			if want == "" {
				want = "other.example"
				open++
			}
			if policy.PolicyDomain != want {
				t.Errorf("%q: policy %d is kept for %s; want %s", domains, i, policy.PolicyDomain, want)
			}
		}
		if !slices.Contains(receipts[0].Deviations, tlsrpt.Deviation{Code: tlsrpt.DeviationPolicyDomainFromHeader, Count: open}) {
			t.Errorf("%q: got %+v; want the header named %d times", domains, receipts[0].Deviations, open)
		}
	}
}

// TestUnknownBesideOther: while the key of one signature cannot be looked up, a
// bad one beside it is no reason to give up, and a good one is enough.
func TestUnknownBesideOther(t *testing.T) {
	l := exampleLetter(t)
	l.from = "tls@down.example"
	const subject = "Subject: Report Domain: meadow.example"
	withSubject := func(mail, domain string) string {
		return dkimtest.Sign(t, mail, domain, "From", "Content-Type", "Subject")
	}
	withoutSubject := func(mail, domain string) string { return dkimtest.Sign(t, mail, domain, "From", "Content-Type") }
	for name, test := range map[string]struct {
		mail  string
		known bool
	}{
		"the bad one first":  {withSubject(withoutSubject(l.String(), "down.example"), "northwind.example"), false},
		"the bad one last":   {withoutSubject(withSubject(l.String(), "northwind.example"), "down.example"), false},
		"the good one first": {withoutSubject(withoutSubject(l.String(), "down.example"), "northwind.example"), true},
		"the good one last":  {withoutSubject(withoutSubject(l.String(), "northwind.example"), "down.example"), true},
	} {
		t.Run(name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			mail := strings.Replace(test.mail, subject, subject+" was changed", 1)
			receipts, err := newMailIntake(bucket).ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(mail), ReceivedAt: dkimtest.SignedAt(t, mail)})
			if !test.known {
				if !errors.Is(err, dkimtest.ErrDown) || receipts != nil {
					t.Errorf("got %+v, %v; want an error, so that it is tried again", receipts, err)
				}
				wantNothing(t, bucket)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantReceipt(t, receipts, reportintake.Stored, "", "")
		})
	}
}

// alerts are the signers of the reports that it was alerted of. It may fail.
type alerts struct {
	by  []string
	err error
}

func (a *alerts) Vouched(_ context.Context, _ tlsrpt.Report, by string) error {
	a.by = append(a.by, by)
	return a.err
}

// TestAlertsAreAuthenticated: only a report with an aligned signature causes an
// alert, and it is not acknowledged before that.
func TestAlertsAreAuthenticated(t *testing.T) {
	signed := dkimtest.Sign(t, exampleLetter(t).String(), "northwind.example")
	strangers := exampleLetter(t)
	strangers.reports[0] = onePolicyReport("hill.example")
	for name, test := range map[string]struct {
		mail string // Empty: the example comes by HTTPS.
		by   []string
	}{
		"by HTTPS":               {"", nil},
		"not signed":             {exampleLetter(t).String(), nil},
		"signed by another":      {dkimtest.Sign(t, exampleLetter(t).String(), "lark.example"), nil},
		"a domain of others":     {dkimtest.Sign(t, strangers.String(), "northwind.example"), nil},
		"signed":                 {signed, []string{"northwind.example"}},
		"signed, and by another": {dkimtest.Sign(t, signed, "lark.example"), []string{"northwind.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			heard := new(alerts)
			intake := reportintake.New(archive.Archive{Bucket: new(storetest.Memory)}, hosted{"meadow.example"}, reportintake.Deaf{},
				func() time.Time { return tuesday }, reportintake.Resolver(zone), reportintake.Alert(heard))
			receive := func() error {
				m := reportintake.Mail{Raw: []byte(test.mail)}
				if strings.HasPrefix(test.mail, "DKIM-Signature:") {
					m.ReceivedAt = dkimtest.SignedAt(t, test.mail)
				}
				_, err := intake.ReceiveMail(t.Context(), m)
				return err
			}
			if test.mail == "" {
				receive = func() error {
					_, err := intake.Receive(t.Context(), reportintake.Submission{Body: example(t), Channel: archive.ChannelHTTPS, Trust: archive.TrustNone})
					return err
				}
			}
			if err := receive(); err != nil || !slices.Equal(heard.by, test.by) {
				t.Errorf("alerted by %q, %v; want %q", heard.by, err, test.by)
			}
			heard.err = errors.New("the topic does not answer")
			if err := receive(); (err != nil) != (test.by != nil) || len(heard.by) != 2*len(test.by) {
				t.Errorf("when it fails: %v, alerted by %q", err, heard.by)
			}
		})
	}
}

// witness takes down who signed the reports that are evidence.
type witness struct{ by []string }

func (w *witness) Saw(_ context.Context, _ tlsrpt.Report, signer string, _ time.Time) error {
	w.by = append(w.by, signer)
	return nil
}

// TestWhatHasAnEffect: all of these reports are stored, and those that a trusted
// domain signed are evidence and may alert; no other.
func TestWhatHasAnEffect(t *testing.T) {
	mail := exampleLetter(t)
	signed := dkimtest.Sign(t, mail.String(), "northwind.example")
	for name, test := range map[string]struct {
		mail       string // Empty: the example comes by HTTPS, or as a file.
		distrusted string
		by         []string
	}{
		"by HTTPS":                      {"", "", nil},
		"signed":                        {signed, "", []string{"northwind.example"}},
		"signed, another is distrusted": {signed, "lark.example", []string{"northwind.example"}},
		"distrusted":                    {signed, "northwind.example", nil},
	} {
		t.Run(name, func(t *testing.T) {
			signers, err := trust.Parse(test.distrusted)
			if err != nil {
				t.Fatal(err)
			}
			bucket, heard, told := new(storetest.Memory), new(witness), new(alerts)
			intake := reportintake.New(archive.Archive{Bucket: bucket}, hosted{"meadow.example"}, heard, func() time.Time { return tuesday },
				reportintake.Resolver(zone), reportintake.Alert(told), reportintake.Distrust(signers))
			var receipts []reportintake.Receipt
			if test.mail == "" {
				var receipt reportintake.Receipt
				receipt, err = intake.Receive(t.Context(), reportintake.Submission{Body: example(t), Channel: archive.ChannelHTTPS, Trust: archive.TrustNone, TrustDomain: "northwind.example"})
				receipts = append(receipts, receipt)
			} else {
				receipts, err = intake.ReceiveMail(t.Context(), reportintake.Mail{Raw: []byte(test.mail), ReceivedAt: dkimtest.SignedAt(t, test.mail)})
			}
			if err != nil {
				t.Fatal(err)
			}
			wantReceipt(t, receipts, reportintake.Stored, "", "")
			if !slices.Equal(heard.by, test.by) || !slices.Equal(told.by, test.by) {
				t.Errorf("evidence of %q, alerts of %q; want %q", heard.by, told.by, test.by)
			}
		})
	}
}

// TestMailAndHTTPS: a report that comes by both ways counts once, and the signed
// copy wins, and says so.
func TestMailAndHTTPS(t *testing.T) {
	mail := dkimtest.Sign(t, exampleLetter(t).String(), "northwind.example")
	for ways, want := range map[string]string{
		"mail HTTPS":                 "stored duplicate",
		"HTTPS mail":                 "stored replaced-unsigned",
		"HTTPS mail HTTPS mail mail": "stored replaced-unsigned duplicate duplicate duplicate",
		"mail HTTPS mail":            "stored duplicate duplicate",
	} {
		t.Run(ways, func(t *testing.T) {
			bucket := new(storetest.Memory)
			var got []string
			for _, way := range strings.Fields(ways) {
				receipts := receiveMail
				if way == "HTTPS" {
					receipts = receiveByHTTPS
				}
				got = append(got, string(receipts(t, bucket, mail)[0].Status))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("they are %q, want %q", got, want)
			}
			lines := keptLines(t, bucket)
			best, err := (archive.Archive{Bucket: bucket}).Get(t.Context(), lines[0].ReportKey)
			if err != nil || best.Trust != archive.TrustDKIM || best.TrustDomain != "northwind.example" {
				t.Errorf("got %+v, %v", best, err)
			}
			if signed := slices.DeleteFunc(lines, func(l archive.Line) bool { return l.Trust == archive.TrustNone }); len(signed) != 1 {
				t.Errorf("%d signed lines", len(signed))
			}
		})
	}
}

// receiveByHTTPS takes in the report of a mail as if it had been posted.
func receiveByHTTPS(t *testing.T, bucket archive.Bucket, mail string) []reportintake.Receipt {
	t.Helper()
	message, err := tlsrpt.Attachments([]byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := newIntake(bucket).Receive(t.Context(), reportintake.Submission{
		Body: message.Attachments[0].Body, Channel: archive.ChannelHTTPS, Trust: archive.TrustNone,
	})
	if err != nil {
		t.Fatal(err)
	}
	return []reportintake.Receipt{receipt}
}

// TestAboutReports: such a report is marked, however it comes.
func TestAboutReports(t *testing.T) {
	bucket := new(storetest.Memory)
	intake := reportintake.New(archive.Archive{Bucket: bucket}, reportintake.Any{}, reportintake.Deaf{},
		func() time.Time { return tuesday }, reportintake.ReportsDomain("rpt.example"))
	receipt, err := intake.Receive(t.Context(), reportintake.Submission{Body: onePolicyReport("Rpt.Example")})
	if err != nil || receipt.Status != reportintake.Stored {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	if line := keptLines(t, bucket)[0]; !slices.Contains(line.Deviations, "about-report-delivery") || tlsrpt.DeviationAboutReports.Meaning() == "" {
		t.Errorf("kept %+v", line)
	}
}

func TestSeveralReportsInAMail(t *testing.T) {
	l := exampleLetter(t)
	l.reports = append(l.reports, bytes.Replace(example(t), []byte("tls-reports@"), []byte("other@"), 1), onePolicyReport("hill.example"), l.reports[0])
	bucket := new(storetest.Memory)
	var got []string
	for _, receipt := range receiveMail(t, bucket, dkimtest.Sign(t, l.String(), "northwind.example")) {
		got = append(got, string(receipt.Status)+string(receipt.Reason))
	}
	if want := []string{"stored", "stored", "quarantinednot-hosted", "duplicate"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
