package tlsrpt

import "slices"

// PolicyType says which mechanism a policy belongs to (RFC 8460, section 4.4).
// Values other than the three below occur and are kept as sent.
type PolicyType string

const (
	PolicyTLSA     PolicyType = "tlsa"            // DANE, RFC 7672.
	PolicySTS      PolicyType = "sts"             // MTA-STS, RFC 8461.
	PolicyNotFound PolicyType = "no-policy-found" // Neither applied.
)

// Known reports whether t is one of the types that RFC 8460 defines.
func (t PolicyType) Known() bool {
	return t == PolicyTLSA || t == PolicySTS || t == PolicyNotFound
}

// ResultType names a kind of failure (RFC 8460, section 4.3; IANA registry
// "STARTTLS Validation Result Types"). Unknown values are kept as sent.
type ResultType string

const (
	// Negotiation failures, RFC 8460, section 4.3.1.
	ResultSTARTTLSNotSupported    ResultType = "starttls-not-supported"
	ResultCertificateHostMismatch ResultType = "certificate-host-mismatch"
	ResultCertificateExpired      ResultType = "certificate-expired"
	ResultCertificateNotTrusted   ResultType = "certificate-not-trusted"

	// Policy failures of DANE, RFC 8460, section 4.3.2.1.
	ResultTLSAInvalid   ResultType = "tlsa-invalid"
	ResultDNSSECInvalid ResultType = "dnssec-invalid"
	ResultDANERequired  ResultType = "dane-required"

	// Policy failures of MTA-STS, RFC 8460, section 4.3.2.2.
	ResultSTSPolicyFetchError ResultType = "sts-policy-fetch-error"
	ResultSTSPolicyInvalid    ResultType = "sts-policy-invalid"
	ResultSTSWebPKIInvalid    ResultType = "sts-webpki-invalid"

	// Everything else, RFC 8460, section 4.3.3.
	ResultValidationFailure ResultType = "validation-failure"
)

// ResultTypes lists the registered result types in the order of RFC 8460.
func ResultTypes() []ResultType {
	return slices.Clone(resultTypes)
}

var resultTypes = []ResultType{
	ResultSTARTTLSNotSupported,
	ResultCertificateHostMismatch,
	ResultCertificateExpired,
	ResultCertificateNotTrusted,
	ResultTLSAInvalid,
	ResultDNSSECInvalid,
	ResultDANERequired,
	ResultSTSPolicyFetchError,
	ResultSTSPolicyInvalid,
	ResultSTSWebPKIInvalid,
	ResultValidationFailure,
}

// Known reports whether t stands in the IANA registry.
func (t ResultType) Known() bool {
	return slices.Contains(resultTypes, t)
}
