package digest

import (
	"fmt"
	"slices"
	"strings"

	"sealpost/internal/tlsrpt"
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
	return sentence(fmt.Sprintf("%s, %s unauthenticated", amount(d.Reports, "report"), grouped(int64(d.Unauthenticated))))
}

func sentence(s string) string {
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// Notes says how to read the numbers; each note stands only where it applies.
func (d Digest) Notes() []string {
	notes := []struct {
		applies bool
		text    string
	}{
		{
			len(d.standing(Failing))+len(d.standing(SaidToFail)) > 0,
			"A failed session is not always a delayed mail: under an MTA-STS policy in mode testing senders deliver all the same. In mode enforce, and under DANE, they don't deliver over such a session.",
		},
		{
			d.any(func(r Result) bool { return len(r.Failures) > 0 }),
			"The sessions by cause need not add up to the failed sessions: one session may count under several causes.",
		},
		{
			d.any(func(r Result) bool { return r.PolicyType == string(tlsrpt.PolicySTS) }) &&
				d.any(func(r Result) bool { return r.PolicyType == string(tlsrpt.PolicyTLSA) }),
			"MTA-STS and DANE may count the same sessions: don't add them.",
		},
		{
			d.Unauthenticated > 0,
			"Unauthenticated reports carry no proof of their sender: whoever knows the address can send one. Their numbers stand apart.",
		},
		{
			len(d.standing(NoReport)) > 0,
			"No report is not \"no failure\". If mail came in and you expect reports, check the TXT record at _smtp._tls.<domain>.",
		},
		{
			d.Duplicates > 0,
			"Left out: " + amount(d.Duplicates, "repeated report") + ", since each report counts once.",
		},
		{
			d.AboutOtherDomains > 0,
			"Left out: " + amount(d.AboutOtherDomains, "report") + " about other domains only.",
		},
	}
	var texts []string
	for _, n := range notes {
		if n.applies {
			texts = append(texts, n.text)
		}
	}
	return texts
}

func (d Digest) any(of func(Result) bool) bool {
	return slices.ContainsFunc(d.Domains, func(d Domain) bool {
		return slices.ContainsFunc(d.Results, of)
	})
}
