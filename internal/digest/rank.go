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

// digest turns the sums into lists in the order of their weight.
func (s *sums) digest(week Week, hosted []string) Digest {
	for _, name := range hosted {
		s.domain(name)
	}
	d := Digest{
		Week:              week,
		Start:             week.Start(),
		End:               week.End(),
		Reports:           s.reports,
		Unauthenticated:   s.unauthenticated,
		Duplicates:        s.duplicates,
		AboutOtherDomains: s.aboutOtherDomains,
		Damaged:           append([]string{}, slices.Sorted(slices.Values(s.damaged))...),
		Domains:           make([]Domain, 0, len(s.domains)),
	}
	for name, tally := range s.domains {
		d.Domains = append(d.Domains, tally.domain(name))
	}
	slices.SortFunc(d.Domains, compareDomains)
	return d
}

// maxDomainLength is that of the DNS, in characters.
const maxDomainLength = 253

func (d *domainTally) domain(name string) Domain {
	domain := Domain{
		PolicyDomain:    Readable(name, maxDomainLength),
		Reports:         d.reports,
		Unauthenticated: d.unauthenticated,
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
		result.OtherReports += left.Reports
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
	for _, left := range witnesses[n:] {
		failure.OtherWitnesses = plus(failure.OtherWitnesses, left.FailedSessions)
	}
	failure.Witnesses = witnesses[:n]
	return failure
}
