// Package mtasts implements SMTP MTA Strict Transport Security (MTA-STS),
// RFC 8461.
//
// It reads texts as the grammar of the standard wants them ([Parse],
// [ParseRecord]), says what may be published ([Policy.Check]), writes it
// ([Policy.Render]), and knows what real senders make of a policy ([Lint]).
// It knows no storage, no network and no clock.
package mtasts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"slices"
)

// Mode says what senders do when a delivery does not satisfy the policy
// (RFC 8461, section 5).
type Mode string

const (
	ModeEnforce Mode = "enforce" // Do not deliver.
	ModeTesting Mode = "testing" // Deliver, and report the failure.
	ModeNone    Mode = "none"    // Deliver as if there were no policy.
)

// Known reports whether m is one of the three modes of RFC 8461.
func (m Mode) Known() bool {
	return m == ModeEnforce || m == ModeTesting || m == ModeNone
}

// Limits of a policy that is published here.
const (
	// MinMaxAge is a day: a sender that refreshes once a day (RFC 8461,
	// section 3.3) would otherwise be without a policy for part of it.
	MinMaxAge = 86400
	// MaxMaxAge is the standard's own limit (RFC 8461, section 3.2).
	MaxMaxAge = 31557600
	// MaxMX is far more than mail needs, and keeps policies readable.
	MaxMX = 50
	// MaxPolicySize is where the most frugal of the known senders, chasquid,
	// stops reading without saying so.
	MaxPolicySize = 10 << 10
)

// IsMediaType reports whether a Content-Type is that of a policy, with whatever
// parameters (RFC 8461, section 3.2).
func IsMediaType(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return media == "text/plain" && (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter))
}

// PolicyPath is where a Policy Host serves its policy (RFC 8461, section 3.2).
const PolicyPath = "/.well-known/mta-sts.txt"

// Policy is an MTA-STS policy (RFC 8461, section 3.2).
type Policy struct {
	Mode   Mode
	MX     []string // Patterns: a host name, or "*." and a domain.
	MaxAge int      // Seconds.
}

// Match reports whether the policy lists host, the name of an MX record
// (RFC 8461, section 4.1).
func (p Policy) Match(host string) bool {
	return slices.ContainsFunc(p.MX, func(pattern string) bool {
		return MatchMX(pattern, host)
	})
}

// Render writes p in the one form that every known sender takes: LF, one
// terminator a line, no blank line. [Parse] gives p back if [Policy.Check]
// finds nothing in it.
func (p Policy) Render() []byte {
	text := fmt.Appendf(nil, "version: %s\nmode: %s\n", version, p.Mode)
	// Mode none needs no mx by the standard, but chasquid and Stalwart refuse
	// a policy without one.
	for _, mx := range p.MX {
		text = fmt.Appendf(text, "mx: %s\n", mx)
	}
	return fmt.Appendf(text, "max_age: %d\n", p.MaxAge)
}

// ID is the id of the TXT record for a rendered policy: the first 32 hex
// digits of its SHA-256, as many as RFC 8461, section 3.1 allows. It depends on
// nothing but the body, so anybody can check it from outside.
func ID(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}
