package digest

import (
	"cmp"
	"slices"

	"sealpost/internal/tlsrpt"
)

// compareDomains puts those first that somebody must act on, the worst of them
// first.
func compareDomains(a, b Domain) int {
	return cmp.Or(
		cmp.Compare(a.Standing.urgency(), b.Standing.urgency()),
		cmp.Compare(b.failedSessions(), a.failedSessions()),
		cmp.Compare(a.PolicyDomain, b.PolicyDomain),
	)
}

func (s Standing) urgency() int {
	return slices.Index([]Standing{Failing, SaidToFail, NoReport, NoFailure}, s)
}

// failedSessions is the largest number that a result gives, not the sum, which
// would count sessions twice. Unauthenticated results say how bad it is only
// where there is nothing better.
func (d Domain) failedSessions() int64 {
	most := int64(0)
	for _, r := range d.Results {
		if r.Authenticated() || d.Standing != Failing {
			most = max(most, r.FailedSessions)
		}
	}
	return most
}

func compareResults(a, b Result) int {
	return cmp.Or(
		cmp.Compare(trustOrder(a), trustOrder(b)),
		cmp.Compare(policyTypeOrder(a.PolicyType), policyTypeOrder(b.PolicyType)),
		cmp.Compare(a.PolicyType, b.PolicyType),
	)
}

func trustOrder(r Result) int {
	if r.Authenticated() {
		return 0
	}
	return 1
}

func policyTypeOrder(policyType string) int {
	known := []tlsrpt.PolicyType{tlsrpt.PolicySTS, tlsrpt.PolicyTLSA, tlsrpt.PolicyNotFound}
	if i := slices.Index(known, tlsrpt.PolicyType(policyType)); i >= 0 {
		return i
	}
	return len(known)
}

func compareReporters(a, b Reporter) int {
	return cmp.Or(
		cmp.Compare(plus(b.SuccessfulSessions, b.FailedSessions), plus(a.SuccessfulSessions, a.FailedSessions)),
		cmp.Compare(a.Organization, b.Organization),
		cmp.Compare(a.TrustDomain, b.TrustDomain),
	)
}

func compareFailures(a, b Failure) int {
	return cmp.Or(
		cmp.Compare(b.FailedSessions, a.FailedSessions),
		cmp.Compare(a.ResultType, b.ResultType),
		cmp.Compare(a.ReceivingMXHostname, b.ReceivingMXHostname),
	)
}

func compareWitnesses(a, b Witness) int {
	return cmp.Or(
		cmp.Compare(b.FailedSessions, a.FailedSessions),
		cmp.Compare(a.Organization, b.Organization),
		cmp.Compare(a.TrustDomain, b.TrustDomain),
	)
}
