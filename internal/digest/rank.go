package digest

import (
	"slices"

	"sealpost/internal/archive"
)

// The most of each that a digest lists; the largest are kept.
const (
	reportersListed = 20
	failuresListed  = 50
	witnessesListed = 5
)

// Subject is whom a digest is about.
type Subject struct {
	Hosted []string                 // Domains that stand in the digest even if no report names them.
	Has    func(domain string) bool // Whether another domain does that reports name.
}

// Everything is a Subject: whatever domains reports name.
func Everything() Subject { return Subject{Has: func(string) bool { return true }} }

// Digest turns the sums into lists in the order of their weight.
func (s *Sums) Digest(about Subject) Digest {
	d := Digest{
		Week:         s.query.Week,
		Start:        s.query.Week.Start(),
		End:          s.query.End(),
		OtherDomains: s.others,
		Damaged:      append([]string{}, slices.Sorted(slices.Values(s.damaged))...),
	}
	names := s.names(about)
	d.Domains = make([]Domain, 0, len(names))
	for _, name := range names {
		domain := s.week(0, name).domain(name)
		d.Reports = plus(d.Reports, domain.Reports)
		d.Unauthenticated = plus(d.Unauthenticated, domain.Unauthenticated)
		d.Copies = plus(d.Copies, domain.Copies)
		d.Domains = append(d.Domains, domain)
	}
	slices.SortFunc(d.Domains, compareDomains)
	return d
}

// names gives the domains that a digest is about, in their order.
func (s *Sums) names(about Subject) []string {
	names := slices.Clone(about.Hosted)
	for _, week := range s.weeks {
		for name := range week {
			if about.Has(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// week is what the reports of a week say about a domain, be it nothing.
func (s *Sums) week(place int, domain string) *domainTally {
	if d, known := s.weeks[place][domain]; known {
		return d
	}
	return newDomainTally()
}

// maxDomainLength is that of the DNS, in characters.
const maxDomainLength = 253

func (d *domainTally) domain(name string) Domain {
	domain := Domain{
		PolicyDomain:    Readable(name, maxDomainLength),
		Reports:         d.reports,
		Unauthenticated: d.unauthenticated,
		Copies:          d.copies,
		Results:         make([]Result, 0, len(d.results)),
	}
	for _, r := range d.results {
		domain.Results = append(domain.Results, r.result())
	}
	slices.SortFunc(domain.Results, compareResults)
	domain.Standing = standing(domain)
	return domain
}

func standing(d Domain) Standing {
	switch {
	case d.Reports == 0:
		return NoReport
	case slices.ContainsFunc(d.Results, func(r Result) bool { return r.Authenticated() && r.fails() }):
		return Failing
	case slices.ContainsFunc(d.Results, Result.fails):
		return SaidToFail
	default:
		return NoFailure
	}
}

// Authenticated reports whether the reports were signed by their senders.
func (r Result) Authenticated() bool {
	return r.Trust == archive.TrustDKIM
}

// fails is true for details without a count too: some reporters leave it out.
func (r Result) fails() bool {
	return r.FailedSessions > 0 || len(r.Failures) > 0
}

func (r *resultTally) result() Result {
	result := r.Result
	reporters := make([]Reporter, 0, len(r.reporters))
	for _, reporter := range r.reporters {
		reporters = append(reporters, *reporter)
	}
	slices.SortFunc(reporters, compareReporters)
	n := min(len(reporters), reportersListed)
	for _, left := range reporters[n:] {
		result.OtherReports = plus(result.OtherReports, left.Reports)
	}
	result.Reporters = reporters[:n]
	result.Failures, result.OtherFailures = r.listFailures()
	return result
}

func (r *resultTally) listFailures() ([]Failure, OtherFailures) {
	failures := make([]Failure, 0, len(r.failures))
	for _, f := range r.failures {
		failures = append(failures, f.failure())
	}
	slices.SortFunc(failures, compareFailures)
	return cutFailures(failures, failuresListed, r.OtherFailures)
}

// cutFailures adds what lies beyond the first n failures to the others.
func cutFailures(failures []Failure, n int, others OtherFailures) ([]Failure, OtherFailures) {
	n = min(n, len(failures))
	for _, left := range failures[n:] {
		others.Kinds++
		others.FailedSessions = plus(others.FailedSessions, left.FailedSessions)
	}
	return failures[:n], others
}

func (f *failureTally) failure() Failure {
	witnesses := make([]Witness, 0, len(f.witnesses))
	for key, sessions := range f.witnesses {
		witnesses = append(witnesses, Witness{key.organization, key.trustDomain, sessions})
	}
	slices.SortFunc(witnesses, compareWitnesses)
	n := min(len(witnesses), witnessesListed)
	failure := f.Failure
	failure.Example = f.example.readable()
	for _, left := range witnesses[n:] {
		failure.OtherWitnesses = plus(failure.OtherWitnesses, left.FailedSessions)
	}
	failure.Witnesses = witnesses[:n]
	return failure
}
