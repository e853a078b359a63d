package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sealpost/internal/archive"
	"sealpost/internal/aws/settings"
	"sealpost/internal/dkim/dkimtest"
)

const (
	inboxBucket   = "sealpost-inbox"
	reportsDomain = "rpt.example.net"
	reporter      = "northwind.example"
)

// mailIntake starts the function as it is deployed for mails, and the DNS that it
// asks for keys.
func (c *cloud) mailIntake(t *testing.T, changes ...string) (*function, *outside) {
	t.Helper()
	dns := &outside{texts: make(map[string]string)}
	name := dkimtest.Selector + "._domainkey." + reporter
	records, err := dkimtest.Zone{reporter: true}.TXT(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	dns.texts[name] = fmt.Sprintf("%q", records[0])
	s := settings.ReportIntake{StateTable: c.state.Table, ReportsBucket: reportsBucket, InboxBucket: inboxBucket, ReportsDomain: reportsDomain, NameServer: dns.nameServer(t)}
	return c.start(t, "reportintake", s.Env(), changes...), dns
}

// letter is a mail with reports in it.
func letter(reports ...string) string {
	var b strings.Builder
	b.WriteString("From: tls-reports@" + reporter + "\r\nTo: reports@" + reportsDomain + "\r\nSubject: Reports\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n")
	for _, report := range reports {
		b.WriteString("--b\r\nContent-Type: application/tlsrpt+json\r\n\r\n" + strings.ReplaceAll(report, "\n", "\r\n") + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

// put puts a mail into the inbox, as SES does.
func (c *cloud) put(t *testing.T, id, mail string) {
	t.Helper()
	key := settings.InboxPrefix + id
	if _, err := c.objects.PutObject(t.Context(), inboxBucket, key, nil, strings.NewReader(mail), int64(len(mail))); err != nil {
		t.Fatal(err)
	}
}

// sent is what SES tells of a mail in the inbox.
func sent(t *testing.T, id string, at time.Time, virus string) string {
	t.Helper()
	return string(event(t, "ses-received.json", "@id@", id, "@time@", at.Format(time.RFC3339Nano), "@virus@", virus))
}

// deliver has the function take in a batch of messages, and gives the indices of
// those that come again.
func (f *function) deliver(t *testing.T, messages ...string) []string {
	t.Helper()
	var batch events.SQSEvent
	for i, message := range messages {
		var one events.SQSEvent
		if err := json.Unmarshal(event(t, "queue.json", "@body@", message), &one); err != nil {
			t.Fatal(err)
		}
		one.Records[0].MessageId = fmt.Sprint(i)
		batch.Records = append(batch.Records, one.Records...)
	}
	text, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	var response events.SQSEventResponse
	answer := f.invoke(t, text)
	if err := json.Unmarshal(answer, &response); err != nil || !bytes.Contains(answer, []byte("batchItemFailures")) {
		t.Fatalf("%s, %v", answer, err)
	}
	var again []string
	for _, failure := range response.BatchItemFailures {
		again = append(again, failure.ItemIdentifier)
	}
	return again
}

// quarantined are the keys of what lies in quarantine for a reason.
func (c *cloud) quarantined(t *testing.T, reason archive.Reason) []string {
	return slices.DeleteFunc(c.keys(t, reportsBucket), func(key string) bool {
		return !strings.Contains(key, "/reason="+string(reason)+"/") || strings.HasSuffix(key, ".problems.json")
	})
}

func TestMails(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	intake, _ := c.mailIntake(t)
	signed := dkimtest.Sign(t, letter(report(t)), reporter)
	at := dkimtest.SignedAt(t, signed)
	c.put(t, "signed", signed)
	c.put(t, "unsigned", letter(report(t)))
	c.put(t, "hello", "From: somebody@example.net\r\nSubject: Hello\r\n\r\nIs anybody there?\r\n")
	c.put(t, "virus", signed+"X")
	c.put(t, "large", "Subject: x\r\n\r\n"+strings.Repeat("x", 32<<20))
	again := intake.deliver(t, sent(t, "signed", at, "PASS"), "hello", sent(t, "unsigned", at, "PASS"), sent(t, "gone", at, "PASS"),
		sent(t, "hello", at, "GRAY"), sent(t, "virus", at, "FAIL"), sent(t, "large", at, "PASS"))
	if !slices.Equal(again, []string{"1", "3"}) {
		t.Errorf("%q come again; want what is no notification, and what is not there", again)
	}
	reports := c.reports(t)
	if len(reports) != 1 {
		t.Fatalf("kept %q; want one", reports)
	}
	if line := c.line(t, reports[0]); line.Channel != archive.ChannelMail || line.Trust != archive.TrustDKIM || line.TrustDomain != reporter || !line.ReceivedAt.Equal(at) {
		t.Errorf("kept %+v", line)
	}
	for _, reason := range []archive.Reason{archive.ReasonUnsigned, archive.ReasonNoReport} {
		keys := c.quarantined(t, reason)
		if len(keys) != 1 {
			t.Fatalf("%s: %q; want one", reason, keys)
		}
		if note, _ := c.object(t, reportsBucket, archive.NoteOf(keys[0])); !strings.Contains(note, `"dkim": "GRAY"`) || !strings.Contains(note, at.Format(time.RFC3339)) {
			t.Errorf("the note is %s; want the verdicts of SES, and when the mail came", note)
		}
	}
	for _, line := range []string{
		`"level":"WARN","msg":"mail left unread","mail":"inbox/mail/virus","virus":"FAIL"`,
		`"level":"WARN","msg":"mail","mail":"inbox/mail/large","status":"refused"`,
		`"level":"INFO","msg":"mail","mail":"inbox/mail/signed","status":"stored","reason":"","key":"reports/v1/dt=`,
	} {
		if log := intake.Log(); !strings.Contains(log, line) {
			t.Errorf("the log has no %s:\n%s", line, log)
		}
	}
	if kept := c.keys(t, inboxBucket); len(kept) != 5 {
		t.Errorf("in the inbox are %q; want all as before", kept)
	}
}

// TestMailsComeAgain: a mail that cannot be stored, or judged, is not lost: its
// message comes again, and then it is kept once.
func TestMailsComeAgain(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	signed := dkimtest.Sign(t, letter(report(t)), reporter)
	at := dkimtest.SignedAt(t, signed)
	c.put(t, "signed", signed)
	c.put(t, "hello", "Subject: Hello\r\n\r\n")
	both := []string{sent(t, "signed", at, "PASS"), sent(t, "hello", at, "PASS")}
	all := []string{"0", "1"}

	noBucket, _ := c.mailIntake(t, "SEALPOST_REPORTS_BUCKET", "another")
	if again := noBucket.deliver(t, both...); !slices.Equal(again, all) {
		t.Errorf("nothing can be stored: %q come again; want all", again)
	}
	noTable, _ := c.mailIntake(t, "SEALPOST_STATE_TABLE", "another")
	if again := noTable.deliver(t, both...); !slices.Equal(again, all[:1]) {
		t.Errorf("whose reports they are cannot be told: %q come again; want the first", again)
	}
	httpsOnly := c.intake(t, false)
	if again := httpsOnly.deliver(t, both...); !slices.Equal(again, all) {
		t.Errorf("no inbox is set: %q come again; want all", again)
	}
	intake, dns := c.mailIntake(t)
	dns.change(func() { dns.away = true })
	if again := intake.deliver(t, both...); !slices.Equal(again, all[:1]) || len(c.reports(t)) > 0 || len(c.quarantined(t, archive.ReasonUnsigned)) > 0 {
		t.Errorf("the DNS is away: %q come again; want the first, which nobody can judge", again)
	}
	late := sent(t, "signed", at.Add(-11*time.Minute), "PASS")
	if again := intake.deliver(t, late); len(again) > 0 || len(c.quarantined(t, archive.ReasonDNSFailed)) != 1 {
		t.Errorf("the DNS is away for longer than is waited for: %q come again, and kept are %q", again, c.keys(t, reportsBucket))
	}
	dns.change(func() { dns.away = false })
	for range 2 {
		if again := intake.deliver(t, both...); len(again) > 0 || len(c.reports(t)) != 1 || len(c.quarantined(t, archive.ReasonNoReport)) != 1 {
			t.Errorf("%q come again, and kept are %q", again, c.keys(t, reportsBucket))
		}
	}
}

// TestKeyIsGone: where the DNS says that there is no key, that is the end of it.
func TestKeyIsGone(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	intake, dns := c.mailIntake(t)
	dns.change(func() { clear(dns.texts) })
	signed := dkimtest.Sign(t, letter(report(t)), reporter)
	at := dkimtest.SignedAt(t, signed)
	c.put(t, "signed", signed)
	if again := intake.deliver(t, sent(t, "signed", at, "PASS")); len(again) > 0 || len(c.quarantined(t, archive.ReasonUnsigned)) != 1 {
		t.Errorf("%q come again, and kept are %q", again, c.keys(t, reportsBucket))
	}
}

// TestMailsAboutMails: a report about the domain of reports is marked, and says
// what to do.
func TestMailsAboutMails(t *testing.T) {
	c := newCloud(t)
	c.host(t)
	intake, _ := c.mailIntake(t)
	signed := dkimtest.Sign(t, letter(strings.ReplaceAll(report(t), domain, reportsDomain)), reporter)
	at := dkimtest.SignedAt(t, signed)
	c.put(t, "loop", signed)
	again := intake.deliver(t, sent(t, "loop", at, "PASS"))
	keys := c.quarantined(t, archive.ReasonNotHosted)
	if len(again) > 0 || len(keys) != 1 {
		t.Fatalf("%q come again, and in quarantine are %q", again, keys)
	}
	if note, _ := c.object(t, reportsBucket, archive.NoteOf(keys[0])); !strings.Contains(note, "remove the TXT record at _smtp._tls."+reportsDomain) {
		t.Errorf("the note is %s", note)
	}
}
