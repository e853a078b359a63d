package digest

import "fmt"

// late counts the reports about earlier weeks of a domain that were not there
// when the digest before was made.
func (s *Sums) late(domain string) int64 {
	late := int64(0)
	for place := 1; place < len(s.weeks); place++ {
		late = plus(late, s.tally(place, domain).late.late)
	}
	return late
}

// lateFindings finds the earlier weeks of a domain of which late reports change
// what was to be said.
func (s *Sums) lateFindings(domain string) []Finding {
	var findings []Finding
	for place := 1; place < len(s.weeks); place++ {
		if t := s.tally(place, domain).late; t.changes() {
			findings = append(findings, t.finding(s.weekAt(place)))
		}
	}
	return findings
}

// changes says whether reports that came late say what none did before.
func (t lateTally) changes() bool {
	return t.late > 0 && t.inTime == 0 || t.lateFailing > 0 && t.inTimeFailing == 0
}

func (t lateTally) finding(week Week) Finding {
	f := Finding{Kind: KindLate, Urgency: Know, What: fmt.Sprintf("%s of week %s came late%s.", amount(t.late, "report"), week, t.tell())}
	if t.lateFailing > 0 {
		f.Urgency = Look
		f.Do = fmt.Sprintf("See what they tell: sealpost digest -week %s", week)
	}
	if t.inTime == 0 {
		f.What += " Before, that week had no report."
	} else {
		f.What += " Before, none did."
	}
	return f
}

// tell goes on after the number of late reports.
func (t lateTally) tell() string {
	switch {
	case t.late == 1 && t.lateFailing == 1:
		return " and tells of failures"
	case t.late == 1:
		return " and tells of no failure"
	case t.lateFailing == 0:
		return " and tell of no failure"
	case t.lateFailing == 1:
		return ": 1 tells of failures"
	default:
		return ": " + grouped(t.lateFailing) + " tell of failures"
	}
}
