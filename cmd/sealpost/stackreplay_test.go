package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/miekg/dns"

	"sealpost/internal/archive"
	"sealpost/internal/aws/settings"
	"sealpost/internal/aws/stack"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/mtasts"
	"sealpost/internal/reportintake"
)

const (
	reportsBucket = "sealpost-reports"
	inboxBucket   = "sealpost-inbox"
)

// takesReports makes the buckets, and has the stack take in reports in a way.
func (c *cloud) takesReports(s settings.ReportIntake) {
	c.t.Helper()
	for _, bucket := range []string{reportsBucket, inboxBucket} {
		if err := c.objects.CreateBucket(c.t.Context(), bucket); err != nil {
			c.t.Fatal(err)
		}
	}
	s.StateTable, s.ReportsBucket, s.NameServer = c.state.Table, reportsBucket, nameServer(c.t)
	c.lock.Lock()
	defer c.lock.Unlock()
	c.variables = s.Env()
}

// nameServer has the key of dkimtest for northwind.example, and does not know of
// away.example now.
func nameServer(t *testing.T) string {
	t.Helper()
	connection, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	zone := dkimtest.Zone{"northwind.example": true, "away.example": false}
	started, ended := make(chan struct{}), make(chan error)
	server := &dns.Server{PacketConn: connection, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		answer, asked := new(dns.Msg), query.Question[0]
		answer.SetReply(query)
		texts, err := zone.TXT(context.Background(), strings.TrimSuffix(asked.Name, "."))
		if err != nil {
			answer.SetRcode(query, dns.RcodeServerFailure)
		}
		if len(texts) > 0 {
			answer.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: asked.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: texts}}
		}
		w.WriteMsg(answer) //nolint:errcheck // Whoever asked is gone.
	})}
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		server.Shutdown() //nolint:errcheck // What it ended with counts.
		if err := <-ended; err != nil {
			t.Errorf("the name server: %v", err)
		}
	})
	return connection.LocalAddr().String()
}

// mailFrom is a mail with a report about example.com.
func mailFrom(reporter, id string) string {
	return "From: tls-reports@" + reporter + "\r\nTo: reports@rpt.example\r\nSubject: Reports\r\nContent-Type: application/tlsrpt+json\r\n\r\n" +
		`{"organization-name":"Northwind","date-range":{"start-datetime":"2026-11-16T00:00:00Z","end-datetime":"2026-11-16T23:59:59Z"},` +
		`"contact-info":"tls@` + reporter + `","report-id":"` + id + `","policies":[{"policy":{"policy-type":"no-policy-found","policy-domain":"example.com"},` +
		`"summary":{"total-successful-session-count":1,"total-failure-session-count":0}}]}` + "\r\n"
}

// lines are the reports that count and came about a day.
func (c *cloud) lines(bucket archive.Bucket, day time.Time) []archive.Line {
	c.t.Helper()
	var lines []archive.Line
	for line, err := range (archive.Archive{Bucket: bucket}).Lines(c.t.Context(), day.AddDate(0, 0, -1), day.AddDate(0, 0, 1)) {
		if err != nil {
			c.t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func (c *cloud) reports() stack.Reports {
	c.t.Helper()
	opened, err := stack.Open(c.t.Context(), "Sealpost")
	if err != nil {
		c.t.Fatal(err)
	}
	reports, err := opened.Reports(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return reports
}

// quarantine puts mails into quarantine, as they come while the DNS has no keys.
func (c *cloud) quarantine(bucket archive.Bucket, at time.Time, mails ...string) {
	c.t.Helper()
	intake := reportintake.New(archive.Archive{Bucket: bucket}, reportintake.Any{}, reportintake.Deaf{}, func() time.Time { return at },
		reportintake.Resolver(dkimtest.Zone{}))
	for _, mail := range mails {
		if _, err := intake.ReceiveMail(c.t.Context(), reportintake.Mail{Raw: []byte(mail)}); err != nil {
			c.t.Fatal(err)
		}
	}
}

// replay replays the stack.
func (c *cloud) replay(code int, said string, args ...string) {
	c.t.Helper()
	c.sealpost(code, []string{said}, append([]string{"replay", "-stack", "Sealpost"}, args...)...)
}

func TestReplayOfAStack(t *testing.T) {
	c := newCloud(t)
	c.takesReports(settings.ReportIntake{ReportsDomain: "rpt.example"})
	bucket := c.reports().Bucket
	c.replay(exitGood, "unsigned   0 judged again\n")

	good := dkimtest.Sign(t, mailFrom("northwind.example", "1"), "northwind.example")
	first := dkimtest.SignedAt(t, good).Add(time.Second)
	c.quarantine(bucket, first, good, dkimtest.Sign(t, mailFrom("away.example", "2"), "away.example"), mailFrom("northwind.example", "3"), "Subject: Hello\r\n\r\n")
	c.replay(exitProblems, "unsigned   3 judged again, 2 as before, 1 not judged, try again later\n", "-reason", "unsigned") // Nobody hosts it.
	c.publish("example.com", mtasts.Policy{Mode: mtasts.ModeTesting, MX: []string{"mx1.example.com"}, MaxAge: 86400})
	c.replay(exitGood, "unsigned   0 judged again\n", "-since", first.AddDate(0, 0, 1).Format(time.DateOnly))
	c.replay(exitProblems, "unsigned   3 judged again, 1 good now, 1 as before, 1 not judged, try again later\ndns-failed 0 judged again\nno-report  1 judged again, 1 as before\n"+
		"What moved is kept among the old versions of the bucket's objects for a month more")
	lines := c.lines(bucket, first)
	if len(lines) != 1 || lines[0].TrustDomain != "northwind.example" || !lines[0].ReceivedAt.Equal(first) {
		t.Errorf("kept %+v", lines)
	}
	c.replay(exitProblems, "unsigned   2 judged again, 1 as before, 1 not judged")
}

// TestReplayOfAStackTells: whoever replays hears of failures that it makes good.
func TestReplayOfAStackTells(t *testing.T) {
	c := newCloud(t)
	c.takesReports(settings.ReportIntake{})
	c.publish("example.com", mtasts.Policy{Mode: mtasts.ModeEnforce, MX: []string{"mx1.example.com"}, MaxAge: 86400})
	failing := strings.NewReplacer("no-policy-found", "sts", "2026-11-16", time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly),
		`"total-failure-session-count":0}`, `"total-failure-session-count":1},"failure-details":[{"result-type":"certificate-expired","receiving-mx-hostname":"mx1.example.com","failed-session-count":1}]`).
		Replace(mailFrom("northwind.example", "1"))
	good := dkimtest.Sign(t, failing, "northwind.example")
	c.quarantine(c.reports().Bucket, dkimtest.SignedAt(t, good).Add(time.Second), good)
	c.replay(exitGood, "[TLS-RPT] example.com: certificate-expired at mx1.example.com\n", "-reason", "unsigned")
}

// TestReplayDoesAsTheStackDoes: whose reports count is the stack's to say.
func TestReplayDoesAsTheStackDoes(t *testing.T) {
	c := newCloud(t)
	c.takesReports(settings.ReportIntake{AcceptAny: true})
	good := dkimtest.Sign(t, mailFrom("northwind.example", "1"), "northwind.example")
	c.quarantine(c.reports().Bucket, dkimtest.SignedAt(t, good), good)
	for _, args := range [][]string{{"-accept", "hosted"}, {"-reports-domain", "rpt.example"}} {
		c.replay(exitFailed, "a stack judges as it is configured", args...)
	}
	c.replay(exitFailed, "not both", "-dir", "elsewhere")
	c.replay(exitGood, "unsigned   1 judged again, 1 good now\n")
}

func TestReplayOfAnInbox(t *testing.T) {
	c := newCloud(t)
	c.takesReports(settings.ReportIntake{InboxBucket: inboxBucket})
	c.publish("example.com", mtasts.Policy{Mode: mtasts.ModeTesting, MX: []string{"mx1.example.com"}, MaxAge: 86400})
	reports := c.reports()
	const infected = "X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: FAIL\r\nX-SES-Virus-Verdict: PASS\r\n"
	for name, mail := range map[string]string{
		"signed":   "X-SES-Spam-Verdict: GRAY\r\nX-SES-Virus-Verdict: PASS\r\n" + dkimtest.Sign(t, mailFrom("northwind.example", "1"), "northwind.example"),
		"unsigned": mailFrom("northwind.example", "2"),
		"pretends": "X-SES-Virus-Verdict: PASS\r\n" + infected + mailFrom("northwind.example", "3"),
		"infected": infected + dkimtest.Sign(t, mailFrom("northwind.example", "4"), "northwind.example"),
		"away":     dkimtest.Sign(t, mailFrom("away.example", "5"), "away.example"),

		"AMAZON_SES_SETUP_NOTIFICATION": "Subject: Amazon SES Setup Notification\r\n\r\n",
	} {
		c.must(reports.Inbox.Create(t.Context(), settings.InboxPrefix+name, []byte(mail)))
	}
	c.must(reports.Inbox.Create(t.Context(), "elsewhere", []byte(mailFrom("northwind.example", "6"))))
	const rest = "     2 quarantined, unsigned\n     1 left unread, since SES has found a virus in it\n     1 not judged, try again later\n"
	c.replay(exitProblems, "     1 stored\n     0 duplicate\n"+rest, "-inbox")
	c.replay(exitProblems, "inbox/mail/infected: left unread, since SES has found a virus in it\n", "-inbox")
	c.replay(exitProblems, "     0 stored\n     1 duplicate\n"+rest, "-inbox", "-since", "2018-01-01")
	c.replay(exitGood, "     0 stored\n     0 duplicate\n", "-inbox", "-since", "2999-01-01")

	lines := c.lines(reports.Bucket, time.Now())
	if len(lines) != 1 || lines[0].TrustDomain != "northwind.example" {
		t.Errorf("kept %+v", lines)
	}
	kept := archive.Archive{Bucket: reports.Bucket}
	for key, err := range kept.InQuarantine(t.Context(), archive.ReasonUnsigned, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if q, err := kept.Quarantined(t.Context(), key); err != nil || strings.HasPrefix(string(q.Body), "X-SES") && q.Verdicts["virus"] != "PASS" {
			t.Errorf("%s: %+v, %v", key, q, err)
		}
	}
}

func TestReplayWithoutAnInbox(t *testing.T) {
	c := newCloud(t)
	c.takesReports(settings.ReportIntake{})
	c.replay(exitFailed, "the stack Sealpost takes in no mails, so it has no inbox", "-inbox")
	c.replay(exitFailed, "in the inbox nothing has a reason", "-inbox", "-reason", "unsigned")
	c.sealpost(exitFailed, []string{"a folder has no inbox"}, "replay", "-dir", newFolder(t), "-inbox")
}

// TestReplayOutOfReach: what is missing is named.
func TestReplayOutOfReach(t *testing.T) {
	c := newCloud(t)
	c.replay(exitFailed, "the environment variable SEALPOST_STATE_TABLE is missing; deploy the stack again")
	c.takesReports(settings.ReportIntake{InboxBucket: "gone"})
	c.replay(exitFailed, "the replay ended early: list the inbox: list \"inbox/mail/\" in bucket gone", "-inbox")
	var refused smithy.APIError = &smithy.GenericAPIError{Code: "AccessDenied"}
	for want, operation := range map[string][2]string{"s3:ListBucket": {"S3", "ListObjectsV2"}, "s3:DeleteObject": {"S3", "DeleteObject"}, "lambda:GetFunctionConfiguration": {"Lambda", "GetFunctionConfiguration"}} {
		err := stack.Explain(&smithy.OperationError{ServiceID: operation[0], OperationName: operation[1], Err: refused})
		if !strings.Contains(err.Error(), "lack the right "+want+":") {
			t.Errorf("%v; want the right %s", err, want)
		}
	}
}
