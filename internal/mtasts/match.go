package mtasts

import "strings"

// MatchMX reports whether pattern, an mx field of a policy, allows host, the
// name of an MX record. A wildcard stands for exactly one label, the left-most
// (RFC 8461, section 4.1). Case and one trailing dot make no difference. Both
// are compared as A-labels; nothing is converted.
func MatchMX(pattern, host string) bool {
	pattern, host = canonical(pattern), canonical(host)
	// A host is a name, not a pattern: "*.example.com" in DNS is no match for
	// itself.
	if host == "" || strings.Contains(host, "*") {
		return false
	}
	if domain, wildcard := strings.CutPrefix(pattern, wildcardPrefix); wildcard {
		label, rest, _ := strings.Cut(host, ".")
		return label != "" && rest != "" && rest == domain
	}
	return pattern == host
}

// canonical lowers ASCII only: Unicode folding would let a Kelvin sign stand
// for a k.
func canonical(name string) string {
	lower := []byte(name)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return strings.TrimSuffix(string(lower), ".")
}
