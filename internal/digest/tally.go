package digest

import (
	"math"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// A hostile reporter can name any number of policy types, result types, MXs and
// organizations. These many of each are told apart; what comes later is summed
// as "other", so that beyond them the order of lines does decide. Authenticated
// and unauthenticated reports have limits of their own: whoever merely knows
// the address can't crowd out the others.
const (
	maxPolicyTypes = 3    // Of one domain and trust, besides those of RFC 8460.
	maxReporters   = 1000 // Of one Result.
	maxKinds       = 1000 // Failures of one Result.
	maxWitnesses   = 50   // Of one Failure.
)

// otherPolicyType sums what lies beyond maxPolicyTypes.
const otherPolicyType = "other"

type domainTally struct {
	reports         int
	unauthenticated int
	results         map[resultKey]*resultTally
}

type resultKey struct {
	policyType string
	trust      archive.Trust
}

// add adds what one report says about the domain.
func (d *domainTally) add(line archive.Line, policies []archive.PolicyResult) {
	d.reports++
	if line.Trust != archive.TrustDKIM {
		d.unauthenticated++
	}
	for _, p := range policies {
		d.result(p.PolicyType, line.Trust).add(d.reports, line, p)
	}
}

func (d *domainTally) result(policyType string, trust archive.Trust) *resultTally {
	key := resultKey{Readable(policyType, nameLength), trust}
	if !tlsrpt.PolicyType(policyType).Known() && d.results[key] == nil && d.unknownTypes(trust) >= maxPolicyTypes {
		key.policyType = otherPolicyType
	}
	r, known := d.results[key]
	if !known {
		r = newResultTally(key)
		d.results[key] = r
	}
	return r
}

func (d *domainTally) unknownTypes(trust archive.Trust) int {
	n := 0
	for key := range d.results {
		if key.trust == trust && !tlsrpt.PolicyType(key.policyType).Known() {
			n++
		}
	}
	return n
}

// resultTally is a Result in the making: without its lists.
type resultTally struct {
	Result
	lastReport int // The domain's number of the report that was added last.
	reporters  map[reporterKey]*Reporter
	failures   map[failureKey]*failureTally
}

// reporterKey holds the signing domain too: the organization's name is its own
// word, and anybody's to use.
type reporterKey struct {
	organization string
	trustDomain  string
}

func newResultTally(key resultKey) *resultTally {
	return &resultTally{
		Result:    Result{PolicyType: key.policyType, Trust: key.trust},
		reporters: make(map[reporterKey]*Reporter),
		failures:  make(map[failureKey]*failureTally),
	}
}

// add adds one policy of the domain's report number n. Several policies of one
// report may have the same type, and the report is one all the same.
func (r *resultTally) add(n int, line archive.Line, p archive.PolicyResult) {
	reports := 0
	if r.lastReport != n {
		reports = 1
	}
	r.lastReport = n
	r.Reports += reports
	r.SuccessfulSessions = plus(r.SuccessfulSessions, p.TotalSuccessfulSessionCount)
	r.FailedSessions = plus(r.FailedSessions, p.TotalFailureSessionCount)
	if len(p.FailureDetails) == 0 {
		r.UndetailedFailures = plus(r.UndetailedFailures, p.TotalFailureSessionCount)
	}
	key := reporterKey{Readable(line.OrganizationName, maxDomainLength), Readable(line.TrustDomain, maxDomainLength)}
	r.addReporter(key, reports, p)
	for _, details := range p.FailureDetails {
		r.addFailure(key, line.StartDatetime, details)
	}
}

func (r *resultTally) addReporter(key reporterKey, reports int, p archive.PolicyResult) {
	reporter, known := r.reporters[key]
	if !known && len(r.reporters) >= maxReporters {
		r.OtherReports += reports
		return
	}
	if !known {
		reporter = &Reporter{Organization: key.organization, TrustDomain: key.trustDomain}
		r.reporters[key] = reporter
	}
	reporter.Reports += reports
	reporter.SuccessfulSessions = plus(reporter.SuccessfulSessions, p.TotalSuccessfulSessionCount)
	reporter.FailedSessions = plus(reporter.FailedSessions, p.TotalFailureSessionCount)
}

func (r *resultTally) addFailure(reporter reporterKey, start time.Time, details archive.FailureDetails) {
	key := failureKeyOf(details)
	f, known := r.failures[key]
	if !known && len(r.failures) >= maxKinds {
		r.OtherFailures.Kinds = 1
		r.OtherFailures.FailedSessions = plus(r.OtherFailures.FailedSessions, details.FailedSessionCount)
		return
	}
	if !known {
		f = newFailureTally(key, start)
		r.failures[key] = f
	}
	f.add(reporter, start, details)
}

// plus adds without ever running over: a reporter may claim any count.
func plus(a, b int64) int64 {
	if b <= 0 {
		return a
	}
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
