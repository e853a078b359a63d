package archive

import "time"

// SchemaVersion is the version of [Line] that this program writes.
const SchemaVersion = 1

// Line is a report at rest: one line of JSON, one file. Its JSON names are the
// columns of the Athena table.
type Line struct {
	SchemaVersion    int            `json:"schema_version"`
	ReportKey        string         `json:"report_key"` // SHA-256 of ReportJSON, 64 hex digits.
	ReceivedAt       time.Time      `json:"received_at"`
	Channel          Channel        `json:"channel"`
	Trust            Trust          `json:"trust"`
	TrustDomain      string         `json:"trust_domain"` // d= of the DKIM signature; empty under TrustNone.
	OrganizationName string         `json:"organization_name"`
	ContactInfo      string         `json:"contact_info"`
	ReportID         string         `json:"report_id"`
	StartDatetime    time.Time      `json:"start_datetime"`
	EndDatetime      time.Time      `json:"end_datetime"`
	Policies         []PolicyResult `json:"policies"`
	Deviations       []string       `json:"deviations"`  // What the reporter got wrong: codes of tlsrpt.Deviation.
	ReportJSON       string         `json:"report_json"` // The report as sent, compacted, unknown members and all.
}

// PolicyResult is one element of a report's "policies". Never add counts
// across policy types: the same sessions may stand under "sts" and "tlsa"
// (RFC 8460, section 4).
type PolicyResult struct {
	PolicyType                  string           `json:"policy_type"`
	PolicyString                []string         `json:"policy_string"`
	PolicyDomain                string           `json:"policy_domain"`
	MXHost                      []string         `json:"mx_host"`
	TotalSuccessfulSessionCount int64            `json:"total_successful_session_count"`
	TotalFailureSessionCount    int64            `json:"total_failure_session_count"`
	FailureDetails              []FailureDetails `json:"failure_details"`
}

// FailureDetails is one kind of failure under one policy.
type FailureDetails struct {
	ResultType            string `json:"result_type"`
	SendingMTAIP          string `json:"sending_mta_ip"`
	ReceivingMXHostname   string `json:"receiving_mx_hostname"`
	ReceivingMXHelo       string `json:"receiving_mx_helo"`
	ReceivingIP           string `json:"receiving_ip"`
	FailedSessionCount    int64  `json:"failed_session_count"`
	AdditionalInformation string `json:"additional_information"`
	FailureReasonCode     string `json:"failure_reason_code"`
}

// Channel says how a report came.
type Channel string

const (
	ChannelHTTPS Channel = "https" // RFC 8460, section 5.4.
	ChannelMail  Channel = "mail"  // RFC 8460, section 5.3.
)

// Trust says what vouches for a report's origin.
type Trust string

const (
	TrustDKIM Trust = "dkim" // An aligned DKIM signature of the reporting domain (RFC 8460, section 3).
	TrustNone Trust = "none" // Nothing: whoever knows the address could have sent it.

	// TrustUnknown is of what is in quarantine, and may be authenticated: DNS did
	// not answer.
	TrustUnknown Trust = "unknown"
)
