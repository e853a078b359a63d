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
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	library "github.com/emersion/go-msgauth/dkim"

	"sealpost/internal/dkim"
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
	if public, is := key.Public().(ed25519.PublicKey); is {
		return "v=DKIM1; k=ed25519; " + tags + "p=" + base64.StdEncoding.EncodeToString(public)
	}
	return "v=DKIM1; k=rsa; " + tags + "p=" + base64.StdEncoding.EncodeToString(marshal(tb, key.Public()))
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
}

// sign puts a signature before a mail.
func sign(tb testing.TB, mail string, s signing) string {
	tb.Helper()
	options := &library.SignOptions{Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderKeys: s.fields, Identifier: s.identity}
	if s.key == nil {
		options.Signer = ed
	}
	if s.domain == "" {
		options.Domain = "northwind.example"
	}
	if s.selector == "" {
		options.Selector = "tls"
	}
	if s.at.IsZero() {
		s.at = received
	}
	if s.lasts != 0 {
		options.Expiration = s.at.Add(s.lasts)
	}
	if s.fields == nil {
		options.HeaderKeys = []string{"From", "From", "To", "Subject", "TLS-Report-Domain", "Content-Type"}
	}
	if !s.simple {
		options.HeaderCanonicalization, options.BodyCanonicalization = library.CanonicalizationRelaxed, library.CanonicalizationRelaxed
	}
	var signed bytes.Buffer
	var err error
	dkim.At(s.at, func() { err = library.Sign(&signed, strings.NewReader(mail), options) })
	if err != nil {
		tb.Fatal(err)
	}
	return signed.String()
}

var errDown = errors.New("the server does not answer")

// zone is a DNS: records by name. A name with no list in it is down.
type zone struct {
	records map[string][]string
	asked   int
}

func (z *zone) TXT(_ context.Context, name string) ([]string, error) {
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

func vouches(tb testing.TB, mail string, dns dkim.Resolver, domains ...string) dkim.Vouch {
	tb.Helper()
	vouch, err := dkim.Verify(tb.Context(), []byte(mail), dns, received).Vouches(domains...)
	if err != nil {
		tb.Fatal(err)
	}
	if (vouch.Domain == "") != (vouch.WhyNot != "") {
		tb.Errorf("got %+v, which says both or neither", vouch)
	}
	return vouch
}
