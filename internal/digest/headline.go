package digest

import (
	"fmt"
	"strings"
)

// Headline says in one sentence whether anyone must act.
func (d Digest) Headline() string {
	failing, said := d.standing(Failing), d.standing(SaidToFail)
	silent := len(d.standing(NoReport))
	switch {
	case len(d.Domains) == 0:
		return "Nobody needs to act: there is no domain to report on."
	case len(failing) > 0:
		return "Act on " + d.some(failing) + ": senders report that TLS failed."
	case len(said) > 0:
		return "Look at " + d.some(said) + ": reports say that TLS failed, though nothing vouches for who sent them."
	case silent == len(d.Domains):
		return "Nothing is known about this week: no report came for " + d.all() + "."
	case silent > 0:
		return fmt.Sprintf("Nobody needs to act on a failure: none was reported, but %d of %d domains had no report.", silent, len(d.Domains))
	default:
		return "Nobody needs to act: no failure was reported for " + d.all() + "."
	}
}

func (d Digest) standing(s Standing) []Domain {
	var list []Domain
	for _, domain := range d.Domains {
		if domain.Standing == s {
			list = append(list, domain)
		}
	}
	return list
}

func (d Digest) some(domains []Domain) string {
	if len(domains) == 1 {
		return domains[0].PolicyDomain
	}
	if len(domains) == len(d.Domains) {
		return fmt.Sprintf("all %d domains", len(domains))
	}
	return fmt.Sprintf("%d of %d domains", len(domains), len(d.Domains))
}

func (d Digest) all() string {
	if len(d.Domains) == 1 {
		return d.Domains[0].PolicyDomain
	}
	return fmt.Sprintf("any of the %d domains", len(d.Domains))
}

// Basis says what the digest rests on.
func (d Digest) Basis() string {
	if d.Unauthenticated == 0 {
		return sentence(amount(d.Reports, "report"))
	}
	return sentence(fmt.Sprintf("%s, %s unauthenticated", amount(d.Reports, "report"), grouped(d.Unauthenticated)))
}

func sentence(s string) string {
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
