package digest

import (
	"fmt"
	"slices"
	"strings"
)

// Headline says in one sentence whether anyone must act.
func (d Digest) Headline() string { return d.Call() + ": " + d.Because() + "." }

// Call is the beginning of the headline: what it calls upon the reader to do.
func (d Digest) Call() string {
	call, _ := d.headline()
	return call
}

// Because is the rest of the headline.
func (d Digest) Because() string {
	_, because := d.headline()
	return because
}

func (d Digest) headline() (call, because string) {
	act, look := d.asking(Act), d.asking(Look)
	silent := d.silent()
	switch {
	case len(act) > 0:
		return "Act on " + d.some(act), reasons(act, nil)
	case len(look) > 0:
		return "Look at " + d.some(look), reasons(look, d.Findings)
	case urgency(d.Findings) == Look:
		return "Look at the archive", reasons(nil, d.Findings)
	case len(d.Domains) == 0 && d.OtherDomains:
		return "Nothing can be said of this week", "reports came, and none is about a domain that has its policy here"
	case len(d.Domains) == 0:
		return "Nothing can be said of this week", "no domain is hosted here, and no report counts"
	case silent == len(d.Domains):
		return "Nothing is known about this week", "no report came for " + d.all()
	case silent > 0:
		return "Nobody needs to act on a failure", fmt.Sprintf("none was reported, but %d of %d domains had no report", silent, len(d.Domains))
	default:
		return "Nobody needs to act", "no failure was reported for " + d.all()
	}
}

// asking gives the domains that ask for no more and no less.
func (d Digest) asking(u Urgency) []Domain {
	return slices.DeleteFunc(slices.Clone(d.Domains), func(domain Domain) bool { return domain.Urgency() != u })
}

func (d Digest) silent() int {
	silent := 0
	for _, domain := range d.Domains {
		if domain.Standing == NoReport {
			silent++
		}
	}
	return silent
}

// why has, for each kind of finding that asks for something, what it says of it
// in the headline, in the order of weight.
var why = []struct {
	kinds  []Kind
	reason map[Urgency]string
}{
	{[]Kind{KindFailure, KindUndetailed}, map[Urgency]string{
		Act:  "senders report that TLS failed",
		Look: "unauthenticated reports say that TLS failed",
	}},
	{[]Kind{KindMXNotAllowed}, map[Urgency]string{Act: "mode enforce keeps mail from an MX that the policy does not allow"}},
	{[]Kind{KindRefused, KindObstacle}, map[Urgency]string{Act: "something is in the way of a policy"}},
	{[]Kind{KindUnheard}, map[Urgency]string{Look: "nobody knows whether an earlier failure is gone"}},
	{[]Kind{KindStopped}, map[Urgency]string{Look: "reports have stopped coming"}},
	{[]Kind{KindLate}, map[Urgency]string{Look: "late reports tell of failures in earlier weeks"}},
	{[]Kind{KindUnreadable}, map[Urgency]string{Look: "stored reports cannot be read"}},
}

// reasons says why domains that ask for the same do, and findings about none.
func reasons(domains []Domain, findings []Finding) string {
	ask := Look
	findings = slices.Clone(findings)
	for _, domain := range domains {
		ask = domain.Urgency()
		findings = append(findings, domain.Findings...)
	}
	var list []string
	for _, w := range why {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.Urgency == ask && slices.Contains(w.kinds, f.Kind) }) {
			list = append(list, w.reason[ask])
		}
	}
	return strings.Join(list, "; ")
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
