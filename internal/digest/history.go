package digest

import (
	"fmt"
	"slices"
)

// State says how a cause relates to the weeks before, of those with reports
// about the same domain, under the same policy type and of the same trust. A
// week without a report says nothing.
type State string

const (
	First State = "first" // There is no such week, so nobody knows.
	New   State = "new"   // None of them has it.
	Still State = "still" // The last of them has it.
	Back  State = "back"  // An earlier one has it, and the last has not.

	Gone    State = "gone"    // The last of them has it; who saw it then reported this week without it.
	Unheard State = "unheard" // The last of them has it; none who saw it reported this week.
)

// before gives what each week before says about a domain, the last of them
// first; nil for a week without a report.
func (s *Sums) before(domain string, key resultKey) []*resultTally {
	before := make([]*resultTally, 0, len(s.weeks)-1)
	for _, week := range s.weeks[1:] {
		var r *resultTally
		if d, known := week[domain]; known && d.results[key] != nil && d.results[key].Reports > 0 {
			r = d.results[key]
		}
		before = append(before, r)
	}
	return before
}

// knows says whether a week tells if there was a cause: one with too many of
// them may not.
func (r *resultTally) knows(key failureKey) bool {
	return r != nil && (r.failures[key] != nil || r.OtherFailures.Kinds == 0)
}

// relate says since when there is a cause that is seen this week.
func (f *Failure) relate(key failureKey, before []*resultTally) {
	f.State, f.Since = First, f.FirstDay
	broken := false
	for _, week := range before {
		if !week.knows(key) {
			continue
		}
		past, seen := week.failures[key]
		switch {
		case !seen:
			broken = true
			if f.State == First {
				f.State = New
			}
		case !broken:
			f.State, f.Since = Still, past.FirstDay
		case f.State == New:
			f.State, f.SeenBefore = Back, past.LastDay
		}
	}
	f.OrEarlier = f.State == Still && !broken
}

// notSeenNow finds the causes that the last week with reports has and this one
// has not. While the week is running, nobody is missed.
func (s *Sums) notSeenNow(domain string, running bool) []Finding {
	now := s.tally(0, domain)
	var findings []Finding
	for _, key := range s.keysBefore(domain) {
		last := lastOf(s.before(domain, key))
		current := now.results[key]
		if current == nil {
			current = newResultTally(key)
		}
		var failures []Failure
		for cause, tally := range last.failures {
			if current.failures[cause] != nil || !current.knows(cause) {
				continue
			}
			f := tally.failure(key)
			f.of(last.Result)
			f.Since, f.State = f.FirstDay, Unheard
			if current.heardFrom(tally.witnesses) {
				f.State = Gone
			} else if running {
				continue
			}
			failures = append(failures, f)
		}
		slices.SortFunc(failures, func(a, b Failure) int { return a.compare(&b) })
		for _, f := range failures[:min(len(failures), goneListed)] {
			findings = append(findings, f.finding())
		}
	}
	return findings
}

// keysBefore gives the policy types and trusts under which weeks before have
// reports about a domain.
func (s *Sums) keysBefore(domain string) []resultKey {
	var keys []resultKey
	for _, week := range s.weeks[1:] {
		d, known := week[domain]
		if !known {
			continue
		}
		for key, r := range d.results {
			if r.Reports > 0 && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

func lastOf(weeks []*resultTally) *resultTally {
	for _, week := range weeks {
		if week != nil {
			return week
		}
	}
	return newResultTally(resultKey{})
}

// heardFrom says whether one of those who saw a failure reported this week.
func (r *resultTally) heardFrom(witnesses map[reporterKey]int64) bool {
	for reporter := range witnesses {
		if r.reporters[reporter] != nil {
			return true
		}
	}
	return false
}

// finding says what a cause asks for.
func (f Failure) finding() Finding {
	meaning := MeaningOf(f.ResultType)
	finding := Finding{Kind: KindFailure, Urgency: Look, Do: meaning.Do, Failure: &f}
	authenticated := trustOrder(f.Trust) == 0
	switch {
	case f.State == Gone:
		finding.Kind, finding.Urgency = KindGone, Know
		finding.What = fmt.Sprintf("%s: %s at %s is gone: seen in week %s, and no more by those of its reporters who reported again.", policyName(f.PolicyType), f.Name(), f.MX(), f.Week)
		finding.Do = ""
	case f.State == Unheard:
		finding.Kind = KindUnheard
		finding.What = fmt.Sprintf("%s: %s at %s, seen in week %s, is not known to be gone: none of those who saw it reported this week.", policyName(f.PolicyType), f.Name(), f.MX(), f.Week)
		finding.Do = meaning.Do + " If somebody has done so since, wait for the next reports."
		if !authenticated {
			finding.Urgency = Know
		}
	default:
		said := ", by unauthenticated reports"
		if authenticated {
			finding.Urgency, said = Act, ""
		}
		finding.What = fmt.Sprintf("%s: %s at %s: %s%s; %s. %s", policyName(f.PolicyType), f.Name(), f.MX(), f.Failed(), said, f.Course(), meaning.What)
	}
	return finding
}

// undetailed finds failed sessions without a cause.
func (r Result) undetailed() []Finding {
	if r.UndetailedFailures == 0 {
		return nil
	}
	finding := Finding{
		Kind:    KindUndetailed,
		Urgency: Look,
		What:    fmt.Sprintf("%s: %s failed, and the reports do not say why.", r.Title(), amount(r.UndetailedFailures, "session")),
		Do:      "Only those who reported them can tell more.",
	}
	if r.Authenticated() {
		finding.Urgency = Act
	}
	return []Finding{finding}
}
