package dkim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// key is what the DNS has at the name of a key.
type key struct {
	text    string
	problem string // Why there is no key, in words for people.
}

// maxKey is the size of the largest record that is looked at, in bytes: one
// with a key of 8192 bits has 1,500. A larger key takes seconds to use.
const maxKey = 2000

// keys looks up each key once.
type keys struct {
	dns   Resolver
	known map[string]key
}

func (ks *keys) lookUp(ctx context.Context, name string) (key, error) {
	if k, known := ks.known[name]; known {
		return k, nil
	}
	records, err := ks.dns.TXT(ctx, name)
	if err != nil {
		return key{}, fmt.Errorf("look up the DKIM key at %s: %w", name, err)
	}
	k := keyOf(name, records)
	ks.known[name] = k
	return k, nil
}

func keyOf(name string, records []string) key {
	switch {
	case len(records) == 0:
		return key{problem: "has no key: there is no TXT record at " + name}
	case len(records) > 1: // RFC 6376, section 3.6.2.2, leaves it open what that means.
		return key{problem: "has no one key: there are several TXT records at " + name}
	case len(records[0]) > maxKey:
		return key{problem: "has a key that is too long, at " + name}
	}
	return key{text: forMail(records[0])}
}

// forMail lets a key for reports pass for one for mail. RFC 8460, section 3,
// asks reporters for keys with s=tlsrpt, a service type that the library does
// not know, and so refuses (RFC 6376, section 3.6.1). Nor does it know all the
// white space that may stand within the key.
func forMail(record string) string {
	tags := strings.Split(record, ";")
	for i, tag := range tags {
		name, value, _ := strings.Cut(tag, "=")
		switch value = withoutBlanks(value); strings.TrimSpace(name) {
		case "p":
			tags[i] = "p=" + value
		case "s":
			if slices.Contains(strings.Split(value, ":"), "tlsrpt") {
				tags[i] = "s=email"
			}
		}
	}
	return strings.Join(tags, ";")
}

// isForNoSubdomain: the key's flag t=s, of which the library takes no notice
// (RFC 6376, section 3.6.1).
func (k key) isForNoSubdomain() bool {
	return slices.Contains(strings.Split(tagsOf(k.text)["t"], ":"), "s")
}
