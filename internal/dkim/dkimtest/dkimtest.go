// Package dkimtest signs mails by DKIM, for tests. It shares nothing with the code
// that verifies them, so that a fault in one does not hide a fault in the other.
package dkimtest

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Selector is that of every key.
const Selector = "tls"

var key = ed25519.NewKeyFromSeed([]byte(strings.Repeat("\x07", ed25519.SeedSize)))

// Signing is how a mail is signed.
type Signing struct {
	Domain   string
	Selector string        // That of this package if empty.
	Key      crypto.Signer // That of this package if nil.
	Fields   []string      // Those of RFC 8460, section 5.3, and of MIME if nil.
	Simple   bool          // Both canonicalizations; otherwise both are relaxed.
	C        string        // Another canonicalization, such as "relaxed/simple".
	At       time.Time     // Now if zero.
	Tags     string        // Further tags, such as "x=1; i=@example.com; ".
	Length   int           // l=; none if zero.
}

var usual = []string{"From", "To", "Subject", "TLS-Report-Domain", "TLS-Report-Submitter", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", "Content-Disposition"}

// Sign puts a signature of a domain before a mail. It covers the header fields
// that RFC 8460, section 5.3, asks for and those of MIME, or those given; From is
// a must.
func Sign(tb testing.TB, mail, domain string, fields ...string) string {
	tb.Helper()
	return Signing{Domain: domain, Fields: fields}.Sign(tb, mail)
}

// Sign puts a signature before a mail.
func (s Signing) Sign(tb testing.TB, mail string) string {
	tb.Helper()
	if s.Selector == "" {
		s.Selector = Selector
	}
	if s.Key == nil {
		s.Key = key
	}
	if len(s.Fields) == 0 {
		s.Fields = usual
	}
	if s.C == "" && !s.Simple {
		s.C = "relaxed/relaxed"
	}
	if s.C == "" {
		s.C = "simple/simple"
	}
	if s.At.IsZero() {
		s.At = time.Now()
	}
	algorithm, options := "rsa-sha256", crypto.SignerOpts(crypto.SHA256)
	if _, is := s.Key.(ed25519.PrivateKey); is {
		algorithm, options = "ed25519-sha256", crypto.Hash(0) // RFC 8463, section 3: the hash is the text.
	}
	canonicalHeader, canonicalBody, _ := strings.Cut(s.C, "/")
	header, body, _ := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(mail, "\r\n", "\n"), "\n", "\r\n"), "\r\n\r\n")
	text := bodyText(body, canonicalBody == "relaxed")
	if s.Length > 0 {
		text = text[:min(len(text), s.Length)]
		s.Tags += fmt.Sprintf("l=%d; ", s.Length)
	}
	bodySum := sha256.Sum256([]byte(text))
	field := fmt.Sprintf("DKIM-Signature: v=1; a=%s; c=%s; d=%s; s=%s;\r\n t=%d; %sh=%s;\r\n bh=%s;\r\n b=",
		algorithm, s.C, s.Domain, s.Selector, s.At.Unix(), s.Tags, strings.Join(s.Fields, ":"), base64.StdEncoding.EncodeToString(bodySum[:]))
	sum := sha256.Sum256([]byte(headerText(header, s.Fields, canonicalHeader == "relaxed") + strings.TrimSuffix(fieldText(field, canonicalHeader == "relaxed"), "\r\n")))
	signature, err := s.Key.Sign(rand.Reader, sum[:], options)
	if err != nil {
		tb.Fatal(err)
	}
	return field + base64.StdEncoding.EncodeToString(signature) + "\r\n" + mail
}

// headerText is what is signed of a header (RFC 6376, sections 3.7 and 5.4.2).
func headerText(header string, names []string, relaxed bool) string {
	left := strings.Split(regexp.MustCompile(`\r\n([^ \t])`).ReplaceAllString(header, "\x00$1"), "\x00")
	var text strings.Builder
	for _, name := range names {
		for i := len(left) - 1; i >= 0; i-- {
			if before, _, found := strings.Cut(left[i], ":"); found && strings.EqualFold(strings.Trim(before, " \t"), strings.TrimSpace(name)) {
				text.WriteString(fieldText(left[i], relaxed))
				left[i] = ""
				break
			}
		}
	}
	return text.String()
}

var blanks = regexp.MustCompile(`[ \t]+`)

// fieldText is RFC 6376, sections 3.4.1 and 3.4.2.
func fieldText(field string, relaxed bool) string {
	if !relaxed {
		return field + "\r\n"
	}
	name, value, _ := strings.Cut(strings.ReplaceAll(field, "\r\n", ""), ":")
	return strings.ToLower(strings.Trim(name, " \t")) + ":" + strings.Trim(blanks.ReplaceAllString(value, " "), " ") + "\r\n"
}

// bodyText is RFC 6376, sections 3.4.3 and 3.4.4.
func bodyText(body string, relaxed bool) string {
	if relaxed {
		lines := strings.Split(body, "\r\n")
		for i, line := range lines {
			lines[i] = strings.TrimRight(blanks.ReplaceAllString(line, " "), " ")
		}
		body = strings.Join(lines, "\r\n")
	}
	for strings.HasSuffix(body, "\r\n") {
		body = strings.TrimSuffix(body, "\r\n")
	}
	if body == "" && relaxed {
		return ""
	}
	return body + "\r\n"
}

var signedAt = regexp.MustCompile(`\bt=(\d+);`)

// SignedAt says when a mail was signed: a good time for it to come.
func SignedAt(tb testing.TB, mail string) time.Time {
	tb.Helper()
	found := signedAt.FindStringSubmatch(mail)
	if found == nil {
		tb.Fatalf("no signature in %q", mail)
	}
	seconds, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return time.Unix(seconds, 0).UTC()
}

// ErrDown is what a [Zone] says that is down.
var ErrDown = errors.New("the name server does not answer")

// Zone is a DNS that has the keys of some domains, by name. The domains whose
// value is false are down. It is a dkim.Resolver.
type Zone map[string]bool

// TXT gives the key's record.
func (z Zone) TXT(_ context.Context, name string) ([]string, error) {
	domain, isKey := strings.CutPrefix(name, Selector+"._domainkey.")
	switch up, known := z[domain]; {
	case !isKey, !known:
		return nil, nil
	case !up:
		return nil, ErrDown
	}
	return []string{Record(key, "s=tlsrpt; ")}, nil
}

// Record is the TXT record of a key, with further tags.
func Record(key crypto.Signer, tags string) string {
	if public, is := key.Public().(ed25519.PublicKey); is {
		return "v=DKIM1; k=ed25519; " + tags + "p=" + base64.StdEncoding.EncodeToString(public)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err) // A key of a test.
	}
	return "v=DKIM1; k=rsa; " + tags + "p=" + base64.StdEncoding.EncodeToString(der)
}
