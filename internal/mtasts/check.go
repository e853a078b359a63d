package mtasts

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Problem is a reason not to publish a policy, and how to mend it.
type Problem struct {
	Field   string // JSON Pointer into the policy as people write it: "/mode", "/mx/0", "/max_age".
	Message string
}

// Normalize returns p with every mx in the form in which it is served. An mx
// without such a form stays as it is, for [Policy.Check] to name.
func (p Policy) Normalize() Policy {
	p.MX = slices.Clone(p.MX)
	for i, mx := range p.MX {
		if name, err := NormalizeMX(mx); err == nil {
			p.MX[i] = name
		}
	}
	return p
}

// Check lists everything for which p could not be published safely; none if it
// can be.
func (p Policy) Check() []Problem {
	var problems []Problem
	report := func(field, format string, args ...any) {
		problems = append(problems, Problem{field, fmt.Sprintf(format, args...)})
	}
	if !p.Mode.Known() {
		report("/mode", "the mode is %.60q: write enforce, testing or none", string(p.Mode))
	}
	p.checkMX(report)
	if p.MaxAge < MinMaxAge || p.MaxAge > MaxMaxAge {
		report("/max_age", "max_age is %d seconds: write %d (a day) to %d (a year)", p.MaxAge, MinMaxAge, MaxMaxAge)
	}
	return problems
}

func (p Policy) checkMX(report func(field, format string, args ...any)) {
	if len(p.MX) == 0 {
		report("/mx", "no mx is listed: list the hosts that receive mail, in mode none too, since some senders demand it")
	}
	if len(p.MX) > MaxMX {
		report("/mx", "%d mx are listed: list at most %d; *.example.com stands for many hosts", len(p.MX), MaxMX)
	}
	first := make(map[string]int, len(p.MX))
	for i, mx := range p.MX {
		j, seen := first[mx]
		if !seen {
			first[mx] = i
		}
		if message := mxProblem(mx); message != "" {
			report(mxField(i), "%s", message)
		} else if seen {
			report(mxField(i), "%q is listed at %s already: take one out", mx, mxField(j))
		}
	}
	if size := len(p.Render()); size > MaxPolicySize {
		report("/mx", "the policy is %d bytes long: list fewer mx, until it is at most %d", size, MaxPolicySize)
	}
}

// mxProblem says why an MX pattern may not be published as it is.
func mxProblem(mx string) string {
	if mx == "*" {
		return "* alone is no pattern: write the host names, or *. and your own domain"
	}
	name, err := NormalizeMX(mx)
	if err != nil {
		return err.Error()
	}
	if name != mx {
		return fmt.Sprintf("%.60q is not in its plain form: write %q", mx, name)
	}
	domain, wildcard := strings.CutPrefix(name, wildcardPrefix)
	if wildcard && isPublicSuffix(domain) {
		return fmt.Sprintf("%q lets every host under %s pass for yours, and strangers have names there: write the host names, or *. and your own domain", mx, domain)
	}
	return ""
}

// isPublicSuffix goes by the whole list, the private part of it too: what
// counts is that strangers get names there, not who sells them.
func isPublicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// mxField is the [Problem.Field] of the i-th mx.
func mxField(i int) string {
	return fmt.Sprintf("/mx/%d", i)
}
