// Package digest sums a week of TLS reports (RFC 8460) and says what they mean.
//
// It knows no storage and no clock: whoever reads the reports adds rows to
// [Sums], which make a [Digest], and that writes itself as plain text, as HTML
// and as JSON.
//
// Whatever a reporter wrote has passed through [Readable] before it stands in a
// Digest, and is safe to show on a terminal.
package digest

import (
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/mtasts"
)

// Digest is what the reports of one week say about a set of Policy Domains,
// beside those of some weeks before.
type Digest struct {
	Week            Week      `json:"week"`
	Start           time.Time `json:"start"`
	End             time.Time `json:"end"`                     // The first moment after the week.
	Running         bool      `json:"running"`                 // The week is not over.
	Earlier         int       `json:"earlier_weeks"`           // How many weeks before it are compared with, as far as there are reports of them.
	Reports         int64     `json:"reports"`                 // One about two of the domains counts for each.
	Unauthenticated int64     `json:"unauthenticated_reports"` // Of Reports, those without authentication, and those of distrusted signers.
	Late            int64     `json:"late_reports"`            // About earlier weeks, come since the digest before.
	Copies          int64     `json:"copies"`                  // Reports left out, because a better copy of them counts.
	OtherDomains    bool      `json:"other_domains"`           // What reports say about other domains is left out.
	Damaged         []string  `json:"damaged_reports"`         // Keys of reports, of any week, that cannot be read.
	Findings        []Finding `json:"findings"`                // About no domain alone, the most urgent first.
	Domains         []Domain  `json:"domains"`                 // What hurts most first.
}

// Domain is what there is to say about one Policy Domain.
type Domain struct {
	PolicyDomain    string      `json:"policy_domain"`
	Mode            mtasts.Mode `json:"mode"` // Of the policy that is served; empty where none is, or nobody asked.
	Standing        Standing    `json:"standing"`
	Reports         int64       `json:"reports"`
	Unauthenticated int64       `json:"unauthenticated_reports"`
	Copies          int64       `json:"copies"`
	Findings        []Finding   `json:"findings"` // The most urgent first.
	Results         []Result    `json:"results"`  // Authenticated ones first.
}

// Standing says in one word how a domain fared.
type Standing string

const (
	Failing    Standing = "failing"      // Authenticated reports tell of failures.
	SaidToFail Standing = "said-to-fail" // Only unauthenticated reports do.
	NoReport   Standing = "no-report"    // Nothing is known: this is not "no failure".
	NoFailure  Standing = "no-failure"   // There are reports, and none tells of a failure.
)

// Result sums the sessions of one domain under one policy type, as told by
// reports of one trust. Never add Results: the same sessions may stand under
// several policy types (RFC 8460, section 4), and whoever knows the address can
// send an unauthenticated report.
type Result struct {
	PolicyType         string        `json:"policy_type"`
	Trust              archive.Trust `json:"trust"`
	Reports            int64         `json:"reports"`
	SuccessfulSessions int64         `json:"successful_sessions"`
	FailedSessions     int64         `json:"failed_sessions"`
	UndetailedFailures int64         `json:"undetailed_failed_sessions"` // Of FailedSessions, those reported without details.
	Before             *Sessions     `json:"week_before,omitempty"`      // Nil where that week has no report.
	Reporters          []Reporter    `json:"reporters"`
	OtherReports       int64         `json:"reports_of_other_reporters"`
	OtherFailures      OtherFailures `json:"other_failures"` // Besides those among the findings.
}

// Sessions are those of the week before, to compare with.
type Sessions struct {
	Reports            int64 `json:"reports"`
	SuccessfulSessions int64 `json:"successful_sessions"`
	FailedSessions     int64 `json:"failed_sessions"`
}

// Reporter is an organization that sent reports.
type Reporter struct {
	Organization       string `json:"organization_name"`    // Its own word.
	TrustDomain        string `json:"trust_domain"`         // The domain that signed; empty if none did.
	Distrusted         bool   `json:"distrusted,omitempty"` // TrustDomain is a distrusted signer.
	Reports            int64  `json:"reports"`
	SuccessfulSessions int64  `json:"successful_sessions"`
	FailedSessions     int64  `json:"failed_sessions"`
}

// Failure is a cause: one result type at one MX, under one policy type and as
// told by reports of one trust. The sessions of several need not add up to those
// of a Result: one session may count under several causes.
type Failure struct {
	PolicyType          string        `json:"policy_type"`
	Trust               archive.Trust `json:"trust"`
	ResultType          string        `json:"result_type"`           // Empty where the reports left it out.
	ReceivingMXHostname string        `json:"receiving_mx_hostname"` // Empty where the reports left it out.
	State               State         `json:"state"`
	Week                Week          `json:"week"` // That the numbers are of: an earlier one where the cause is gone or unheard of.
	FailedSessions      int64         `json:"failed_sessions"`
	OfSessions          int64         `json:"of_sessions"`            // All of the Result; 0 where they are fewer than FailedSessions.
	ByDay               [7]int64      `json:"failed_sessions_by_day"` // By the day on which a report's range starts, Monday first.
	FirstDay            time.Time     `json:"first_day"`              // In the week.
	LastDay             time.Time     `json:"last_day"`               // In the week.
	Since               time.Time     `json:"since"`                  // The first day of all weeks in a row that have it, of those with reports.
	OrEarlier           bool          `json:"or_earlier"`             // Since is in the earliest of the weeks with reports.
	SeenBefore          time.Time     `json:"seen_before,omitzero"`   // Of a cause that is back: the last day before.
	Witnesses           []Witness     `json:"witnesses"`
	OtherWitnesses      int64         `json:"failed_sessions_of_other_witnesses"`
	Example             Example       `json:"example"`
}

// Witness is an organization whose sessions failed.
type Witness struct {
	Organization   string `json:"organization_name"`
	TrustDomain    string `json:"trust_domain"`
	Distrusted     bool   `json:"distrusted,omitempty"`
	FailedSessions int64  `json:"failed_sessions"`
}

// Example is taken from the failure-details with the most failed sessions of
// those that say anything.
type Example struct {
	SendingMTAIP          string `json:"sending_mta_ip"`
	ReceivingIP           string `json:"receiving_ip"`
	FailureReasonCode     string `json:"failure_reason_code"`
	AdditionalInformation string `json:"additional_information"` // Meant to be a URI; never follow it.
}

// OtherFailures sums the failures that are too many to list.
type OtherFailures struct {
	Kinds          int   `json:"kinds"` // At least so many.
	FailedSessions int64 `json:"failed_sessions"`
}
