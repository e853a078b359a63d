package digest_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/digest"
)

var envelope = digest.Envelope{
	From:      "Sealpost <digest@example.com>",
	To:        []string{"postmaster@example.com", "\"Bj\u00f6rk, Security\" <security@example.net>"},
	Date:      time.Date(2026, time.November, 24, 8, 0, 0, 0, time.FixedZone("", 3600)),
	MessageID: "2026-W47@example.com",
}

func TestMessage(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			d := sum(t, s.hosted, s.lines)
			raw, err := digest.Message(d, envelope)
			check(t, err)
			wellFormed(t, raw)
			message, err := mail.ReadMessage(bytes.NewReader(raw))
			check(t, err)
			var text, html bytes.Buffer
			check(t, d.Text(&text))
			check(t, d.HTML(&html, digest.Options{}))
			want := []part{{"text/plain; charset=utf-8", text.String()}, {"text/html; charset=utf-8", html.String()}}
			if got := parts(t, message); !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if s.name == "failing" {
				golden(t, "failing.eml", raw)
			}
		})
	}
}

// wellFormed checks what every server on a mail's way can take.
func wellFormed(t *testing.T, raw []byte) {
	t.Helper()
	for line := range bytes.Lines(raw) {
		if text, ended := bytes.CutSuffix(line, []byte("\r\n")); !ended || len(text) > 78 || bytes.ContainsAny(text, "\r\n") {
			t.Errorf("a line of %d characters: %q", len(line), line)
		}
	}
	for _, c := range raw {
		if c > '~' {
			t.Fatalf("there is a byte %#x", c)
		}
	}
}

type part struct{ mediaType, content string }

// parts reads a mail as mail programs do.
func parts(t *testing.T, message *mail.Message) []part {
	t.Helper()
	mediaType, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	check(t, err)
	if mediaType != "multipart/alternative" {
		t.Fatalf("the message is %s", mediaType)
	}
	var list []part
	for reader := multipart.NewReader(message.Body, parameters["boundary"]); ; {
		p, err := reader.NextPart() // It decodes quoted-printable.
		if errors.Is(err, io.EOF) {
			return list
		}
		check(t, err)
		content, err := io.ReadAll(p)
		check(t, err)
		list = append(list, part{p.Header.Get("Content-Type"), strings.ReplaceAll(string(content), "\r\n", "\n")})
	}
}

func TestMessageHeader(t *testing.T) {
	raw, err := digest.Message(sum(t, []string{"example.com"}, nil), envelope)
	check(t, err)
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	check(t, err)
	for name, want := range map[string]string{
		"Subject":          "[TLS-RPT] 2026-W47: 1 domain, no report",
		"Message-Id":       "<2026-W47@example.com>",
		"List-Id":          "TLS reports <tls-rpt.example.com>",
		"List-Unsubscribe": "<mailto:digest@example.com?subject=unsubscribe>",
		"Auto-Submitted":   "auto-generated",
		"Mime-Version":     "1.0",
	} {
		if got := message.Header[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
	date, err := message.Header.Date()
	if err != nil || !date.Equal(envelope.Date) {
		t.Errorf("the date is %v, %v; want %v", date, err, envelope.Date)
	}
	to, err := message.Header.AddressList("To")
	check(t, err)
	if len(to) != 2 || *to[1] != (mail.Address{Name: "Bj\u00f6rk, Security", Address: "security@example.net"}) {
		t.Errorf("the recipients are %v", to)
	}
}

// TestUnsubscribe: the URL holds whatever an address may hold (RFC 6068, section 2).
func TestUnsubscribe(t *testing.T) {
	for address, want := range map[string]string{
		"":                                 "<mailto:digest@example.com?subject=unsubscribe>",
		"noc+tls@example.net":              "<mailto:noc+tls@example.net?subject=unsubscribe>",
		"Postmaster <a/b?c%d@example.net>": "<mailto:a%2Fb%3Fc%25d@example.net?subject=unsubscribe>",
	} {
		e := envelope
		e.Unsubscribe = address
		raw, err := digest.Message(sum(t, []string{"example.com"}, nil), e)
		check(t, err)
		message, err := mail.ReadMessage(bytes.NewReader(raw))
		check(t, err)
		if got := message.Header.Get("List-Unsubscribe"); got != want {
			t.Errorf("%q: %s; want %s", address, got, want)
		}
	}
}

// TestFieldsStayFields: what is configured badly is an error, and no field more.
func TestFieldsStayFields(t *testing.T) {
	for name, change := range map[string]func(*digest.Envelope){
		"no sender":            func(e *digest.Envelope) { e.From = "" },
		"sender of two lines":  func(e *digest.Envelope) { e.From = "digest@example.com\r\nBcc: x@example.org" },
		"sender beyond ASCII":  func(e *digest.Envelope) { e.From = "digest@b\u00fccher.example" },
		"unsubscribe where":    func(e *digest.Envelope) { e.Unsubscribe = "postmaster" },
		"no recipient":         func(e *digest.Envelope) { e.To = nil },
		"two in one recipient": func(e *digest.Envelope) { e.To = []string{"a@example.com, b@example.com"} },
		"recipient, two lines": func(e *digest.Envelope) { e.To = []string{"a@example.com", "A\n <a@example.com>\nX: y"} },
		"no id":                func(e *digest.Envelope) { e.MessageID = "" },
		"id without a domain":  func(e *digest.Envelope) { e.MessageID = "2026-W47" },
		"id in brackets":       func(e *digest.Envelope) { e.MessageID = "<2026-W47@example.com>" },
		"id of two lines":      func(e *digest.Envelope) { e.MessageID = "2026-W47@example.com>\r\nX: <a@b" },
	} {
		t.Run(name, func(t *testing.T) {
			e := envelope
			change(&e)
			if raw, err := digest.Message(sum(t, nil, nil), e); err == nil {
				t.Errorf("got:\n%.400s", raw)
			}
		})
	}
}

// FuzzEnvelope: whatever is configured is refused, or stands in its own field.
func FuzzEnvelope(f *testing.F) {
	f.Add("digest@example.com", "postmaster@example.com", "2026-W47@example.com")
	f.Add("A\tB <a@b>", `"x\"y, z"@example.com`, `"a b"@[192.0.2.1]`)
	f.Add("=?utf-8?q?a=0D=0ABcc:_x?= <a@b>", "\u202e\u2028 <a@b> (comment)", "a@b\r\n c")
	f.Fuzz(func(t *testing.T, from, to, id string) {
		raw, err := digest.Message(digest.Digest{Week: week}, digest.Envelope{From: from, To: []string{to, to}, MessageID: id, Unsubscribe: to})
		if err != nil {
			return
		}
		message, err := mail.ReadMessage(bytes.NewReader(raw))
		check(t, err)
		if len(message.Header) != 10 || message.Header.Get("Message-ID") != "<"+id+">" {
			t.Errorf("the header is %q", message.Header)
		}
		for name, want := range map[string]int{"From": 1, "To": 2} {
			if list, err := message.Header.AddressList(name); err != nil || len(list) != want {
				t.Errorf("%s is %q: %v, %v; want %d", name, message.Header[name], list, err, want)
			}
		}
		if len(parts(t, message)) != 2 {
			t.Error("the parts are lost")
		}
	})
}

func TestSubject(t *testing.T) {
	domains := func(domains ...digest.Domain) digest.Digest { return digest.Digest{Week: week, Domains: domains} }
	failing, odd := asks("a.example", digest.Failing, digest.Act), asks("b.example", digest.SaidToFail, digest.Look)
	silent, good := asks("c.example", digest.NoReport, ""), asks("d.example", digest.NoFailure, "")
	damaged := domains(good)
	damaged.Findings = []digest.Finding{{Kind: digest.KindUnreadable, Urgency: digest.Look}}
	for _, test := range []struct {
		digest digest.Digest
		want   string
	}{
		{domains(), "no domains, no report"},
		{domains(good), "1 domain, no failure"},
		{domains(silent), "1 domain, no report"},
		{domains(silent, silent), "2 domains, no report"},
		{domains(silent, good), "2 domains, 1 without a report"},
		{domains(odd, silent, good), "3 domains, 1 to look at"},
		{domains(failing, odd, silent), "3 domains, 1 needs action"},
		{domains(slices.Repeat([]digest.Domain{failing}, 1000)...), "1,000 domains, 1,000 need action"},
		{damaged, "1 domain, the archive to look at"},
	} {
		if got, want := test.digest.Subject(), "[TLS-RPT] 2026-W47: "+test.want; got != want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
}
