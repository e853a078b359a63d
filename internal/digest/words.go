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

// Name is the result type as reported.
func (f Failure) Name() string {
	if f.ResultType == "" {
		return "no result type"
	}
	return Word(f.ResultType)
}

// Course says since when there is the cause.
func (f Failure) Course() string {
	switch {
	case f.State == New:
		return "new this week"
	case f.State == Still && f.OrEarlier:
		return "still there, since " + f.Since.Format("2 January") + " or earlier"
	case f.State == Still:
		return "still there, since " + f.Since.Format("2 January")
	case f.State == Back:
		return "back, last seen on " + f.SeenBefore.Format("2 January")
	case f.State == First:
		return "no earlier report to compare with"
	default:
		return "seen in week " + f.Week.String()
	}
}

// Failed writes how many sessions failed, of how many where the reports tell,
// such as "34 of 907 sessions failed (3.7%)".
func (f Failure) Failed() string {
	switch {
	case f.FailedSessions == 0:
		return "the reports do not say how many sessions"
	case f.OfSessions == 0:
		return amount(f.FailedSessions, "session") + " failed"
	}
	return fmt.Sprintf("%s of %s failed (%s)", grouped(f.FailedSessions), amount(f.OfSessions, "session"), percent(f.FailedSessions, f.OfSessions))
}

// percent never rounds to none or all.
func percent(part, whole int64) string {
	share := 100 * float64(part) / float64(whole)
	switch {
	case part == whole:
		return "100%"
	case share > 99:
		return "over 99%"
	case share >= 9.95:
		return fmt.Sprintf("%.0f%%", share)
	case share >= 0.1:
		return fmt.Sprintf("%.1f%%", share)
	case share >= 0.001:
		return fmt.Sprintf("%.3f%%", share)
	default:
		return "under 0.001%"
	}
}

// Daily writes the failed sessions of each day, where there is more than one.
func (f Failure) Daily() string {
	if f.FirstDay.Equal(f.LastDay) {
		return ""
	}
	numbers := make([]string, len(f.ByDay))
	for i, n := range f.ByDay {
		numbers[i] = grouped(n)
	}
	return "Monday to Sunday: " + strings.Join(numbers, " ")
}

// Days writes when the failure was seen, such as "17 to 19 November".
func (f Failure) Days() string {
	return days(f.FirstDay, f.LastDay)
}

// Policy names the result's policy type as people know it.
func (r Result) Policy() string { return policyName(r.PolicyType) }

func policyName(policyType string) string {
	switch tlsrpt.PolicyType(policyType) {
	case tlsrpt.PolicySTS:
		return "MTA-STS"
	case tlsrpt.PolicyTLSA:
		return "DANE"
	case tlsrpt.PolicyNotFound:
		return "No policy found"
	case "":
		return "Policy type not given"
	default:
		return "Policy type " + Word(policyType)
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
		return amount(all, "session") + ", " + grouped(r.FailedSessions) + " failed (" + percent(r.FailedSessions, all) + ")"
	}
}

// WeekBefore sets the sessions beside those of the week before.
func (r Result) WeekBefore() string {
	if r.Before == nil {
		return "The week before had no report."
	}
	before := Result{SuccessfulSessions: r.Before.SuccessfulSessions, FailedSessions: r.Before.FailedSessions}
	return "The week before: " + before.Sessions() + "."
}

// MX names the MX that failed.
func (f Failure) MX() string {
	if f.ReceivingMXHostname == "" {
		return "MX not named"
	}
	return Word(f.ReceivingMXHostname)
}

// Name names the reporter for people.
func (r Reporter) Name() string { return reporterName(r.Organization, r.TrustDomain, r.Distrusted) }

// Name names the witness for people.
func (w Witness) Name() string { return reporterName(w.Organization, w.TrustDomain, w.Distrusted) }

// SeenBy writes who saw the failure, and how often.
func (f Failure) SeenBy() string {
	var names []string
	for _, w := range f.Witnesses {
		names = append(names, w.Name()+": "+grouped(w.FailedSessions))
	}
	if f.OtherWitnesses > 0 {
		names = append(names, "others: "+grouped(f.OtherWitnesses))
	}
	return strings.Join(names, "; ")
}

// String writes what is known of the example, or nothing.
func (e Example) String() string {
	var parts []string
	var way []string
	if e.SendingMTAIP != "" {
		way = append(way, "from "+Word(e.SendingMTAIP))
	}
	if e.ReceivingIP != "" {
		way = append(way, "to "+Word(e.ReceivingIP))
	}
	if len(way) > 0 {
		parts = append(parts, strings.Join(way, " "))
	}
	if e.FailureReasonCode != "" {
		parts = append(parts, "reason "+Word(e.FailureReasonCode))
	}
	if e.AdditionalInformation != "" {
		parts = append(parts, "information "+quoted(e.AdditionalInformation, textLength))
	}
	return strings.Join(parts, "; ")
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

// Title names the domain and the mode of its policy.
func (d Domain) Title() string {
	name := Word(d.PolicyDomain)
	if d.Mode == "" {
		return name
	}
	return name + ", mode " + string(d.Mode)
}

// Verdict says in some words how the domain is.
func (d Domain) Verdict() string {
	switch {
	case d.Standing == Failing || d.Standing == SaidToFail:
		return d.Standing.Words()
	case d.Urgency() == Act:
		return "its policy needs you"
	case d.has(KindStopped):
		return "reports have stopped"
	case d.has(KindUnheard):
		return "an earlier failure may go on"
	default:
		return d.Standing.Words()
	}
}

// Text is what a finding says and what to do, as sentences.
func (f Finding) Text() string { return strings.TrimSpace(f.What + " " + f.Do) }

// Title names the policy type and what vouches for the numbers.
func (r Result) Title() string {
	if r.Authenticated() {
		return r.Policy()
	}
	return r.Policy() + ", unauthenticated"
}
