package digest

import (
	"fmt"
	"slices"
	"strings"
)

// Cause is a result type with its failures, one for each MX.
type Cause struct {
	ResultType string
	Meaning    Meaning
	Failures   []Failure
}

// Name is the result type as reported.
func (c Cause) Name() string {
	if c.ResultType == "" {
		return "no result type"
	}
	return c.ResultType
}

// failuresShown is for a reader; the digest lists more for programs.
const failuresShown = 8

// Causes groups the n largest failures by result type, the worst first.
func (r Result) Causes(n int) []Cause {
	shown, _ := cutFailures(r.Failures, n, r.OtherFailures)
	var causes []Cause
	for _, f := range shown {
		i := slices.IndexFunc(causes, func(c Cause) bool { return c.ResultType == f.ResultType })
		if i < 0 {
			i = len(causes)
			causes = append(causes, Cause{ResultType: f.ResultType, Meaning: MeaningOf(f.ResultType)})
		}
		causes[i].Failures = append(causes[i].Failures, f)
	}
	return causes
}

// Unshown says what Causes leaves out, or nothing.
func (r Result) Unshown(n int) string {
	_, others := cutFailures(r.Failures, n, r.OtherFailures)
	if others.Kinds == 0 {
		return ""
	}
	return fmt.Sprintf("Not shown: at least %s, %s.",
		amount(others.Kinds, "smaller kind")+" of failure", amount(others.FailedSessions, "failed session"))
}

// reportersShown is for a reader; the digest lists more for programs.
const reportersShown = 5

// ReportedBy writes who sent the reports, how many, and about what.
func (r Result) ReportedBy() string {
	shown := r.Reporters[:min(len(r.Reporters), reportersShown)]
	others := r.OtherReports
	for _, left := range r.Reporters[len(shown):] {
		others += left.Reports
	}
	var names []string
	for _, reporter := range shown {
		sessions := plus(reporter.SuccessfulSessions, reporter.FailedSessions)
		names = append(names, fmt.Sprintf("%s: %s, %s", reporter.Name(), amount(reporter.Reports, "report"), amount(sessions, "session")))
	}
	if others > 0 {
		names = append(names, "others: "+amount(others, "report"))
	}
	return strings.Join(names, "; ")
}
