package dkim_test

import (
	"bufio"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	library "github.com/emersion/go-msgauth/dkim"

	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/message"
)

// choices are how a mail is made and signed, one bit or two for each.
type choices uint32

// pick returns one of some, by the next bits.
func (c *choices) pick(n uint32) int {
	chosen := uint32(*c) % n
	*c /= choices(n)
	return int(chosen)
}

// mailBy makes a signed mail: fields beside the usual ones, a text, and what is
// chosen of all that signers do. One byte of it may be changed afterwards.
func mailBy(tb testing.TB, c choices, fields, body string, change uint16) (mail string, selector string) {
	tb.Helper()
	kinds := []string{"simple", "relaxed"}
	key, selector := crypto.Signer(ed), "ed"
	if c.pick(2) == 1 {
		key, selector = rsa1024(), "rsa"
	}
	s := dkimtest.Signing{Domain: author, Selector: selector, Key: key, At: received, C: kinds[c.pick(2)] + "/" + kinds[c.pick(2)]}
	if s.C == "relaxed/simple" && c.pick(2) == 1 {
		s.C = "relaxed"
	}
	s.Fields = [][]string{
		{"From"}, {"From", "From", "To", "Subject"}, {"from", "subject", "subject", "SUBJECT", "x-a"}, {" From\r\n ", "\tX-A\r\n\t", "Reply-To", "x-a", "Subject "},
	}[c.pick(4)]
	s.Tags = []string{"", "q=dns/txt; ", "z=From:a@b|Subject:c=3Bd; ", "i=a@mail.northwind.example; "}[c.pick(4)]
	s.Tags += []string{"", fmt.Sprintf("x=%d; ", received.AddDate(200, 0, 0).Unix()), fmt.Sprintf("\r\n\tx = %d ;", received.Add(time.Hour).Unix()), "\r\n  unknown=b=a; "}[c.pick(4)]
	s.Length = []int{0, 0, 0, 1 + len(body)/2}[c.pick(4)]
	mail = s.Sign(tb, "From: a@"+author+"\r\nSubject: one  two\r\n\tthree \r\n"+fields+"\r\n\r\n"+body)
	if change > 0 {
		at := int(change) * 7 % len(mail)
		mail = mail[:at] + string(mail[at]^byte(1+change%3)) + mail[at+1:]
	}
	return mail, selector
}

// onPurpose says where we differ from go-msgauth, and why.
func onPurpose(mail string, m message.Message) string {
	signature := m.All("dkim-signature")
	header := mail[:len(mail)-len(m.Body)]
	switch {
	case m.Count("from") != 1:
		return "From is there once (RFC 6376, section 8.15, warns; RFC 5322, section 3.6)"
	case m.Unambiguous() != nil:
		return "a carriage return alone is neither the end of a line nor white space, and has no place in a header (RFC 5322, section 2.2)"
	case strings.Contains(strings.ReplaceAll(string(m.Body), "\r\n", ""), "\r"):
		return "a carriage return alone is text (RFC 6376, section 3.4.4, has line breaks of two)"
	case !strings.Contains(mail, "\r\n\r\n") && !strings.Contains(mail, "\n\n") && !strings.Contains(mail, "\n\r\n"):
		return "a mail may have no body (RFC 5322, section 3.5)"
	case strings.ContainsAny(header, "\v\f\u0085\u00a0") || strings.Contains(header, "\x85") || strings.Contains(header, "\xa0"):
		return "white space is a blank and a tab (RFC 5322, section 2.2.2)"
	case len(signature) == 1 && strings.Contains(strings.ReplaceAll(signature[0].Text(), " ", ""), "x="+fmt.Sprint(received.Add(time.Hour).Unix())):
		return "what was over by now held when it was received (RFC 6376, section 3.5, on x=)"
	case strings.Contains(header, "unknown=b=a"):
		return "of no other tag's value is anything left out (RFC 6376, section 3.7)"
	case strings.Contains(header, "l=") || strings.Contains(header, "l ="):
		return "l= is verified, and refused after that (RFC 8460, section 3)"
	}
	return ""
}

// FuzzAgainstLibrary holds our word to that of go-msgauth, a verifier that mail
// servers use, of mails that are signed in all the ways that there are, by code
// that is neither's.
func FuzzAgainstLibrary(f *testing.F) {
	for c := range choices(64) {
		f.Add(uint32(c*c*2654435), "X-A: b\r\nX-A :\tc  d\r\n e", "Text  with \t blanks \r\n\r\n \r\n.\r\n\r\n", uint16(c%3*c))
	}
	dns := &zone{records: map[string][]string{"ed._domainkey." + author: {record(f, ed, "")}, "rsa._domainkey." + author: {record(f, rsa1024(), "")}}}
	f.Fuzz(func(t *testing.T, c uint32, fields, body string, change uint16) {
		mail, _ := mailBy(t, choices(c), fields, body, change)
		m, err := message.Cut([]byte(mail))
		if err != nil {
			return
		}
		got := verify(t, mail, dns, author)
		theirs, err := library.VerifyWithOptions(strings.NewReader(mail), &library.VerifyOptions{
			LookupTXT: func(name string) ([]string, error) { return dns.TXT(t.Context(), name) },
		})
		want := err == nil && len(theirs) == 1 && theirs[0].Err == nil
		if reason := onPurpose(mail, m); reason == "" && (got.Domain != "") != want {
			t.Errorf("we say %v, go-msgauth %+v, %v, of\n%q", got, theirs, err, mail)
		}
	})
}

// TestAgainstDKIMPy holds our word to that of dkimpy, of another language and of
// other people.
func TestAgainstDKIMPy(t *testing.T) {
	verifies := startDKIMPy(t)
	dns := &zone{records: map[string][]string{"ed._domainkey." + author: {record(t, ed, "")}, "rsa._domainkey." + author: {record(t, rsa1024(), "")}}}
	for name, text := range exampleKeys {
		dns.records[name] = []string{text}
	}
	valid, tried := 0, 0
	compare := func(mail string, domains ...string) {
		t.Helper()
		got := verify(t, mail, dns, domains...)
		// What is signed in part is good by RFC 6376, and refused by RFC 8460 alone.
		if strings.Contains(got.whyNot, "more of the text (l=) than there is") {
			return // RFC 6376, section 3.5, forbids that; dkimpy takes it.
		}
		tried++
		good := got.Domain != "" || strings.Contains(got.whyNot, "covers only a part")
		if good {
			valid++
		}
		if want := verifies(mail, dns); good != want {
			t.Errorf("we say %v, dkimpy %v, of\n%.900q", got, want, mail)
		}
	}
	compare(strings.ReplaceAll(signed6376, "\n", "\r\n"), "football.example.com")
	compare(strings.ReplaceAll(signed8463, "\n", "\r\n"), "football.example.com")
	bodies := []string{"", "\r\n", "a", "Text  with \t blanks \r\n\r\n \r\n.\r\n\r\n \t\r\n", " \r\n a", strings.Repeat("line\r\n", 2000)}
	for c := range choices(2 * 2 * 2 * 2 * 4 * 4 * 4 * 4) {
		if c%5 != 0 { // All kinds of each choice, and pairs of most.
			continue
		}
		mail, _ := mailBy(t, c, "To: b@c.example\r\nX-A: b\r\nX-A:\tc  d\r\n e", // It reads no blank before a colon.
			bodies[int(c)%len(bodies)], uint16(c%3*c))
		if m, err := message.Cut([]byte(mail)); err != nil || m.Count("from") != 1 || m.Unambiguous() != nil || m.Count("dkim-signature") != 1 || len(m.Fields) != 6 || !strings.Contains(mail, "\n\tthree") {
			continue // A line that has become none of a header.
		}
		if at := strings.Index(mail, "\r\n\tx = "); at >= 0 {
			continue // It judges x= by the clock of the machine.
		}
		compare(mail, author)
	}
	if valid < 100 || tried < valid+50 {
		t.Errorf("%d of %d were valid", valid, tried)
	}
}

// startDKIMPy starts it by the interpreter of Python that SEALPOST_DKIMPY names,
// and gives what it says of a mail.
func startDKIMPy(t *testing.T) func(mail string, dns *zone) bool {
	t.Helper()
	python := os.Getenv("SEALPOST_DKIMPY")
	if python == "" && os.Getenv("CI") != "" {
		t.Fatal("SEALPOST_DKIMPY names no Python with dkimpy, and CI must not skip this test")
	}
	if python == "" {
		t.Skip("SEALPOST_DKIMPY names no Python with dkimpy")
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), python, filepath.Join("testdata", "verify.py"))
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("dkimpy: %v", err)
		}
	})
	questions, answers := json.NewEncoder(in), bufio.NewScanner(out)
	return func(mail string, dns *zone) bool {
		t.Helper()
		question := map[string]any{"mail": base64.StdEncoding.EncodeToString([]byte(mail)), "keys": dns.records}
		if err := questions.Encode(question); err != nil {
			t.Fatal(err)
		}
		if !answers.Scan() {
			t.Fatalf("dkimpy does not answer: %v", answers.Err())
		}
		return answers.Text() == "true"
	}
}
