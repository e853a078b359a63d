package digest

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"sealpost/internal/archive"
)

// Lines gives the lines of the archive, in any order, and goes on after an
// [*archive.DamagedError]. It is called a second time where copies of a report
// differ; lines of other weeks are passed over.
type Lines func() iter.Seq2[archive.Line, error]

// Counts reports whether a policy in a report is one of those to sum. What a
// report says about anybody else's domain is kept in the archive and not
// counted.
type Counts func(policyType, policyDomain string) bool

// Sum sums the reports whose range starts in the week. The hosted domains
// stand in the digest even if no report names them.
//
// The order of lines makes no difference, short of the limits that keep a
// hostile reporter from filling the memory; see [maxKinds].
func Sum(week Week, lines Lines, counts Counts, hosted []string) (Digest, error) {
	once := newOnce()
	sums, err := sumPass(week, lines, counts, once)
	if err == nil && once.upset {
		once.again()
		sums, err = sumPass(week, lines, counts, once)
	}
	if err != nil {
		return Digest{}, fmt.Errorf("sum the reports of week %s: %w", week, err)
	}
	return sums.digest(week, hosted), nil
}

func sumPass(week Week, lines Lines, counts Counts, once *once) (*sums, error) {
	s := &sums{counts: counts, once: once, domains: make(map[string]*domainTally)}
	for line, err := range lines() {
		var damaged *archive.DamagedError
		switch {
		case errors.As(err, &damaged):
			s.damaged = append(s.damaged, damaged.Key)
		case err != nil:
			return nil, err
		case week.Contains(line.StartDatetime):
			s.add(line)
		}
	}
	return s, nil
}

// sums is the state of one pass over the lines.
type sums struct {
	counts Counts
	once   *once

	reports           int
	unauthenticated   int
	duplicates        int
	aboutOtherDomains int
	damaged           []string // Keys of reports that cannot be read.
	domains           map[string]*domainTally
}

func (s *sums) add(line archive.Line) {
	policies := s.ours(line.Policies)
	if len(policies) == 0 {
		if s.once.counts(line, noDomain) {
			s.aboutOtherDomains++
		}
		return
	}
	counted := false
	for len(policies) > 0 {
		var ofDomain []archive.PolicyResult
		ofDomain, policies = cutDomain(policies)
		domain := ofDomain[0].PolicyDomain
		if s.once.counts(line, domain) {
			s.domain(domain).add(line, ofDomain)
			counted = true
		}
	}
	s.note(line.Trust, counted)
}

func (s *sums) note(trust archive.Trust, counted bool) {
	if !counted {
		s.duplicates++
		return
	}
	s.reports++
	if trust != archive.TrustDKIM {
		s.unauthenticated++
	}
}

// ours returns the policies that count, those of a domain side by side.
func (s *sums) ours(policies []archive.PolicyResult) []archive.PolicyResult {
	var ours []archive.PolicyResult
	for _, p := range policies {
		if s.counts(p.PolicyType, p.PolicyDomain) {
			ours = append(ours, p)
		}
	}
	slices.SortFunc(ours, func(a, b archive.PolicyResult) int {
		return cmp.Compare(a.PolicyDomain, b.PolicyDomain)
	})
	return ours
}

// cutDomain cuts off the policies of the first domain.
func cutDomain(policies []archive.PolicyResult) (first, rest []archive.PolicyResult) {
	n := 1
	for n < len(policies) && policies[n].PolicyDomain == policies[0].PolicyDomain {
		n++
	}
	return policies[:n], policies[n:]
}

func (s *sums) domain(name string) *domainTally {
	d, known := s.domains[name]
	if !known {
		d = &domainTally{results: make(map[resultKey]*resultTally)}
		s.domains[name] = d
	}
	return d
}
