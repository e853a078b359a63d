package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sealpost/internal/dkim/dkimtest"
)

// mailbox is a mail server that keeps what it takes, and does with the next mail
// what it is told to.
type mailbox struct {
	address string

	lock   sync.Mutex
	mails  []string
	ending error // What the next mail ends with; errBreakOff breaks the connection.
}

var errBreakOff = errors.New("break off")

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &mailbox{address: listener.Addr().String()}
	server := smtp.NewServer(b)
	go server.Serve(listener) //nolint:errcheck // It ends with the test.
	t.Cleanup(func() { server.Close() })
	return b
}

// taken gives the mails that it took.
func (b *mailbox) taken() []string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return slices.Clone(b.mails)
}

// endNext has the next mail end so.
func (b *mailbox) endNext(err error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.ending = err
}

// NewSession implements smtp.Backend.
func (b *mailbox) NewSession(c *smtp.Conn) (smtp.Session, error) { return &delivery{b, c, nil}, nil }

// delivery is a mail on its way into the mailbox.
type delivery struct {
	box        *mailbox
	connection *smtp.Conn
	envelope   []string
}

func (d *delivery) Reset()        { d.envelope = nil }
func (d *delivery) Logout() error { return nil }

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.envelope = append(d.envelope, from)
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, Message: "nobody is here"}
	}
	d.envelope = append(d.envelope, to)
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.box.lock.Lock()
	defer d.box.lock.Unlock()
	ending := d.box.ending
	d.box.ending = nil
	if ending == nil || errors.Is(ending, errBreakOff) {
		d.box.mails = append(d.box.mails, strings.Join(d.envelope, " ")+"\n"+string(text))
	}
	if errors.Is(ending, errBreakOff) {
		d.connection.Close() //nolint:errcheck // That is what it is for.
	}
	return ending
}

// sealpost runs a command at a time, and wants it to end with code and to say
// that.
func sealpost(t *testing.T, now time.Time, code int, said string, args ...string) {
	t.Helper()
	var out strings.Builder
	got := run(context.Background(), terminal{name: "sealpost", stdout: &out, stderr: &out, now: func() time.Time { return now }}, args)
	if got != code || !strings.Contains(out.String(), said) {
		t.Errorf("%q ended with %d, and said:\n%s\nwant %d and %q", args, got, out.String(), code, said)
	}
}

// newFolder is one of sealpost local, in which nothing is hosted.
func newFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "policies"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestDigestByAMailServer: once a week, unless somebody orders another.
func TestDigestByAMailServer(t *testing.T) {
	dir, box, now := newFolder(t), newMailbox(t), time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)
	send := func(code int, said string, more ...string) {
		t.Helper()
		sealpost(t, now, code, said, append([]string{"digest", "-dir", dir, "-smtp", box.address, "-from", "Sealpost <tls@example.com>",
			"-to", "a@example.com", "-to", "Bea <b@example.com>"}, more...)...)
	}
	wantMails := func(n int) {
		t.Helper()
		if mails := box.taken(); len(mails) != n {
			t.Fatalf("%d mails; want %d", len(mails), n)
		}
	}
	send(exitGood, "The digest of week 2026-W47 was mailed to a@example.com, Bea <b@example.com>.", "-send")
	wantMails(1)
	if mail := box.taken()[0]; !strings.HasPrefix(mail, "tls@example.com a@example.com b@example.com\n") || !strings.Contains(mail, "Message-ID: <tlsrpt-digest.2026-W47.all.1@example.com>\r\n") ||
		!strings.Contains(mail, "List-Unsubscribe: <mailto:tls@example.com?subject=unsubscribe>\r\n") {
		t.Errorf("the mail is\n%s", mail)
	}
	for _, ending := range []string{"txt", "html", "json"} {
		if _, err := os.Stat(filepath.Join(dir, "digests", "2026-W47", "all."+ending)); err != nil {
			t.Error(err)
		}
	}
	send(exitGood, "was mailed before, on 24 November 2026, 08:00 UTC. To mail it again to a@example.com, Bea <b@example.com>, add -resend.\n", "-send")
	wantMails(1)
	send(exitGood, "was mailed to", "-resend")
	wantMails(2)
	send(exitFailed, "week 2026-W48 is not over", "-send", "-week", "2026-W48")

	box.endNext(&smtp.SMTPError{Code: 554, Message: "too many pictures"})
	send(exitFailed, "mail the digest of week 2026-W46: no mail was sent: the mail server "+box.address+": SMTP error 554: too many pictures", "-send", "-week", "2026-W46")
	send(exitFailed, "nobody is here", "-send", "-week", "2026-W46", "-to", "nobody@example.com")
	wantMails(2)
	send(exitGood, "was mailed to", "-send", "-week", "2026-W46")
	wantMails(3)

	box.endNext(errBreakOff)
	again := "sealpost digest -resend -dir " + dir + " -week 2026-W45 -smtp " + box.address + " -from 'Sealpost <tls@example.com>' -to a@example.com -to 'Bea <b@example.com>'\n"
	const look = "the mail may have gone out all the same: look whether it has arrived, and if not, mail it again "
	send(exitFailed, "the mail server "+box.address+" broke off before it said whether it took the mail; "+look+"after 24 November 2026, 08:02:00 UTC with: "+again, "-send", "-week", "2026-W45")
	wantMails(4)
	send(exitFailed, "a run that began on 24 November 2026, 08:00:00 UTC to mail the digest of week 2026-W45 has not said how it ended, and may be at work until 24 November 2026, 08:02:00 UTC: run this again then", "-resend", "-week", "2026-W45")
	now = now.Add(time.Hour)
	send(exitFailed, "a run that began on 24 November 2026, 08:00:00 UTC to mail the digest of week 2026-W45 has never said how it ended; "+look+"with: "+again, "-send", "-week", "2026-W45")
	wantMails(4)
	send(exitGood, "was mailed to", "-resend", "-week", "2026-W45", "-audience", "all")
	wantMails(5)

	box.address = "127.0.0.1:1"
	send(exitFailed, "no mail was sent", "-send", "-week", "2026-W44")
}

func TestDigestOptions(t *testing.T) {
	dir, now := newFolder(t), time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		said string
		args []string
	}{
		{"such as -smtp localhost:25 -from", []string{"-send"}},
		{"name your mail server with -smtp and the recipients with -to, such as", []string{"-send", "-from", "a@example.com"}},
		{"name the recipients with -to, such as", []string{"-resend", "-smtp", "localhost:25", "-from", "a@example.com"}},
		{`-smtp is "localhost"; it takes a host and a port, such as localhost:25; see: sealpost digest -h`, []string{"-send", "-smtp", "localhost", "-from", "a@example.com", "-to", "b@example.com"}},
		{`-smtp is ":25"; it takes a host and a port`, []string{"-send", "-smtp", ":25", "-from", "a@example.com", "-to", "b@example.com"}},
		{`-from is "nonsense"; it takes one mail address`, []string{"-send", "-smtp", "localhost:25", "-from", "nonsense", "-to", "b@example.com"}},
		{`-to is "c@example.com, x"; it takes one mail address, such as postmaster@example.com, and may be given again; see: sealpost digest -h`,
			[]string{"-send", "-smtp", "localhost:25", "-from", "a@example.com", "-to", "b@example.com", "-to", "c@example.com, x"}},
		{"are for -send or -resend", []string{"-to", "b@example.com"}},
		{"are for -send or -resend of a folder's digest", []string{"-stack", "Sealpost", "-send", "-to", "b@example.com"}},
		{"leave -html and -json out", []string{"-send", "-json"}},
		{"name one", []string{"-html", "page.html", "-json"}},
		{"-audience is for a stack", []string{"-audience", "shop"}},
		{"-quarantine-days is for a folder", []string{"-stack", "Sealpost", "-quarantine-days", "30"}},
		{"it takes a whole number from 1 to 3653", []string{"-quarantine-days", "0"}},
		{"-accept is for a folder", []string{"-stack", "Sealpost", "-accept", "any"}},
	} {
		args := append([]string{"digest"}, test.args...)
		if test.args[0] != "-stack" {
			args = append(args, "-dir", dir)
		}
		sealpost(t, now, exitFailed, test.said, args...)
	}
}

// TestLateIsWhatNoMailHad: what is printed holds for late what a mail would.
func TestLateIsWhatNoMailHad(t *testing.T) {
	dir, box := newFolder(t), newMailbox(t)
	report := filepath.Join(dir, "report.json")
	if err := os.WriteFile(report, []byte(`{"organization-name": "Lark Mail", "report-id": "1", "contact-info": "tls@lark.example",
		"date-range": {"start-datetime": "2026-11-18T00:00:00Z", "end-datetime": "2026-11-18T23:59:59Z"},
		"policies": [{"policy": {"policy-type": "no-policy-found", "policy-domain": "meadow.example"},
			"summary": {"total-successful-session-count": 1, "total-failure-session-count": 0}}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	tuesday := time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC)
	next := func(said string) {
		t.Helper()
		sealpost(t, tuesday.AddDate(0, 0, 7), exitGood, said, "digest", "-dir", dir, "-accept", "any", "-week", "2026-W48", "-json")
	}
	sealpost(t, tuesday, exitGood, "1 stored", "report", "import", "-dir", dir, "-accept", "any", report)
	next(`"late_reports": 1,`)
	sealpost(t, tuesday.Add(time.Hour), exitGood, "was mailed to", "digest", "-dir", dir, "-accept", "any", "-send", "-smtp", box.address, "-from", "tls@example.com", "-to", "a@example.com")
	next(`"late_reports": 0,`)
}

// TestTheDigestOfAStack: the function mails it, and what was mailed can be read.
func TestTheDigestOfAStack(t *testing.T) {
	c := newCloud(t)
	c.answers = map[string]string{
		`{"week":"2026-W47"}`: `{"outcomes":[{"week":"2026-W47","audience":"all","recipients":["a@example.com"],"sent":true,"now":true,"at":"2026-11-24T08:00:00Z"},
			{"week":"2026-W47","audience":"shop","recipients":["b@example.com"],"sent":true,"now":false,"at":"2026-11-24T08:00:00Z"}],"remark":"It is in the sandbox"}`,
		`{"week":"2026-W47","audience":"shop","resend":true}`: `{"outcomes":[{"week":"2026-W47","audience":"shop","recipients":["b@example.com"],"sent":true,"now":true,"at":"2026-11-24T08:00:00Z"}]}`,
	}
	if err := c.objects.CreateBucket(t.Context(), "digests-and-reports"); err != nil {
		t.Fatal(err)
	}
	for ending, text := range map[string]string{"all.txt": "as text\n", "shop.json": "{}\n", "all.html": "<html>\n"} {
		_, err := c.objects.PutObject(t.Context(), "digests-and-reports", "digests/2026-W47/"+ending, nil, strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
	}
	digest := func(code int, said []string, more ...string) {
		t.Helper()
		c.sealpost(code, said, append([]string{"digest", "-stack", "Sealpost", "-week", "2026-W47"}, more...)...)
	}
	digest(exitGood, []string{"for the audience all was mailed to a@example.com.\n", "for the audience shop was mailed before, on 24 November 2026, 08:00 UTC. To mail it again to b@example.com, add -resend -audience shop.\n",
		"It is in the sandbox.\n"}, "-send")
	digest(exitGood, []string{"for the audience shop was mailed to b@example.com.\n"}, "-resend", "-audience", "shop")
	digest(exitFailed, []string{"sealpost: in doubt: sealpost digest -resend -stack Sealpost\n"}, "-send", "-audience", "doubt")
	digest(exitGood, []string{"as text\n"})
	digest(exitGood, []string{"{}\n"}, "-json", "-audience", "shop")
	digest(exitFailed, []string{"no digest of week 2026-W47 was mailed to the audience other"}, "-audience", "other")
	file := filepath.Join(t.TempDir(), "week.html")
	digest(exitGood, nil, "-html", file)
	if page, err := os.ReadFile(file); err != nil || string(page) != "<html>\n" {
		t.Errorf("the page is %q, %v", page, err)
	}
	c.refuse("AccessDenied")
	digest(exitFailed, []string{"lack the right"}, "-send")
}

// TestALostAnswer: what may be mailed twice is not asked for twice.
func TestALostAnswer(t *testing.T) {
	c := newCloud(t)
	c.lost = true
	for option, want := range map[string]int{"-send": 2, "-resend": 1} {
		c.called = 0
		c.sealpost(exitFailed, []string{"call the function"}, "digest", "-stack", "Sealpost", "-week", "2026-W47", option)
		if c.called != want {
			t.Errorf("%s called the function %d times, want %d", option, c.called, want)
		}
	}
}

// TestOlderDigestsAreListed: those that were mailed.
func TestOlderDigestsAreListed(t *testing.T) {
	now := time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)
	s := startWithClock(t, t.TempDir(), func() time.Time { return now })
	s.write("digests/2020-W10/all.html", "<html>\n")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/digest", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, page := s.do(request)
	for _, want := range []string{"?week=2020-W10", "?week=2026-W48"} {
		if status != http.StatusOK || strings.Count(page, want) != 1 {
			t.Errorf("%d, and the page has %s %d times; want it once", status, want, strings.Count(page, want))
		}
	}
}

// signedMail mails a report as sender.example, whose key is in the DNS of a folder.
func signedMail(t *testing.T, dir, report string) []byte {
	t.Helper()
	name := dkimtest.Selector + "._domainkey.sender.example"
	key, err := dkimtest.Zone{"sender.example": true}.TXT(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	zone := filepath.Join(dir, "zone")
	if err := errors.Join(os.MkdirAll(zone, 0o755), os.WriteFile(filepath.Join(zone, name+".TXT"), []byte(key[0]+"\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	text := "From: tls-reports@sender.example\nContent-Type: application/tlsrpt+json\n\n" + report
	return []byte(dkimtest.Sign(t, strings.ReplaceAll(text, "\n", "\r\n"), "sender.example"))
}

// enforcing starts a server with example.com in mode enforce, and gives a report of
// failures under that mode.
func enforcing(t *testing.T) (s *service, report string) {
	t.Helper()
	s = start(t, t.TempDir())
	s.edit("example.com", `{"domain": "example.com", "mode": "enforce", "mx": ["mx1.example.com", "mx2.example.com"],
		"override": {"reason": "test", "until": "2100-01-01T00:00:00Z", "rules": ["testing-first", "mx-covered", "mx-still-listed"]}}`)
	s.await("example.com: PUBLISHED, mode enforce")
	return s, strings.Replace(string(s.read("example-report.json")), "mode: testing", "mode: enforce", 1)
}

// TestReplayTells: what is good only now is told now, once, however many say it,
// unless it is old.
func TestReplayTells(t *testing.T) {
	s, undated := enforcing(t)
	of := func(day time.Time) string {
		return regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T`).ReplaceAllString(undated, day.Format("2006-01-02T"))
	}
	var mails [][]byte
	report, old := of(time.Now().UTC().AddDate(0, 0, -1)), of(time.Now().UTC().AddDate(0, 0, -9))
	mails = append(mails, signedMail(t, s.dir, strings.Replace(old, "certificate-expired", "certificate-not-trusted", 1)))
	for _, id := range []string{"a", "b", "c", "d"} {
		mails = append(mails, signedMail(t, s.dir, strings.Replace(report, `"report-id": "`, `"report-id": "`+id, 1)))
	}
	key := filepath.Join(s.dir, "zone", dkimtest.Selector+"._domainkey.sender.example.TXT")
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	for _, mail := range mails {
		s.wantMail(250, "reports@reports.example", mail)
	}
	if err := os.Rename(key+".away", key); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	code := run(t.Context(), terminal{name: "sealpost", stdout: &out, stderr: &out, now: time.Now}, []string{"replay", "-dir", s.dir})
	const told = "[TLS-RPT] example.com: certificate-expired at a.backup.example.com"
	if code != exitGood || strings.Count(out.String(), told) != 1 || strings.Contains(out.String(), "not-trusted") ||
		!strings.Contains(out.String(), "unsigned   5 judged again, 5 good now\n") {
		t.Errorf("replay ended with %d, and said\n%s", code, out.String())
	}
}

// TestFailuresAreTold: at once, once, and only by reports that are signed.
func TestFailuresAreTold(t *testing.T) {
	s, report := enforcing(t)
	if status, answer := s.post(report); status != 201 {
		t.Fatalf("POST: %d %s", status, answer)
	}
	for range 2 {
		s.wantMail(250, "reports@reports.example", signedMail(t, s.dir, report))
	}
	s.edit("example.com", "{")
	told := 0
	for line := ""; !strings.Contains(line, "has problems"); {
		line = s.await("example.com: ")
		if strings.Contains(line, "[TLS-RPT] example.com: certificate-expired at a.backup.example.com") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times; want once", told)
	}
}
