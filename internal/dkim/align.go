package dkim

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Aligned reports whether the signing domain speaks for the other one: it is
// the same, or a parent or child of it within one organization. Mail.ru signs
// as a child of the domain that it names as its own.
//
// What lies right below a public suffix is an organization; the suffix itself,
// under which anybody can have a domain, never speaks for one.
func Aligned(signing, domain string) bool {
	signing, domain = ascii(signing), ascii(domain)
	organization, err := publicsuffix.EffectiveTLDPlusOne(signing)
	if err != nil {
		return false
	}
	if other, err := publicsuffix.EffectiveTLDPlusOne(domain); err != nil || other != organization {
		return false
	}
	return signing == domain || strings.HasSuffix(signing, "."+domain) || strings.HasSuffix(domain, "."+signing)
}

func alignedWithAny(signing string, domains []string) bool {
	return slices.ContainsFunc(domains, func(domain string) bool { return Aligned(signing, domain) })
}

// DomainOf gives the domain of a mail address; nothing where it is none.
func DomainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return ascii(address[at+1:])
}

// ascii gives a domain in lower case and A-labels, or nothing where it is no
// domain name.
func ascii(domain string) string {
	const maxName = 1024 // Bytes in UTF-8; no name that DNS can hold has more.
	if len(domain) > maxName {
		return ""
	}
	domain = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(domain), "."))
	if strings.Trim(domain, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" {
		return domain
	}
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return ""
	}
	return domain
}
