package mtasts

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	policyHostPrefix = "mta-sts."  // RFC 8461, section 3.2.
	recordNamePrefix = "_mta-sts." // RFC 8461, section 3.1.
	wildcardPrefix   = "*."

	maxNameLen  = 253  // A domain name as text (RFC 1035, section 2.3.4).
	maxLabelLen = 63   // The same.
	maxULabels  = 1024 // No name of maxNameLen needs more bytes as U-labels.
)

// ParseDomain returns the Policy Domain that s names: lower-case A-labels, no
// trailing dot, at least two labels. It accepts U-labels, upper case and one
// trailing dot; it refuses what cannot be a mail domain with a policy, IP
// addresses among them.
func ParseDomain(s string) (string, error) {
	name, err := hostName(s)
	if err == nil && len(recordNamePrefix)+len(name) > maxNameLen {
		err = fmt.Errorf("with %s before it, it is longer than a domain name may be", recordNamePrefix)
	}
	if err != nil {
		return "", fmt.Errorf("%.60q is not a domain: %w", s, err)
	}
	return name, nil
}

// NormalizeMX returns an MX pattern in the form in which it is served:
// lower-case A-labels (RFC 8461, section 3.2) and no trailing dot.
func NormalizeMX(s string) (string, error) {
	host, wildcard := strings.CutPrefix(s, wildcardPrefix)
	name, err := hostName(host)
	if err != nil {
		return "", fmt.Errorf("%.60q is not an MX pattern: %w", s, err)
	}
	if wildcard {
		return wildcardPrefix + name, nil
	}
	return name, nil
}

// PolicyHost is the name of the host that serves the policy of a Policy Domain
// (RFC 8461, section 3.2).
func PolicyHost(domain string) string {
	return policyHostPrefix + domain
}

// RecordName is where the TXT record of a Policy Domain stands (RFC 8461,
// section 3.1).
func RecordName(domain string) string {
	return recordNamePrefix + domain
}

// PolicyDomain returns the Policy Domain whose Policy Host is named by an HTTP
// Host header as received, which anybody may fill with anything. It reports
// false if that is no Policy Host.
func PolicyDomain(host string) (string, bool) {
	name, err := hostName(trimPort(host))
	if err != nil {
		return "", false
	}
	rest, ok := strings.CutPrefix(name, policyHostPrefix)
	if !ok {
		return "", false
	}
	domain, err := ParseDomain(rest)
	return domain, err == nil
}

// trimPort takes a port from the end (RFC 9110, section 7.2). Anything else
// behind a colon stays, and makes the name invalid.
func trimPort(host string) string {
	name, port, _ := strings.Cut(host, ":")
	if len(port) > 5 || strings.Trim(port, "0123456789") != "" {
		return host
	}
	return name
}

// profile is UTS 46 processing for looking names up, with every check on.
var profile = idna.New(
	idna.MapForLookup(),
	idna.BidiRule(),
	idna.Transitional(false),
	idna.StrictDomainName(true),
	idna.VerifyDNSLength(true),
	idna.CheckHyphens(true),
)

var (
	errTooLong  = errors.New("it is longer than a domain name may be")
	errLabel    = errors.New("it has an empty part, or one of over 63 characters")
	errLetters  = errors.New("it may have only letters, digits, and hyphens inside, between its dots")
	errNotFull  = errors.New("it has one part only; write the full name, such as mail.example.com")
	errAddress  = errors.New("it ends like an IP address; write a name")
	errNotUTF8  = errors.New("it is not UTF-8")
	errNotLabel = errors.New("it is no valid internationalized name (RFC 5891)")
)

// hostName returns s as lower-case A-labels without a trailing dot.
func hostName(s string) (string, error) {
	// The plain case is on the hot path of serving. Two hyphens may be the
	// mark of an A-label, which must be looked into.
	if !strings.Contains(s, "--") && checkHostName(s) == nil {
		return s, nil
	}
	switch {
	case len(s) > maxULabels:
		return "", errTooLong
	case !utf8.ValidString(s):
		return "", errNotUTF8
	}
	name, idnaErr := profile.ToASCII(s)
	name = strings.TrimSuffix(name, ".")
	// Ours first: it catches empty labels and addresses, which the profile
	// lets pass, and has the plainer words.
	if err := checkHostName(name); err != nil {
		return "", err
	}
	if idnaErr != nil {
		return "", errNotLabel
	}
	return name, nil
}

// checkHostName checks a lower-case name without trailing dot (RFC 1123,
// section 2.1).
func checkHostName(s string) error {
	if len(s) > maxNameLen {
		return errTooLong
	}
	labels, last := 0, ""
	for label := range strings.SplitSeq(s, ".") {
		if err := checkLabel(label); err != nil {
			return err
		}
		labels, last = labels+1, label
	}
	switch {
	case strings.Trim(last, "0123456789") == "":
		return errAddress
	case labels < 2:
		return errNotFull
	}
	return nil
}

func checkLabel(s string) error {
	if s == "" || len(s) > maxLabelLen {
		return errLabel
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		inside := 0 < i && i < len(s)-1
		if !letter && !(c == '-' && inside) {
			return errLetters
		}
	}
	return nil
}
