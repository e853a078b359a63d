package dkim_test

import (
	"crypto"
	"strings"
	"testing"

	library "github.com/emersion/go-msgauth/dkim"

	"sealpost/internal/dkim"
)

// TestSign: what is signed here is taken by go-msgauth too.
func TestSign(t *testing.T) {
	for selector, key := range map[string]crypto.Signer{"ed": ed, "rsa": rsa2048()} {
		signed, err := dkim.Sign([]byte(mail), dkim.Signing{
			Domain: author, Selector: selector, Key: key, Fields: []string{"From", "From", "Subject", "Reply-To"}, At: received,
		})
		if err != nil {
			t.Fatal(err)
		}
		dns := &zone{records: map[string][]string{selector + "._domainkey." + author: {record(t, key, "")}}}
		if got := verify(t, string(signed), dns, author); got.Domain != author || strings.Join(got.Signed, " ") != "from from subject reply-to" {
			t.Errorf("%s: got %v", selector, got)
		}
		theirs, err := library.VerifyWithOptions(strings.NewReader(string(signed)), &library.VerifyOptions{
			LookupTXT: func(name string) ([]string, error) { return dns.TXT(t.Context(), name) },
		})
		if err != nil || len(theirs) != 1 || theirs[0].Err != nil {
			t.Errorf("%s: go-msgauth says %+v, %v", selector, theirs, err)
		}
	}
	for _, s := range []dkim.Signing{
		{Domain: author, Selector: "tls", Key: ed, Fields: []string{"To"}, At: received},
		{Selector: "tls", Key: ed, Fields: []string{"From"}, At: received},
	} {
		if signed, err := dkim.Sign([]byte(mail), s); err == nil {
			t.Errorf("got %s", signed)
		}
	}
}
