package digest

import (
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/trust"
)

// Query is what an engine is asked to sum.
type Query struct {
	Week    Week      // That the digest is of.
	Earlier int       // How many weeks before it are summed too, to compare with.
	Since   time.Time // What came from here on had not come when the last digest was made.
	Counts  Counts
	Signers trust.Signers // Whose reports count as authenticated; applied by [Sums], not by engines.
}

// Counts reports whether what a report says about a domain is to be counted.
// Under policy type tlsa a reporter may name an MX host for the domain, so more
// is counted then, and nothing less.
type Counts func(policyDomain string, tlsa bool) bool

// Start is the first moment of the earliest week.
func (q Query) Start() time.Time { return q.Week.Start().AddDate(0, 0, -7*q.Earlier) }

// End is the first moment after the week that the digest is of.
func (q Query) End() time.Time { return q.Week.End() }

// The rows below are all that a digest is made of: what an engine that read and
// grouped the reports adds to [Sums]. A row is what GROUP BY yields, with an
// Origin and the other names as the key, and sums of the counts. Rows may come
// in any order and in parts: those of one key add up, and nothing that is added
// depends on how it was cut up. So an engine may add what one report says, or
// what a page of a result holds.
//
// Each report counts once, by the best of its copies, as package linesum has it.
// Texts are as the reporter wrote them. A count below zero is no count: it adds
// nothing. Sums end at the largest int64, and so must an engine's own: reporters
// may claim any count.

// Origin begins the key of every row.
type Origin struct {
	Week         Week   // In which the report's range starts.
	PolicyDomain string // Lower case, A-labels, as in every line of the archive.
	Trust        archive.Trust
	TrustDomain  string
	Organization string
}

// ReportsRow counts reports about a domain. A report counts once however many
// policies of the domain it has, and stands in one row.
type ReportsRow struct {
	Origin
	TLSA bool // One of the policies is of type tlsa.
	Late bool // They were received at Query.Since or later.

	Reports int64
	Failing int64 // Of Reports: with failed sessions, or failure-details even without a count.
	Copies  int64 // Besides Reports: left out, since a better copy counts. They may come in a row of their own, of any origin in that week.
}

// ResultRow sums sessions under one policy type. A report counts once however
// many policies of that type it has.
type ResultRow struct {
	Origin
	PolicyType string

	Reports            int64
	SuccessfulSessions int64
	FailedSessions     int64
	UndetailedFailures int64 // Of FailedSessions: of policies without any failure-details.
}

// FailureRow sums failure-details of one result type at one MX.
type FailureRow struct {
	Origin
	PolicyType          string
	ResultType          string
	ReceivingMXHostname string // Its case and a trailing dot make no difference.

	FailedSessions int64
	ByDay          [7]int64  // FailedSessions by the UTC day on which the range starts, Monday first.
	FirstDay       time.Time // The earliest of these days, whatever the count; any moment of it will do.
	LastDay        time.Time

	// Example is the greatest of the failure-details by ExampleSessions, their
	// failed-session-count, then by the texts of Example in their order; only
	// those with any of the texts are candidates. In SQL it is one
	//	max(ROW(failed_session_count, sending_mta_ip, ...))
	// Texts are compared as far as [ExampleLength] goes.
	Example         Example
	ExampleSessions int64
}

// ExampleLength is how many characters of each text of an Example count: one
// more than are shown.
const ExampleLength = textLength + 1
