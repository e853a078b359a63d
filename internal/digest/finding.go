package digest

import (
	"cmp"
	"slices"

	"sealpost/internal/archive"
	"sealpost/internal/mtasts"
)

// Finding is one thing that a digest has to say.
type Finding struct {
	Kind    Kind     `json:"kind"`
	Urgency Urgency  `json:"urgency"`
	What    string   `json:"what"`              // In plain words.
	Do      string   `json:"do"`                // What to do about it; empty where there is nothing to do.
	Failure *Failure `json:"failure,omitempty"` // What a finding of a cause is about.
}

// Urgency says what a finding asks of its reader.
type Urgency string

const (
	Act  Urgency = "act"  // Mail is at risk, or will be: something is to be mended.
	Look Urgency = "look" // It may be nothing, and only a person can tell.
	Know Urgency = "know" // Nothing is to be done.
)

// Kind says what a finding is about.
type Kind string

// What is found about one domain.
const (
	KindFailure      Kind = "failure"         // A cause of failed sessions.
	KindUndetailed   Kind = "undetailed"      // Sessions failed, and the reporter gives no cause.
	KindMXNotAllowed Kind = "mx-not-allowed"  // The policy in mode enforce does not allow an MX of the domain.
	KindRefused      Kind = "edit-refused"    // The item is not published.
	KindObstacle     Kind = "policy-obstacle" // Something is in the way of what is published.
	KindUnheard      Kind = "failure-unheard" // A cause of an earlier week, and none of those who saw it reported again.
	KindStopped      Kind = "reports-stopped" // No report, where there was one nearly every week.
	KindLate         Kind = "late-reports"    // Reports for an earlier week change what its digest said.
	KindNoReport     Kind = "no-report"       // No report, as in other weeks.
	KindGone         Kind = "failure-gone"    // A cause of an earlier week, and who saw it reported again without it.
	KindReady        Kind = "ready"           // In testing, and nothing keeps it from enforce.
	KindNotReady     Kind = "not-ready"       // In testing, and something does.
	KindMXHost       Kind = "mx-host"         // Reports about DANE name an MX host of the domains in their place.
	KindWaiting      Kind = "waiting"         // The item asks for enforce, which comes by itself.
	KindSilent       Kind = "reporter-silent" // A reporter that reported nearly every week did not.
	KindUnreadable   Kind = "damaged-reports" // What lies in the archive cannot be read.
	KindInQuarantine Kind = "in-quarantine"   // What came in, and does not count.
)

// weights has the kinds of findings in the order of what hurts most, for those
// that ask for the same.
var weights = []Kind{
	KindFailure, KindUndetailed, KindMXNotAllowed, KindRefused, KindObstacle, KindUnheard, KindStopped, KindLate, KindUnreadable,
	KindNoReport, KindSilent, KindMXHost, KindWaiting, KindNotReady, KindReady, KindGone, KindInQuarantine,
}

// Kinds lists them all, those that hurt most first.
func Kinds() []Kind { return slices.Clone(weights) }

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.Urgency.weight(), b.Urgency.weight()),
		cmp.Compare(slices.Index(weights, a.Kind), slices.Index(weights, b.Kind)),
		a.Failure.compare(b.Failure),
		cmp.Compare(a.What, b.What),
		cmp.Compare(a.Do, b.Do),
	)
}

func (u Urgency) weight() int { return slices.Index([]Urgency{Act, Look, Know, ""}, u) }

// urgency is that of the most urgent of some findings in their order.
func urgency(findings []Finding) Urgency {
	if len(findings) == 0 {
		return ""
	}
	return findings[0].Urgency
}

// Urgency is what the domain asks of its reader; empty where there is nothing to
// say.
func (d Domain) Urgency() Urgency { return urgency(d.Findings) }

// compareDomains puts those first that hurt most: that ask for the most, then
// those that enforce and fail, then those with the most failed sessions.
func compareDomains(a, b Domain) int {
	return cmp.Or(
		cmp.Compare(a.Urgency().weight(), b.Urgency().weight()),
		cmp.Compare(a.harm(), b.harm()),
		cmp.Compare(b.failedSessions(), a.failedSessions()),
		cmp.Compare(a.Standing.weight(), b.Standing.weight()),
		cmp.Compare(a.PolicyDomain, b.PolicyDomain),
	)
}

// harm tells domains that fail apart by what the mode does to their mail.
func (d Domain) harm() int {
	switch {
	case d.Standing == Failing && d.Mode == mtasts.ModeEnforce:
		return 0
	case d.has(KindMXNotAllowed):
		return 1
	case d.Standing == Failing:
		return 2
	default:
		return 3
	}
}

func (d Domain) has(k Kind) bool {
	return slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Kind == k })
}

// failedSessions is the largest number that a result gives, not the sum, which
// would count sessions twice. Unauthenticated results say how bad it is only
// where there is nothing better.
func (d Domain) failedSessions() int64 {
	most := int64(0)
	for _, r := range d.Results {
		if r.Authenticated() || d.Standing != Failing {
			most = max(most, r.FailedSessions)
		}
	}
	return most
}

func (s Standing) weight() int {
	return slices.Index([]Standing{Failing, SaidToFail, NoReport, NoFailure}, s)
}

func (f *Failure) compare(o *Failure) int {
	if f == nil || o == nil {
		return 0
	}
	return cmp.Or(
		cmp.Compare(trustOrder(f.Trust), trustOrder(o.Trust)),
		cmp.Compare(o.FailedSessions, f.FailedSessions),
		cmp.Compare(policyTypeOrder(f.PolicyType), policyTypeOrder(o.PolicyType)),
		cmp.Compare(f.PolicyType, o.PolicyType),
		cmp.Compare(f.ResultType, o.ResultType),
		cmp.Compare(f.ReceivingMXHostname, o.ReceivingMXHostname),
	)
}

func trustOrder(t archive.Trust) int {
	if t == archive.TrustDKIM {
		return 0
	}
	return 1
}
