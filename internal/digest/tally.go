package digest

import (
	"math"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// A hostile reporter can name any number of policy types, result types, MXs and
// organizations. These many of each are told apart; what comes later is summed
// as "other", so that beyond them the order of rows does decide. Authenticated
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

// domainTally is what the reports of one week say about one domain.
type domainTally struct {
	reports         int64
	unauthenticated int64
	copies          int64
	late            lateTally
	results         map[resultKey]*resultTally
}

// lateTally counts, of the reports about a domain, what was not there yet when
// the last digest was made, and what was.
type lateTally struct {
	inTime, inTimeFailing int64
	late, lateFailing     int64
}

type resultKey struct {
	policyType string
	trust      archive.Trust
}

func newDomainTally() *domainTally {
	return &domainTally{results: make(map[resultKey]*resultTally)}
}

// authenticated returns how many of the reports are.
func (d *domainTally) authenticated() int64 { return d.reports - d.unauthenticated }

func (d *domainTally) addReports(r ReportsRow) {
	d.reports = plus(d.reports, r.Reports)
	d.copies = plus(d.copies, r.Copies)
	if !r.authenticated() {
		d.unauthenticated = plus(d.unauthenticated, r.Reports)
	}
	if r.Late {
		d.late.late = plus(d.late.late, r.Reports)
		d.late.lateFailing = plus(d.late.lateFailing, r.Failing)
	} else {
		d.late.inTime = plus(d.late.inTime, r.Reports)
		d.late.inTimeFailing = plus(d.late.inTimeFailing, r.Failing)
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
	key       resultKey
	reporters map[reporterKey]*Reporter
	failures  map[failureKey]*failureTally
}

func newResultTally(key resultKey) *resultTally {
	return &resultTally{
		Result:    Result{PolicyType: key.policyType, Trust: key.trust},
		key:       key,
		reporters: make(map[reporterKey]*Reporter),
		failures:  make(map[failureKey]*failureTally),
	}
}

func (r *resultTally) addResult(row ResultRow) {
	r.Reports = plus(r.Reports, row.Reports)
	r.SuccessfulSessions = plus(r.SuccessfulSessions, row.SuccessfulSessions)
	r.FailedSessions = plus(r.FailedSessions, row.FailedSessions)
	r.UndetailedFailures = plus(r.UndetailedFailures, row.UndetailedFailures)
	key := row.reporter()
	reporter, known := r.reporters[key]
	if !known && len(r.reporters) >= maxReporters {
		r.OtherReports = plus(r.OtherReports, row.Reports)
		return
	}
	if !known {
		reporter = &Reporter{Organization: key.organization, TrustDomain: key.trustDomain, Distrusted: key.distrusted}
		r.reporters[key] = reporter
	}
	reporter.Reports = plus(reporter.Reports, row.Reports)
	reporter.SuccessfulSessions = plus(reporter.SuccessfulSessions, row.SuccessfulSessions)
	reporter.FailedSessions = plus(reporter.FailedSessions, row.FailedSessions)
}

func (r *resultTally) addFailure(row FailureRow) {
	key := failureKeyOf(row)
	f, known := r.failures[key]
	if !known && len(r.failures) >= maxKinds {
		r.OtherFailures.Kinds = 1
		r.OtherFailures.FailedSessions = plus(r.OtherFailures.FailedSessions, row.FailedSessions)
		return
	}
	if !known {
		f = newFailureTally(key, row)
		r.failures[key] = f
	}
	f.add(row)
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
