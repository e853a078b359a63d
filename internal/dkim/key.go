package dkim

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
)

// key is what the DNS has at the name of a key (RFC 6376, section 3.6.1).
type key struct {
	public   crypto.PublicKey // *rsa.PublicKey or ed25519.PublicKey.
	isStrict bool             // t=s: it is for no subdomain.
	problem  string           // Why it authenticates nothing, in words for people.
	err      error            // Why that cannot be known now.
}

// maxKey is the size of the largest record that is looked at, in bytes: one
// with a key of 8192 bits has 1,500. A larger key takes seconds to use.
const maxKey = 2000

// minRSA is how many bits an RSA key must have (RFC 8301, section 3.2).
const minRSA = 1024

func lookUpKey(ctx context.Context, dns Resolver, name string) key {
	records, err := dns.TXT(ctx, name)
	switch {
	case err != nil:
		return key{err: fmt.Errorf("look up the DKIM key at %s: %w", name, err)}
	case len(records) == 0:
		return key{problem: "has no key: there is no TXT record at " + name}
	case len(records) > 1: // RFC 6376, section 3.6.2.2, leaves it open what that means.
		return key{problem: "has no one key: there are several TXT records at " + name}
	case len(records[0]) > maxKey:
		return key{problem: "has a key that is too long, at " + name}
	}
	return parseKey(records[0])
}

func parseKey(record string) key {
	tags, ok := parseTags(record)
	if !ok {
		return key{problem: "has a key record in the DNS that cannot be read: it has to be name=value, with a semicolon between each and the next (RFC 6376, section 3.6.1)"}
	}
	k := key{isStrict: slices.Contains(tags.list("t"), "s")}
	if k.problem = unfit(tags, record); k.problem == "" {
		k.public, k.problem = publicKey(tags)
	}
	return k
}

// unfit says why a key is not for the signatures of reports, whatever key it is.
func unfit(tags tags, record string) string {
	if version, has := tags.get("v"); has && (version != "DKIM1" || !isFirst("v", tags)) {
		return "has a key record of another version (v=) in the DNS: " + quoted(record)
	}
	if slices.Contains(tags.list("t"), "y") {
		return "authenticates nothing: the key is in test mode (t=y), and a mail signed with it is as good as unsigned (RFC 6376, section 3.6.1)"
	}
	if _, has := tags.get("h"); has && !slices.Contains(tags.list("h"), "sha256") {
		return "has a key that is not for SHA-256 (h=)"
	}
	// RFC 8460, section 3, asks reporters for keys with s=tlsrpt.
	isOurs := func(service string) bool { return service == "*" || service == "email" || service == "tlsrpt" }
	if services, has := tags.get("s"); has && !slices.ContainsFunc(tags.list("s"), isOurs) {
		return "has a key for neither mail nor reports (s=" + quoted(services) + ")"
	}
	return ""
}

func isFirst(name string, tags tags) bool {
	for _, other := range tags {
		if other.start < tags[name].start {
			return false
		}
	}
	return true
}

// publicKey reads p= as k= has it.
func publicKey(tags tags) (crypto.PublicKey, string) {
	const noKey = "has a record in the DNS whose p= is no public key (RFC 6376, section 3.6.1)"
	if text, has := tags.get("p"); has && text == "" {
		return nil, "has a key that is revoked (p= is empty)"
	}
	data, err := fromBase64(tags["p"].value)
	if err != nil || len(data) == 0 {
		return nil, noKey
	}
	switch kind, has := tags.get("k"); {
	case kind == "ed25519": // RFC 8463, section 4.
		if len(data) != ed25519.PublicKeySize {
			return nil, noKey
		}
		return ed25519.PublicKey(data), ""
	case kind == "rsa" || !has:
		public, ok := rsaKey(data)
		if !ok {
			return nil, noKey
		}
		if bits := public.N.BitLen(); bits < minRSA {
			return nil, fmt.Sprintf("has a key that is too short: %d bits, and RFC 8301, section 3.2, wants %d", bits, minRSA)
		}
		return public, ""
	default:
		return nil, "has a key of a kind that is not known (k=" + quoted(kind) + ")"
	}
}

// rsaKey reads a SubjectPublicKeyInfo, as everyone has it, or an RSAPublicKey, as
// RFC 6376 says (erratum 3017).
func rsaKey(data []byte) (*rsa.PublicKey, bool) {
	if public, err := x509.ParsePKIXPublicKey(data); err == nil {
		key, is := public.(*rsa.PublicKey)
		return key, is
	}
	key, err := x509.ParsePKCS1PublicKey(data)
	return key, err == nil
}
