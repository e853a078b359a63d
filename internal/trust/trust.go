// Package trust decides whose reports may have an effect. It is asked when a
// report is stored, and again whenever a stored report is read, so that a change
// of the configuration applies to the reports that are stored already.
package trust

import (
	"fmt"
	"strings"

	"sealpost/internal/mtasts"
)

// MaxLength bounds the list of distrusted signers as it is written by
// [Signers.String]: it has to fit into the environment of a Lambda function.
const MaxLength = 2000

// Signers decides which signing domains are trusted. The zero value trusts all.
type Signers struct {
	distrusted string // Domains as [mtasts.ParseDomain] returns them, with commas between them.
}

// Distrust returns Signers that trust all signing domains but those named and the
// domains below them.
func Distrust(domains ...string) (Signers, error) {
	var list []string
	for _, domain := range domains {
		parsed, err := mtasts.ParseDomain(strings.TrimSpace(domain))
		if err != nil {
			return Signers{}, err
		}
		list = append(list, parsed)
	}
	s := Signers{strings.Join(list, ",")}
	if n := len(s.distrusted); n > MaxLength {
		return Signers{}, fmt.Errorf("the list of distrusted signers has %d characters, and at most %d fit. Name the parent domains instead", n, MaxLength)
	}
	return s, nil
}

// Parse reads what [Signers.String] returns: domains with commas between them.
func Parse(list string) (Signers, error) {
	if list == "" {
		return Signers{}, nil
	}
	return Distrust(strings.Split(list, ",")...)
}

// String returns the distrusted domains with commas between them.
func (s Signers) String() string { return s.distrusted }

// Trusts reports whether reports that a domain signed may have an effect. No
// domain, which is what an unauthenticated report has, is not trusted.
func (s Signers) Trusts(signer string) bool { return signer != "" && !s.Distrusts(signer) }

// Distrusts reports whether a signing domain is listed, or below one that is.
func (s Signers) Distrusts(signer string) bool {
	if s.distrusted == "" {
		return false
	}
	signer = normalize(signer)
	for listed := range strings.SplitSeq(s.distrusted, ",") {
		if signer == listed || strings.HasSuffix(signer, "."+listed) {
			return true
		}
	}
	return false
}

// normalize writes a signing domain as the list has it. A signer that is no
// domain matches by its text.
func normalize(signer string) string {
	if parsed, err := mtasts.ParseDomain(signer); err == nil {
		return parsed
	}
	return strings.ToLower(strings.TrimSuffix(signer, "."))
}
