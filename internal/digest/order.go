package digest

import (
	"cmp"
	"slices"

	"sealpost/internal/tlsrpt"
)

func compareResults(a, b Result) int {
	return cmp.Or(
		cmp.Compare(trustOrder(a.Trust), trustOrder(b.Trust)),
		cmp.Compare(policyTypeOrder(a.PolicyType), policyTypeOrder(b.PolicyType)),
		cmp.Compare(a.PolicyType, b.PolicyType),
	)
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

func compareWitnesses(a, b Witness) int {
	return cmp.Or(
		cmp.Compare(b.FailedSessions, a.FailedSessions),
		cmp.Compare(a.Organization, b.Organization),
		cmp.Compare(a.TrustDomain, b.TrustDomain),
	)
}
