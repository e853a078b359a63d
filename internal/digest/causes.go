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
func (c Cause) Name() string { return c.Failures[0].Name() }

// failuresShown is for a reader; the digest lists more for programs.
const failuresShown = 8

// Causes groups the n largest failures of a result by result type, the worst
// first.
func (d Domain) Causes(r Result, n int) []Cause {
	failures := d.failures(r)
	var causes []Cause
	for _, f := range failures[:min(n, len(failures))] {
		i := slices.IndexFunc(causes, func(c Cause) bool { return c.ResultType == f.ResultType })
		if i < 0 {
			i = len(causes)
			causes = append(causes, Cause{ResultType: f.ResultType, Meaning: MeaningOf(f.ResultType)})
		}
		causes[i].Failures = append(causes[i].Failures, f)
	}
	return causes
}

// failures are those of a result, the most failed sessions first.
func (d Domain) failures(r Result) []Failure {
	var failures []Failure
	for _, f := range d.Findings {
		if f.Kind == KindFailure && f.Failure.PolicyType == r.PolicyType && f.Failure.Trust == r.Trust {
			failures = append(failures, *f.Failure)
		}
	}
	return failures
}

// Unshown says what Causes leaves out, or nothing.
func (d Domain) Unshown(r Result, n int) string {
	_, others := cutFailures(d.failures(r), n, r.OtherFailures)
	if others.Kinds == 0 {
		return ""
	}
	return fmt.Sprintf("Not shown: at least %s, %s.",
		amount(others.Kinds, "smaller kind")+" of failure", amount(others.FailedSessions, "failed session"))
}

// remarksShown is for a reader, as failuresShown is.
const remarksShown = 12

// Remarks are the n most urgent findings that are no failures of the week.
func (d Domain) Remarks(n int) []Finding {
	remarks := d.remarks()
	return remarks[:min(n, len(remarks))]
}

// MoreRemarks says that there are more than n, or nothing.
func (d Domain) MoreRemarks(n int) string {
	if more := len(d.remarks()) - n; more > 0 {
		return "Not shown: " + amount(more, "less urgent finding") + "."
	}
	return ""
}

func (d Domain) remarks() []Finding {
	return slices.DeleteFunc(slices.Clone(d.Findings), func(f Finding) bool {
		// That there is no report the verdict says, and if nothing else is there, the notes what to do.
		return f.Kind == KindFailure || f.Kind == KindNoReport && len(d.Findings) == 1
	})
}

// reportersShown is for a reader; the digest lists more for programs.
const reportersShown = 5

// ReportedBy writes who sent the reports, how many, and about what.
func (r Result) ReportedBy() string {
	shown := r.Reporters[:min(len(r.Reporters), reportersShown)]
	others := r.OtherReports
	for _, left := range r.Reporters[len(shown):] {
		others = plus(others, left.Reports)
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
