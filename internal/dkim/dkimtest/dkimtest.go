// Package dkimtest signs mails by DKIM, for tests.
package dkimtest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// Selector is that of every key.
const Selector = "tls"

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// Sign puts a signature of a domain before a mail. It covers the header fields
// that RFC 8460, section 5.3, asks for, or those given; From is a must.
func Sign(tb testing.TB, mail, domain string, fields ...string) string {
	tb.Helper()
	if len(fields) == 0 {
		fields = []string{"From", "To", "Subject", "TLS-Report-Domain", "TLS-Report-Submitter"}
	}
	var signed bytes.Buffer
	err := dkim.Sign(&signed, strings.NewReader(mail), &dkim.SignOptions{
		Domain:                 domain,
		Selector:               Selector,
		Signer:                 key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization:   dkim.CanonicalizationRelaxed,
		HeaderKeys:             fields,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return signed.String()
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
	public := key.Public().(ed25519.PublicKey)
	return []string{"v=DKIM1; k=ed25519; s=tlsrpt; p=" + base64.StdEncoding.EncodeToString(public)}, nil
}
