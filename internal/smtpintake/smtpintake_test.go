package smtpintake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/reportintake"
	"sealpost/internal/smtpintake"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

const report = `{"organization-name":"Northwind","date-range":{"start-datetime":"2026-11-16T00:00:00Z","end-datetime":"2026-11-16T23:59:59Z"},` +
	`"contact-info":"tls@northwind.example","report-id":"1","policies":[{"policy":{"policy-type":"no-policy-found","policy-domain":"meadow.example"},` +
	`"summary":{"total-successful-session-count":1,"total-failure-session-count":0}}]}`

// mail has the report as its body, on one line.
func mail() string {
	return "From: tls@northwind.example\r\nTo: reports@rpt.example\r\nSubject: Report Domain: meadow.example\r\n" +
		"Content-Type: application/tlsrpt+json\r\n\r\n" + report + "\r\n"
}

var zone = dkimtest.Zone{"northwind.example": true, "down.example": false}

// served is a server on the loopback address.
type served struct {
	t       *testing.T
	address string
	log     *log
}

// log is a log that may be read while it is written.
type log struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(line []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.Write(line)
}

func (l *log) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.String()
}

// serve listens until the test ends. Mails come when the last one was signed.
func serve(t *testing.T, bucket archive.Bucket, reportsDomain string, options ...reportintake.Option) served {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := new(log)
	intake := reportintake.New(archive.Archive{Bucket: bucket}, reportintake.Any{}, reportintake.Deaf{}, time.Now, append(options, reportintake.Resolver(zone))...)
	server := smtpintake.Server{Intake: intake, Log: slog.New(slog.NewTextHandler(log, nil)), ReportsDomain: reportsDomain}.New()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	return served{t, listener.Addr().String(), log}
}

// send sends a mail as a mail server does, and gives the code of the answer, 250
// or another.
func (s served) send(to, mail string) int {
	s.t.Helper()
	err := smtp.SendMail(s.address, nil, "tls@northwind.example", []string{to}, []byte(mail))
	var answer *textproto.Error
	switch {
	case err == nil:
		return 250
	case errors.As(err, &answer):
		return answer.Code
	default:
		s.t.Fatal(err)
		return 0
	}
}

func keysOf(t *testing.T, bucket archive.Bucket) string {
	t.Helper()
	var all []string
	for key, err := range bucket.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, key)
	}
	return strings.Join(all, "\n")
}

func TestWhatIsKept(t *testing.T) {
	signed := dkimtest.Sign(t, mail(), "northwind.example")
	long := strings.Replace(mail(), "\"Northwind\",", "\"Northwind\","+strings.Repeat(" ", 100_000), 1)
	for name, test := range map[string]struct {
		mail   string
		answer int
		kept   string // Part of a key; empty: nothing is.
		logged string
	}{
		"signed":         {signed, 250, "reports/v1/dt=", "status=stored"},
		"not signed":     {mail(), 250, "quarantine/v1/trust=none/reason=unsigned/", "reason=unsigned"},
		"no report":      {"From: a@b.example\r\n\r\n.Hello.\r\n..\r\n", 250, "quarantine/v1/trust=none/reason=no-report/", "reason=no-report"},
		"nothing at all": {"", 250, "quarantine/v1/trust=none/reason=no-report/", "reason=no-report"},
		"a broken one":   {strings.Replace(mail(), "{", "[", 1), 250, "quarantine/v1/trust=none/reason=invalid/", "reason=invalid"},
		"a long line":    {dkimtest.Sign(t, long, "northwind.example"), 250, "reports/v1/dt=", "status=stored"},
		"the key cannot be looked up": {
			dkimtest.Sign(t, strings.ReplaceAll(mail(), "northwind", "down"), "down.example"), 451, "", "name server does not answer"},
		"too much in it": {strings.Replace(mail(), "[{", "["+strings.Repeat("{},", tlsrpt.MaxValues)+"{", 1), 552, "", "status=refused"},
	} {
		t.Run(name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			s := serve(t, bucket, "")
			if got := s.send("reports@rpt.example", test.mail); got != test.answer {
				t.Errorf("the answer is %d, want %d; the log: %s", got, test.answer, s.log)
			}
			if kept := keysOf(t, bucket); !strings.Contains(kept, test.kept) || test.kept == "" && kept != "" {
				t.Errorf("kept %q, want %q", kept, test.kept)
			}
			if n := strings.Count(s.log.String(), "\n"); n != 1 || !strings.Contains(s.log.String(), test.logged) {
				t.Errorf("the log has %d lines, want one with %q: %s", n, test.logged, s.log)
			}
		})
	}
}

// TestBytesAreKeptAsTheyCame: dots are doubled on the way, and taken off again.
func TestBytesAreKeptAsTheyCame(t *testing.T) {
	bucket := new(storetest.Memory)
	const text = "From: a@b.example\r\n\r\n.one\r\n..two\r\n.\r\n\xff\r\n"
	serve(t, bucket, "").send("a@b.example", text)
	for key, err := range bucket.List(t.Context(), archive.QuarantinePrefix(archive.TrustNone, archive.ReasonNoReport)) {
		if err != nil {
			t.Fatal(err)
		}
		value, err := bucket.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(key, ".problems.json") && string(value) != text {
			t.Errorf("kept %q, want %q", value, text)
		}
	}
}

func TestRecipients(t *testing.T) {
	for _, test := range []struct {
		domain, to string
		answer     int
	}{
		{"", "anybody@anywhere.example", 250},
		{"rpt.example", "reports@rpt.example", 250},
		{"rpt.example", "anything+else@RPT.example", 250},
		{"rpt.example", "postmaster@rpt.example", 250},
		{"rpt.example", "reports@elsewhere.example", 550},
		{"rpt.example", "reports@sub.rpt.example", 550},
		{"rpt.example", "\"a@rpt.example\"@elsewhere.example", 550},
		{"rpt.example", "reports", 501},
	} {
		if got := serve(t, new(storetest.Memory), test.domain).send(test.to, mail()); got != test.answer {
			t.Errorf("for %s, to %s: %d, want %d", test.domain, test.to, got, test.answer)
		}
	}
}

// full is a bucket that nothing can be written to.
type full struct{ *storetest.Memory }

func (full) Create(context.Context, string, []byte) (bool, error) { return false, storetest.ErrFailed }

func TestAFailingArchiveIsTemporary(t *testing.T) {
	s := serve(t, full{new(storetest.Memory)}, "")
	for _, m := range []string{mail(), dkimtest.Sign(t, mail(), "northwind.example"), "Subject: nothing\r\n\r\n"} {
		if got := s.send("reports@rpt.example", m); got != 451 {
			t.Errorf("the answer is %d, want 451", got)
		}
	}
}

// dial opens a connection that a test speaks on by itself.
func (s served) dial() *textproto.Conn {
	s.t.Helper()
	connection, err := textproto.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { connection.Close() })
	s.expect(connection, 220)
	return connection
}

func (s served) expect(connection *textproto.Conn, code int) {
	s.t.Helper()
	if _, _, err := connection.ReadResponse(code); err != nil {
		s.t.Errorf("want %d: %v", code, err)
	}
}

func (s served) say(connection *textproto.Conn, code int, format string, args ...any) {
	s.t.Helper()
	if err := connection.PrintfLine(format, args...); err != nil {
		s.t.Fatal(err)
	}
	s.expect(connection, code)
}

func TestWhatDoesNotComeWhole(t *testing.T) {
	bucket := new(storetest.Memory)
	s := serve(t, bucket, "")
	connection := s.dial()
	s.say(connection, 250, "EHLO northwind.example")
	s.say(connection, 250, "MAIL FROM:<>")
	s.say(connection, 250, "RCPT TO:<reports@rpt.example>")
	s.say(connection, 354, "DATA")
	if err := connection.PrintfLine("%s", mail()); err != nil {
		t.Fatal(err)
	}
	connection.Close()
	// The next one is answered after it: nothing of the first is kept by then.
	if got := s.send("reports@rpt.example", dkimtest.Sign(t, mail(), "northwind.example")); got != 250 {
		t.Errorf("the answer to the next is %d", got)
	}
	if kept := keysOf(t, bucket); strings.Contains(kept, "quarantine") {
		t.Errorf("kept %s", kept)
	}
}

func TestTooLargeIsToldBeforeItComes(t *testing.T) {
	s := serve(t, new(storetest.Memory), "")
	connection := s.dial()
	s.say(connection, 250, "EHLO northwind.example")
	s.say(connection, 552, "MAIL FROM:<> SIZE=%d", tlsrpt.MaxMail+1)
	s.say(connection, 250, "MAIL FROM:<> SIZE=%d BODY=8BITMIME SMTPUTF8", tlsrpt.MaxMail)
	s.say(connection, 502, "STARTTLS")
}

func TestTooLargeIsToldWhenItComes(t *testing.T) {
	bucket := new(storetest.Memory)
	s := serve(t, bucket, "")
	if got := s.send("reports@rpt.example", mail()+strings.Repeat("0123456789abcde\n", tlsrpt.MaxMail/16)); got != 552 {
		t.Errorf("the answer is %d, want 552", got)
	}
	if kept := keysOf(t, bucket); kept != "" {
		t.Errorf("kept %s", kept)
	}
}

// TestChunks: RFC 3030 lets senders send a mail in pieces.
func TestChunks(t *testing.T) {
	bucket := new(storetest.Memory)
	s := serve(t, bucket, "")
	connection := s.dial()
	signed := dkimtest.Sign(t, mail(), "northwind.example")
	s.say(connection, 250, "EHLO northwind.example")
	s.say(connection, 250, "MAIL FROM:<>")
	s.say(connection, 250, "RCPT TO:<reports@rpt.example>")
	for _, piece := range []struct{ text, last string }{{signed[:100], ""}, {signed[100:], " LAST"}} {
		if _, err := fmt.Fprintf(connection.W, "BDAT %d%s\r\n%s", len(piece.text), piece.last, piece.text); err != nil {
			t.Fatal(err)
		}
		if err := connection.W.Flush(); err != nil {
			t.Fatal(err)
		}
		s.expect(connection, 250)
	}
	if kept := keysOf(t, bucket); !strings.Contains(kept, "reports/v1/") {
		t.Errorf("kept %s", kept)
	}
}

// chunk sends a chunk of a mail (RFC 3030).
func (s served) chunk(connection *textproto.Conn, code int, text, last string) {
	s.t.Helper()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		fmt.Fprintf(connection.W, "BDAT %d%s\r\n%s", len(text), last, text) //nolint:errcheck // The answer tells.
		connection.W.Flush()                                                //nolint:errcheck
	}()
	s.expect(connection, code)
	<-sent
}

// TestLinesInChunks: those of a mail have any length, and commands between its
// chunks do not.
func TestLinesInChunks(t *testing.T) {
	bucket := new(storetest.Memory)
	s := serve(t, bucket, "")
	connection := s.dial()
	s.say(connection, 250, "EHLO northwind.example")
	s.say(connection, 250, "MAIL FROM:<>")
	s.say(connection, 250, "RCPT TO:<reports@rpt.example>")
	long := strings.Repeat("x", 3<<20)
	for range 3 {
		s.chunk(connection, 250, long, "")
	}
	s.chunk(connection, 250, "x", " LAST")
	if kept := keysOf(t, bucket); !strings.Contains(kept, "quarantine/v1/") {
		t.Errorf("kept %s", kept)
	}
	s.say(connection, 250, "MAIL FROM:<>")
	s.say(connection, 250, "RCPT TO:<reports@rpt.example>")
	s.chunk(connection, 250, "x", "")
	go connection.PrintfLine("%s", long) // The server may close the connection before it has read all.
	s.expect(connection, 500)
}

// TestRefusedChunks: a mail that there is no room for is answered when all of it
// has come, and the next one after it.
func TestRefusedChunks(t *testing.T) {
	bucket, budget := new(storetest.Memory), reportintake.NewBudget(0, time.Second)
	s := serve(t, bucket, "", reportintake.WithBudget(budget))
	other := reportintake.New(archive.Archive{Bucket: bucket}, reportintake.Any{}, reportintake.Deaf{}, time.Now, reportintake.WithBudget(budget))
	held, err := other.ReadMail(t.Context(), bytes.NewReader(make([]byte, 20<<20)), 20<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	connection := s.dial()
	s.say(connection, 250, "EHLO northwind.example")
	for range 2 {
		s.say(connection, 250, "MAIL FROM:<>")
		s.say(connection, 250, "RCPT TO:<reports@rpt.example>")
		s.chunk(connection, 250, strings.Repeat("x", 3<<20), "")
		s.chunk(connection, 451, strings.Repeat("x", 3<<20), " LAST")
	}
}

// TestMailsOfAConnection are bounded, also those that come to nothing, and the next
// connection may send more.
func TestMailsOfAConnection(t *testing.T) {
	s := serve(t, new(storetest.Memory), "")
	connection := s.dial()
	s.say(connection, 250, "EHLO northwind.example")
	for i := range 100 {
		s.say(connection, 250, "MAIL FROM:<>")
		s.say(connection, 250, "RCPT TO:<reports@rpt.example>")
		if i == 99 { // Not before: go-smtp gives the result of a mail that was reset to the next one in chunks.
			s.say(connection, 250, "BDAT 0")
		}
		s.say(connection, 250, "RSET")
	}
	s.say(connection, 250, "EHLO northwind.example")
	s.say(connection, 421, "MAIL FROM:<>")
	s.say(connection, 502, "BDAT 0")
	if got := s.send("reports@rpt.example", mail()); got != 250 {
		t.Errorf("the next connection is answered with %d", got)
	}
}

// TestIdleConnectionsKeepNobodyOut fills all places with connections that say
// nothing, or nothing that matters.
func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	bucket := new(storetest.Memory)
	s := serve(t, bucket, "")
	for i := range 70 {
		connection := s.dial()
		if i%2 == 0 {
			s.say(connection, 250, "EHLO northwind.example")
			s.say(connection, 250, "NOOP")
		}
	}
	if got := s.send("reports@rpt.example", dkimtest.Sign(t, mail(), "northwind.example")); got != 250 {
		t.Errorf("the answer is %d", got)
	}
}

func TestCommandsAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		command string
		answer  int
	}{
		"a line without end":   {strings.Repeat("x", 1<<20), 500},
		"a long sender":        {"MAIL FROM:<" + strings.Repeat("x", 2000) + "@northwind.example>", 501},
		"a sender that is not": {"MAIL FROM:<tls@northwind.example>", 250},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, new(storetest.Memory), "")
			connection := s.dial()
			s.say(connection, 250, "EHLO northwind.example")
			go connection.PrintfLine("%s", test.command) // The server may close the connection before it has read all.
			s.expect(connection, test.answer)
		})
	}
}
