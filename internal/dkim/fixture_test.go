package dkim_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"testing"
	"time"

	"sealpost/internal/dkim"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/message"
)

// received is when the mails of the tests came: long ago by any clock.
var received = time.Date(2020, time.November, 17, 10, 0, 0, 0, time.UTC)

const mail = "From: TLS reports <tls-reports@northwind.example>\r\n" +
	"To: reports@meadow.example\r\n" +
	"Subject: Report Domain: meadow.example\r\n" +
	"TLS-Report-Domain: meadow.example\r\n" +
	"Content-Type: application/tlsrpt+json\r\n" +
	"\r\n" +
	"{\"organization-name\": \"Northwind Post\"}\r\n"

// Keys that were made for the tests; to make them takes time.
var (
	rsa2048 = sync.OnceValue(func() *rsa.PrivateKey { return rsaKey(2048) })
	rsa1024 = sync.OnceValue(func() *rsa.PrivateKey { return rsaKey(1024) })
	ed      = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
)

func rsaKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// record is the TXT record of a key.
func record(tb testing.TB, key crypto.Signer, tags string) string {
	tb.Helper()
	return dkimtest.Record(key, tags)
}

func marshal(tb testing.TB, public crypto.PublicKey) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

// shortRecord is that of an RSA key of 512 bits, which Go makes no more.
func shortRecord(tb testing.TB) string {
	tb.Helper()
	modulus := new(big.Int).SetBytes(bytes.Repeat([]byte{0xC5}, 512/8))
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(marshal(tb, &rsa.PublicKey{N: modulus, E: 65537}))
}

// signing is how a mail is signed, where not as usual.
type signing struct {
	key      crypto.Signer // Ed25519 if none.
	domain   string        // northwind.example if none.
	selector string        // tls if none.
	identity string        // None if none.
	fields   []string
	at       time.Time // When it came if none.
	lasts    time.Duration
	simple   bool
	c        string // Another canonicalization.
	tags     string // Further tags.
	length   int    // l=; none if zero.
}

// sign puts a signature before a mail.
func sign(tb testing.TB, mail string, s signing) string {
	tb.Helper()
	if s.key == nil {
		s.key = ed
	}
	if s.domain == "" {
		s.domain = "northwind.example"
	}
	if s.at.IsZero() {
		s.at = received
	}
	tags := ""
	if s.lasts != 0 {
		tags += fmt.Sprintf("x=%d; ", s.at.Add(s.lasts).Unix())
	}
	if s.identity != "" {
		tags += "i=" + s.identity + "; "
	}
	if s.fields == nil {
		s.fields = []string{"From", "From", "To", "Subject", "TLS-Report-Domain", "Content-Type"}
	}
	return dkimtest.Signing{
		Domain: s.domain, Selector: s.selector, Key: s.key, Fields: s.fields, Simple: s.simple, C: s.c, At: s.at, Tags: tags + s.tags, Length: s.length,
	}.Sign(tb, mail)
}

var errDown = errors.New("the server does not answer")

// zone is a DNS: records by name. A name with no list in it is down.
type zone struct {
	records map[string][]string
	lock    sync.Mutex
	asked   int
}

func (z *zone) TXT(_ context.Context, name string) ([]string, error) {
	z.lock.Lock()
	defer z.lock.Unlock()
	z.asked++
	records, known := z.records[name]
	if known && records == nil {
		return nil, errDown
	}
	return records, nil
}

// usual has the usual key.
func usual(tb testing.TB) *zone {
	return &zone{records: map[string][]string{"tls._domainkey.northwind.example": {record(tb, ed, "")}}}
}

// outcome is what a verdict comes to: the first valid signature, or what is wrong
// with those that are not.
type outcome struct {
	dkim.Signature
	whyNot string
	err    error
}

func (o outcome) String() string {
	return fmt.Sprintf("domain %q, signed %q, %q, %v", o.Domain, o.Signed, o.whyNot, o.err)
}

func verify(tb testing.TB, mail string, dns dkim.Resolver, domains ...string) outcome {
	tb.Helper()
	return verifyAt(tb, mail, dns, received, domains...)
}

func verifyAt(tb testing.TB, mail string, dns dkim.Resolver, at time.Time, domains ...string) outcome {
	tb.Helper()
	m, err := message.Cut([]byte(mail))
	if err != nil {
		tb.Fatal(err)
	}
	verdict := dkim.NewVerifier(dns, at).Verify(tb.Context(), &m, domains...)
	if (len(verdict.Signatures) == 0) != (verdict.Problem != "") {
		tb.Errorf("got %+v, which says both or neither", verdict)
	}
	found := outcome{whyNot: verdict.Problem}
	for _, s := range verdict.Signatures {
		switch {
		case s.Err != nil:
			found.err = s.Err
		case s.Problem == "":
			return outcome{Signature: s}
		default:
			found.whyNot += s.String() + " " + s.Problem + "; "
		}
	}
	return found
}
