package assessment

import (
	"fmt"
	"net/netip"
	"time"

	"sealpost/internal/survey"
)

// certificate judges what a host shows; each fault is a problem of its own.
func (j *judge) certificate(prefix, host string, address netip.Addr, c *survey.Certificate) {
	for _, wrong := range faultsOf(c, j.Seen.At) {
		j.about(certificateCode(prefix, wrong.fault), host, address, wrong.seen)
	}
}

// found is a fault and where it shows.
type found struct {
	fault fault
	seen  string
}

func faultsOf(c *survey.Certificate, now time.Time) []found {
	var all []found
	note := func(f fault, format string, args ...any) { all = append(all, found{f, fmt.Sprintf(format, args...)}) }
	switch left := c.NotAfter.Sub(now); {
	case left < 0:
		note(expired, "It was valid until %s. That was %s ago.", minute(c.NotAfter), roughly(-left))
	case now.Before(c.NotBefore):
		note(notYetValid, "It is valid from %s on.", minute(c.NotBefore))
	case left < renewalOf(c):
		note(expiring, "It is valid until %s. That is in %s.", minute(c.NotAfter), roughly(left))
	}
	switch {
	case c.CoversHost:
	case len(c.Names) == 0:
		note(otherName, "It has no DNS names. Its common name does not count.")
	default:
		note(otherName, "It is for %s.", names(c.Names))
	}
	switch c.Trust {
	case survey.SelfSigned:
		note(selfSigned, "It is signed by its own key.")
	case survey.UnknownAuthority:
		note(unknownAuthority, "It leads to %s, and no further.", c.TrustNote)
	case survey.Incomplete:
		note(incomplete, "The certificate of %s is missing. With it, all is right.", c.TrustNote)
	case survey.AuthorityExpired:
		note(authorityExpired, "It is that of %s.", c.TrustNote)
	case survey.Invalid:
		note(invalid, "What is wrong: %s.", c.TrustNote)
	}
	return all
}

// renewalOf is when a certificate should have been renewed for long: two weeks
// before its end, or a sixth of its time where that is short.
func renewalOf(c *survey.Certificate) time.Duration {
	return min(14*24*time.Hour, c.NotAfter.Sub(c.NotBefore)/6)
}

const maxNames = 5

func names(given []string) string {
	var shown []string
	for _, name := range given[:min(len(given), maxNames)] {
		shown = append(shown, fmt.Sprintf("%.100q", name))
	}
	if more := len(given) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more names", more))
	}
	return and(shown)
}

func minute(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// roughly words a span for people.
func roughly(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return amount(int(d/day), "day")
	case d >= 2*time.Hour:
		return amount(int(d/time.Hour), "hour")
	default:
		return amount(int(d/time.Minute), "minute")
	}
}

func amount(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
