// Package dkim finds out who vouches for a mail by DKIM signatures (RFC 6376),
// as RFC 8460, section 3, wants it of reports.
//
// The signatures themselves are verified by a library. This package decides
// which of them it gets to see, at which time they are judged, and which
// domains they speak for.
package dkim

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Resolver asks the DNS.
type Resolver interface {
	// TXT gives the TXT records of a name, the strings of each joined; none
	// where there are none. An error means that it cannot be told now.
	TXT(ctx context.Context, name string) ([]string, error)
}

// The limits on what is looked at. All of them are far from what mails have
// that reach us by way of a dozen servers.
const (
	MaxSignatures = 5         // Each costs a look-up and a reading of the whole mail; real mails have up to three.
	MaxHeader     = 128 << 10 // Bytes of header.
	MaxLines      = 2000      // Of header.
)

// Verdict is what the signatures of a mail are worth.
type Verdict struct {
	Signatures []Signature // The first MaxSignatures, in the order of the header.
	Problem    string      // Why none of them counts; empty where that is a matter of each.
}

// Signature is one DKIM-Signature field.
type Signature struct {
	Domain  string   // d=, in lower case and A-labels; may be empty where the field is broken.
	Signed  []string // Names of the header fields that it covers, in lower case.
	Problem string   // Why it is not valid, in words for people; empty where it is.

	unknown error // Why that cannot be told now.
}

// Verify judges the signatures of a mail as of the time at which it was first
// received (RFC 6376, section 3.5, on x=). What cannot be told now, since a key
// cannot be looked up, comes to light in [Verdict.Vouches] if it matters.
func Verify(ctx context.Context, mail []byte, dns Resolver, received time.Time) Verdict {
	m, problem := split(mail)
	if problem != "" {
		return Verdict{Problem: problem}
	}
	// Two of them, and a reader may take for the author whom nobody signed for
	// (RFC 5322, section 3.6, allows one; RFC 6376, section 8.15, warns).
	if n := m.count("From"); n != 1 {
		return Verdict{Problem: fmt.Sprintf("the mail has %d From fields, not one, so nobody can tell which is signed", n)}
	}
	keys := keys{dns: dns, known: make(map[string]key)}
	var v Verdict
	for i, field := range m.fields {
		if !isNamed(field, signatureField) {
			continue
		}
		if len(v.Signatures) == MaxSignatures {
			break
		}
		v.Signatures = append(v.Signatures, verify(ctx, m, i, &keys, received))
	}
	if len(v.Signatures) == 0 {
		v.Problem = "the mail has no DKIM signature"
	}
	return v
}

// Vouch is who vouches for a mail.
type Vouch struct {
	Domain string   // That signed; empty where nobody vouches.
	Signed []string // Names of the header fields that are vouched for, in lower case.
	WhyNot string   // In words for people, where nobody vouches.
}

// Covers reports whether a header field is vouched for.
func (v Vouch) Covers(field string) bool {
	for _, signed := range v.Signed {
		if strings.EqualFold(signed, field) {
			return true
		}
	}
	return false
}

// Vouches gives the first valid signature that is aligned with one of the
// domains: those of the author and of contact-info. An error means that it
// cannot be told now: the key of a signature that would be aligned cannot be
// looked up.
func (v Verdict) Vouches(domains ...string) (Vouch, error) {
	if v.Problem != "" {
		return Vouch{WhyNot: v.Problem}, nil
	}
	var unknown error
	var problems []string
	for _, s := range v.Signatures {
		switch {
		case !alignedWithAny(s.Domain, domains):
			if s.Problem == "" {
				s.Problem = "speaks neither for the domain of From nor for that of contact-info"
			}
			problems = append(problems, s.words())
		case s.unknown != nil:
			unknown = s.unknown
		case s.Problem == "":
			return Vouch{Domain: s.Domain, Signed: s.Signed}, nil
		default:
			problems = append(problems, s.words())
		}
	}
	if unknown != nil {
		return Vouch{}, unknown
	}
	return Vouch{WhyNot: strings.Join(problems, "; ")}, nil
}

func (s Signature) words() string {
	if s.Domain == "" {
		return "a signature " + s.Problem
	}
	return "the signature of " + s.Domain + " " + s.Problem
}
