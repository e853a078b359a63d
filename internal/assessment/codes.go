package assessment

import (
	"slices"
	"strings"
)

// Code names a kind of problem. docs/check.md tells of each.
type Code string

// Those of a policy text are "policy-" and a Trait of package mtasts.
const (
	RecordMissing  Code = "record-missing"
	RecordSeveral  Code = "record-several"
	RecordSyntax   Code = "record-syntax"
	RecordSecondID Code = "record-second-id"
	RecordLoop     Code = "record-cname-loop"
	RecordDangling Code = "record-dangling"

	PolicyNoAddress   Code = "policy-host-no-address"
	PolicyLoop        Code = "policy-host-cname-loop"
	PolicyNotPublic   Code = "policy-host-not-public"
	PolicyUnreachable Code = "policy-host-unreachable"
	PolicyTLSFailed   Code = "policy-tls-failed"
	PolicyTLSOld      Code = "policy-tls-old"
	PolicyOldCipher   Code = "policy-tls-old-cipher"
	PolicyNoCommon    Code = "policy-tls-nothing-in-common"
	PolicyOldGroups   Code = "policy-tls-old-groups"
	PolicyRedirect    Code = "policy-redirect"
	PolicyStatus      Code = "policy-status"
	PolicyMediaType   Code = "policy-media-type"
	PolicyTooLarge    Code = "policy-too-large"
	PolicyCutOff      Code = "policy-cut-off"
	PolicySlow        Code = "policy-slow"
	PolicyTimeout     Code = "policy-timeout"
	PolicyDiffers     Code = "policy-differs"
	PolicyAdvice      Code = "policy-advice"
	PolicyNotOurs     Code = "policy-not-as-published"
	IDNotOfPolicy     Code = "id-not-of-policy"

	DomainNotFound   Code = "domain-not-found"
	MXNone           Code = "mx-none"
	MXNull           Code = "mx-null"
	MXNullBeside     Code = "mx-null-beside-hosts"
	MXImplicit       Code = "mx-implicit"
	MXLoop           Code = "mx-cname-loop"
	MXNotCovered     Code = "mx-not-covered"
	MXPatternUnused  Code = "mx-pattern-unused"
	MXNotCoveredKept Code = "mx-not-covered-by-kept-policy"
	MXNoAddress      Code = "mx-no-address"
	MXIsAddress      Code = "mx-names-address"
	MXNotPublic      Code = "mx-not-public"
	MXAlias          Code = "mx-alias"
	MXNoStartTLS     Code = "mx-no-starttls"
	MXStripped       Code = "mx-starttls-stripped"
	MXRefusesTLS     Code = "mx-starttls-refused"
	MXTLSFailed      Code = "mx-tls-failed"
	MXTLSOld         Code = "mx-tls-old"
	MXOldCipher      Code = "mx-tls-old-cipher"
	MXNoCommon       Code = "mx-tls-nothing-in-common"
	MXOldGroups      Code = "mx-tls-old-groups"

	TLSRPTMissing  Code = "tlsrpt-missing"
	TLSRPTSeveral  Code = "tlsrpt-several"
	TLSRPTSyntax   Code = "tlsrpt-syntax"
	TLSRPTLoop     Code = "tlsrpt-cname-loop"
	TLSRPTDangling Code = "tlsrpt-dangling"
	RUANoMail      Code = "rua-no-mail"
	RUAUnreachable Code = "rua-unreachable"
	RUACertificate Code = "rua-certificate"
	RUATLSOld      Code = "rua-tls-old"
	RUAFails       Code = "rua-fails"
	RUAStatus      Code = "rua-status"
)

// isOfTLS reports whether a problem is about the TLS of an MX host, for which
// senders ask only by a policy.
func (c Code) isOfTLS() bool {
	return slices.Contains([]Code{MXNoStartTLS, MXStripped, MXRefusesTLS, MXTLSFailed, MXTLSOld, MXOldCipher, MXNoCommon, MXOldGroups}, c) || strings.HasPrefix(string(c), "mx-certificate-")
}
