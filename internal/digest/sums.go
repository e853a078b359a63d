package digest

import (
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// Sums is what the reports of some weeks say, in the making: engines add rows.
// It is bounded by the number of domains and not by that of reports, whatever a
// hostile reporter names.
type Sums struct {
	query   Query
	weeks   []weekSums   // The week of the digest, then those before it.
	places  map[Week]int // In weeks.
	damaged []string     // Keys of reports that cannot be read.
	others  bool         // There is a report about another domain.
}

// weekSums is what the reports of one week say, by Policy Domain.
type weekSums map[string]*domainTally

// NewSums begins with nothing.
func NewSums(q Query) *Sums {
	s := &Sums{query: q, places: make(map[Week]int)}
	for week := q.Week; len(s.weeks) <= q.Earlier; week = week.Prev() {
		s.places[week] = len(s.weeks)
		s.weeks = append(s.weeks, make(weekSums))
	}
	return s
}

// AddReports adds a row.
func (s *Sums) AddReports(r ReportsRow) {
	r.Origin = s.withTrust(r.Origin)
	if d := s.domain(r.Origin, r.TLSA); d != nil {
		d.addReports(r)
	}
}

// AddResult adds a row.
func (s *Sums) AddResult(r ResultRow) {
	r.Origin = s.withTrust(r.Origin)
	if d := s.domain(r.Origin, isTLSA(r.PolicyType)); d != nil {
		d.result(r.PolicyType, r.Trust).addResult(r)
	}
}

// AddFailure adds a row.
func (s *Sums) AddFailure(r FailureRow) {
	r.Origin = s.withTrust(r.Origin)
	if d := s.domain(r.Origin, isTLSA(r.PolicyType)); d != nil {
		d.result(r.PolicyType, r.Trust).addFailure(r)
	}
}

// AddDamaged notes the key of a report that lies in the archive and cannot be
// read, of whatever week.
func (s *Sums) AddDamaged(key string) { s.damaged = append(s.damaged, key) }

// withTrust makes what a distrusted signer signed unauthenticated. It keeps its
// signer, which separates it from what has no signature.
func (s *Sums) withTrust(o Origin) Origin {
	switch {
	case o.Trust != archive.TrustDKIM:
		o.TrustDomain = ""
	case !s.query.Signers.Trusts(o.TrustDomain):
		o.Trust = archive.TrustNone
	}
	return o
}

// domain is where rows of an origin go; nil where they do not count.
func (s *Sums) domain(o Origin, tlsa bool) *domainTally {
	place, asked := s.places[o.Week]
	if !asked {
		return nil
	}
	if !s.query.Counts(o.PolicyDomain, tlsa) {
		s.others = s.others || place == 0
		return nil
	}
	d, known := s.weeks[place][o.PolicyDomain]
	if !known {
		d = newDomainTally()
		s.weeks[place][o.PolicyDomain] = d
	}
	return d
}

func isTLSA(policyType string) bool { return policyType == string(tlsrpt.PolicyTLSA) }

// reporterKey holds the signing domain too: the organization's name is its own
// word, and anybody's to use.
type reporterKey struct {
	organization string
	trustDomain  string
	distrusted   bool
}

func (o Origin) reporter() reporterKey {
	return reporterKey{Readable(o.Organization, maxDomainLength), Readable(o.TrustDomain, maxDomainLength), !o.authenticated() && o.TrustDomain != ""}
}

// isAuthenticated reports whether a trusted domain signed the reporter's reports.
func (r reporterKey) isAuthenticated() bool { return r.trustDomain != "" && !r.distrusted }

func (o Origin) authenticated() bool { return o.Trust == archive.TrustDKIM }

func dayOf(t time.Time) time.Time {
	return t.UTC().Truncate(24 * time.Hour)
}
