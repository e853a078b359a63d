// Package tlsrpt implements SMTP TLS Reporting, RFC 8460.
//
// It reads reports as liberally as real reporters need, and records what each
// of them got wrong: see [Decode] and [Deviation]. It knows no storage, no
// network and no clock.
package tlsrpt

import "time"

// Report is an aggregate report in the shape of RFC 8460, section 4.4, with
// every tolerated oddity already put right.
type Report struct {
	OrganizationName string // Reporter's name for itself; free text, not authenticated.
	DateRange        DateRange
	ContactInfo      string // Mail address of whoever is responsible; may be empty.
	ReportID         string // Unique only within one organization, and not always even there.
	Policies         []PolicyResult
}

// DateRange is the time the report covers, in UTC.
type DateRange struct {
	Start time.Time
	End   time.Time // Some reporters give the day's last second, some the next midnight.
}

// PolicyResult is one element of "policies": what happened under one policy.
// The same sessions may stand under several policies (RFC 8460, section 4), so
// counts must never be added across policy types.
type PolicyResult struct {
	Policy         Policy
	Summary        Summary
	FailureDetails []FailureDetails
}

// Policy is the policy that the Sending MTA applied.
type Policy struct {
	Type    PolicyType
	Strings []string // Lines of an MTA-STS policy, or TLSA records; as sent.
	Domain  string   // Policy Domain, lower-case; empty where the report left it out.
	MXHosts []string // MX patterns of the policy.
}

// Summary counts the sessions under one policy (RFC 8460, section 4.2).
type Summary struct {
	TotalSuccessfulSessionCount int64
	TotalFailureSessionCount    int64
}

// FailureDetails describes one kind of failure. FailedSessionCount over all
// details need not add up to the total (RFC 8460, section 4).
type FailureDetails struct {
	ResultType            ResultType
	SendingMTAIP          string // Canonical where it is an address, else as sent.
	ReceivingMXHostname   string
	ReceivingMXHelo       string
	ReceivingIP           string // Canonical where it is an address, else as sent.
	FailedSessionCount    int64
	AdditionalInformation string // Meant to be a URI; never follow it.
	FailureReasonCode     string
}
