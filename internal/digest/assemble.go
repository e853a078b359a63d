package digest

import (
	"slices"
	"time"

	"sealpost/internal/archive"
)

// The most of each that a digest lists; the largest are kept.
const (
	reportersListed = 20
	failuresListed  = 50 // Of each result.
	goneListed      = 10 // Of each result: causes of an earlier week.
	witnessesListed = 5
)

// Subject is whom and what a digest is about, besides what reports say.
type Subject struct {
	// Policies are those of the domains that stand in the digest even if no
	// report names them.
	Policies map[string]Policy

	// Has says whether another domain stands in the digest where reports name
	// it; nil for all.
	Has func(domain string) bool

	// MXOf gives the domains whose policies list an MX host, in their order; nil
	// where nobody knows. Under DANE reports may name the host in their place.
	MXOf func(host string) []string

	// Quarantined counts what came into quarantine in the week.
	Quarantined map[archive.Reason]int

	// Expiring is what expires in quarantine within a week.
	Expiring Expiring

	// Partial leaves out what is about no domain: it is for whoever has them all.
	Partial bool

	// Running says that the week is not over: who has not reported yet may
	// still do so, and is not missed.
	Running bool
}

// Expiring is what quarantine removes soon, of what was not authenticated.
type Expiring struct {
	Entries  int
	First    time.Time // The first day on which entries may expire.
	KeptDays int       // How long quarantine keeps them.
}

// Digest says what the sums tell of a subject. It may be asked for several.
func (s *Sums) Digest(about Subject) Digest {
	d := Digest{
		Week:     s.query.Week,
		Start:    s.query.Week.Start(),
		End:      s.query.End(),
		Running:  about.Running,
		Earlier:  s.query.Earlier,
		Damaged:  []string{},
		Findings: []Finding{},
	}
	names := s.names(about)
	d.Domains = make([]Domain, 0, len(names))
	for _, name := range names {
		domain := s.about(name, about)
		d.Reports = plus(d.Reports, domain.Reports)
		d.Unauthenticated = plus(d.Unauthenticated, domain.Unauthenticated)
		d.Late = plus(d.Late, s.late(name))
		d.Copies = plus(d.Copies, domain.Copies)
		if !domain.isIdleMXHost() {
			d.Domains = append(d.Domains, domain)
		}
	}
	slices.SortFunc(d.Domains, compareDomains)
	if !about.Running {
		d.Findings = append(d.Findings, s.silent(names)...)
	}
	if !about.Partial {
		d.OtherDomains = s.others
		d.Damaged = append(d.Damaged, slices.Sorted(slices.Values(s.damaged))...)
		d.Findings = append(d.Findings, s.unreadable()...)
		d.Findings = append(d.Findings, quarantined(about.Quarantined)...)
		d.Findings = append(d.Findings, expiring(about.Expiring)...)
	}
	slices.SortFunc(d.Findings, compareFindings)
	return d
}

// names gives the domains that a digest is about, in their order.
func (s *Sums) names(about Subject) []string {
	var names []string
	for name := range about.Policies {
		names = append(names, name)
	}
	for _, week := range s.weeks {
		for name := range week {
			if about.Has == nil || about.Has(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// maxDomainLength is that of the DNS, in characters.
const maxDomainLength = 253

// about is all there is to say about a domain.
func (s *Sums) about(name string, about Subject) Domain {
	tally := s.tally(0, name)
	policy, known := about.Policies[name]
	d := Domain{
		PolicyDomain:    Readable(name, maxDomainLength),
		Mode:            policy.Mode,
		Reports:         tally.reports,
		Unauthenticated: tally.unauthenticated,
		Copies:          tally.copies,
		Findings:        []Finding{},
		Results:         make([]Result, 0, len(tally.results)),
	}
	for key, r := range tally.results {
		result, failures := r.result(s.before(name, key))
		d.Results = append(d.Results, result)
		for _, f := range failures {
			d.Findings = append(d.Findings, f.finding())
		}
		d.Findings = append(d.Findings, result.undetailed()...)
	}
	slices.SortFunc(d.Results, compareResults)
	d.Standing = standing(d)
	d.Findings = append(d.Findings, s.notSeenNow(name, about.Running)...)
	d.Findings = append(d.Findings, s.lateFindings(name)...)
	switch isMX := about.mxHost(name); {
	case len(isMX) > 0:
		d.Findings = append(d.Findings, isMX...)
	case !about.Running && (!known || policy.Mode != ""):
		d.Findings = append(d.Findings, s.noReport(name)...)
	}
	d.Findings = append(d.Findings, policy.findings()...)
	slices.SortFunc(d.Findings, compareFindings)
	return d
}

func standing(d Domain) Standing {
	switch {
	case d.Reports == 0:
		return NoReport
	case slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Urgency == Act }):
		return Failing
	case len(d.Findings) > 0:
		return SaidToFail
	default:
		return NoFailure
	}
}

// tally is what the reports of a week say about a domain, be it nothing.
func (s *Sums) tally(place int, domain string) *domainTally {
	if d, known := s.weeks[place][domain]; known {
		return d
	}
	return newDomainTally()
}

// Authenticated reports whether the reports were signed by their senders.
func (r Result) Authenticated() bool { return r.Trust == archive.TrustDKIM }

// result makes the lists, and sets them beside those of the weeks before.
func (r *resultTally) result(before []*resultTally) (Result, []Failure) {
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
	if len(before) > 0 && before[0] != nil {
		result.Before = &Sessions{before[0].Reports, before[0].SuccessfulSessions, before[0].FailedSessions}
	}
	failures, others := cutFailures(r.allFailures(before), failuresListed, r.OtherFailures)
	result.OtherFailures = others
	return result, failures
}

// allFailures gives the causes of the week, the most failed sessions first.
func (r *resultTally) allFailures(before []*resultTally) []Failure {
	failures := make([]Failure, 0, len(r.failures))
	for key, tally := range r.failures {
		f := tally.failure(r.key)
		f.relate(key, before)
		f.of(r.Result)
		failures = append(failures, f)
	}
	slices.SortFunc(failures, func(a, b Failure) int { return a.compare(&b) })
	return failures
}

// of notes how many sessions there were in all, where the numbers agree: those
// of failure-details may be more.
func (f *Failure) of(r Result) {
	if all := plus(r.SuccessfulSessions, r.FailedSessions); all >= f.FailedSessions {
		f.OfSessions = all
	}
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
