package alert

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/tlsrpt"
)

// failure is what failed at an MX, by one report.
type failure struct {
	policyType tlsrpt.PolicyType
	resultType tlsrpt.ResultType // Empty where the report does not say.
	mx         string            // The same.
	reason     string            // A reason code of those that are given.
	sessions   int64
	enforced   bool // The report has the policy, and that is in mode enforce.
}

// stopsMail says whether failures under a policy type can keep mail away. Where
// no policy applies, mail is delivered all the same.
func stopsMail(t tlsrpt.PolicyType) bool {
	return t == tlsrpt.PolicySTS || t == tlsrpt.PolicyTLSA
}

// modeOf is the mode of the policy that a sender went by, as far as the report
// has it; else empty. It may be another than what is served now: what has become
// of mail goes by this one.
func modeOf(policy tlsrpt.Policy) mtasts.Mode {
	if policy.Type != tlsrpt.PolicySTS {
		return ""
	}
	gist, _ := mtasts.Gist([]byte(strings.Join(policy.Strings, "\n"))) // The mode may be there, though another field is not.
	if !gist.Mode.Known() {
		return ""
	}
	return gist.Mode
}

// failuresIn gives the failures in a report that can keep mail away, by the
// Policy Domain. Under a policy in another mode than enforce senders deliver all
// the same (RFC 8461, section 5).
func failuresIn(report tlsrpt.Report) map[string][]failure {
	found := make(map[string][]failure)
	for _, result := range report.Policies {
		mode := modeOf(result.Policy)
		if !stopsMail(result.Policy.Type) || mode != "" && mode != mtasts.ModeEnforce {
			continue
		}
		domain, enforced := result.Policy.Domain, mode == mtasts.ModeEnforce
		for _, details := range result.FailureDetails {
			found[domain] = add(found[domain], failure{
				result.Policy.Type, details.ResultType, strings.ToLower(details.ReceivingMXHostname), details.FailureReasonCode, details.FailedSessionCount, enforced,
			})
		}
		if total := result.Summary.TotalFailureSessionCount; total > 0 && len(result.FailureDetails) == 0 {
			found[domain] = add(found[domain], failure{policyType: result.Policy.Type, sessions: total, enforced: enforced})
		}
	}
	return found
}

// inForce gives those of failures that keep mail away while a policy in some mode
// is served. Who fetched one in mode enforce before holds it on.
func inForce(failures []failure, served mtasts.Mode) []failure {
	if served == mtasts.ModeEnforce {
		return failures
	}
	return slices.DeleteFunc(slices.Clone(failures), func(f failure) bool { return !f.enforced })
}

// at gives failures their MX host where they have none.
func at(host string, failures []failure) []failure {
	for i := range failures {
		failures[i].mx = cmp.Or(failures[i].mx, host)
	}
	return failures
}

// maxFailures bounds what is looked at of a domain, of which so many can't be
// told anyway.
const maxFailures = 10 * maxCauses

func add(failures []failure, f failure) []failure {
	i := slices.IndexFunc(failures, func(g failure) bool {
		return g.policyType == f.policyType && g.resultType == f.resultType && g.mx == f.mx && g.enforced == f.enforced
	})
	switch {
	case i >= 0:
		failures[i].sessions = plus(failures[i].sessions, f.sessions)
	case len(failures) < maxFailures:
		failures = append(failures, f)
	}
	return failures
}

// plus adds what reporters count, which may be anything, and stays at the most
// that there can be.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// key is the same for what is the same to those who are told. What a reporter
// makes up, be it a host or a result type, is all one, so that nobody is woken
// for each.
func (f failure) key(policyMX []string) string {
	resultType, mx := string(f.resultType), "elsewhere"
	if !f.resultType.Known() {
		resultType = "other"
	}
	if i := slices.IndexFunc(policyMX, func(pattern string) bool { return mtasts.MatchMX(pattern, f.mx) }); i >= 0 {
		mx = policyMX[i]
	}
	return strings.Join([]string{string(f.policyType), resultType, mx}, " ")
}
