package digest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sealpost/internal/tlsrpt"
)

// grouped writes 1234567 as 1,234,567.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// amount writes "no reports", "1 report", "2,000 reports".
func amount[N int | int64](n N, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	default:
		return grouped(int64(n)) + " " + thing + "s"
	}
}

// days writes a span of days without the year.
func days(first, last time.Time) string {
	switch {
	case first.Equal(last):
		return last.Format("2 January")
	case first.Month() == last.Month():
		return first.Format("2") + " to " + last.Format("2 January")
	default:
		return first.Format("2 January") + " to " + last.Format("2 January")
	}
}

// Span writes the week's days, such as "16 to 22 November 2026".
func (d Digest) Span() string {
	sunday := d.End.AddDate(0, 0, -1)
	if d.Start.Year() != sunday.Year() {
		return d.Start.Format("2 January 2006") + " to " + sunday.Format("2 January 2006")
	}
	return days(d.Start, sunday) + sunday.Format(" 2006")
}

// Days writes when the failure was seen, such as "17 to 19 November".
func (f Failure) Days() string {
	return days(f.FirstDay, f.LastDay)
}

// Policy names the result's policy type as people know it.
func (r Result) Policy() string {
	switch tlsrpt.PolicyType(r.PolicyType) {
	case tlsrpt.PolicySTS:
		return "MTA-STS"
	case tlsrpt.PolicyTLSA:
		return "DANE"
	case tlsrpt.PolicyNotFound:
		return "No policy found"
	case "":
		return "Policy type not given"
	default:
		return "Policy type " + r.PolicyType
	}
}

// Sessions writes "1,447 sessions, 213 failed".
func (r Result) Sessions() string {
	all := plus(r.SuccessfulSessions, r.FailedSessions)
	switch {
	case all == 0:
		return "no sessions"
	case r.FailedSessions == 0:
		return amount(all, "session") + ", none failed"
	default:
		return amount(all, "session") + ", " + grouped(r.FailedSessions) + " failed"
	}
}

// MX names the MX that failed.
func (f Failure) MX() string {
	if f.ReceivingMXHostname == "" {
		return "MX not named"
	}
	return f.ReceivingMXHostname
}

// Name names the reporter and, after its own word, the domain that vouches.
func (r Reporter) Name() string {
	return reporterName(r.Organization, r.TrustDomain)
}

func reporterName(organization, trustDomain string) string {
	organization = Readable(organization, nameLength) // A name may be told apart by what is not shown.
	if organization == "" {
		organization = "unnamed organization"
	}
	if trustDomain == "" {
		return organization
	}
	return organization + " (" + trustDomain + ")"
}

// SeenBy writes who saw the failure, and how often.
func (f Failure) SeenBy() string {
	var names []string
	for _, w := range f.Witnesses {
		names = append(names, reporterName(w.Organization, w.TrustDomain)+": "+grouped(w.FailedSessions))
	}
	if f.OtherWitnesses > 0 {
		names = append(names, "others: "+grouped(f.OtherWitnesses))
	}
	return strings.Join(names, "; ")
}

// String writes what is known of the example, or nothing.
func (e Example) String() string {
	var parts []string
	if e.SendingMTAIP != "" {
		parts = append(parts, "from "+e.SendingMTAIP)
	}
	if e.ReceivingIP != "" {
		parts = append(parts, "to "+e.ReceivingIP)
	}
	if e.FailureReasonCode != "" {
		parts = append(parts, "reason "+e.FailureReasonCode)
	}
	if e.AdditionalInformation != "" {
		parts = append(parts, "information "+e.AdditionalInformation)
	}
	return strings.Join(parts, "; ")
}

// Undetailed says that a reporter kept the causes to itself, or nothing.
func (r Result) Undetailed() string {
	if r.UndetailedFailures == 0 {
		return ""
	}
	return fmt.Sprintf("No details given for %s.", amount(r.UndetailedFailures, "failed session"))
}

// Words says how the domain fared.
func (s Standing) Words() string {
	switch s {
	case Failing:
		return "failures"
	case SaidToFail:
		return "failures, unauthenticated"
	case NoReport:
		return "no report"
	default:
		return "no failure"
	}
}

// Title names the policy type and what vouches for the numbers.
func (r Result) Title() string {
	if r.Authenticated() {
		return r.Policy()
	}
	return r.Policy() + ", unauthenticated"
}
