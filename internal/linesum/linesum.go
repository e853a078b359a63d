// Package linesum sums reports as they lie in the archive, line by line: the
// engine of digests for as many reports as one machine can read.
package linesum

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/tlsrpt"
)

// Reports are what lies in an archive.
type Reports interface {
	// Lines gives the lines of all reports that were received on the UTC days
	// of first to last, in any order. It goes on after an
	// [*archive.DamagedError], and ends after any other error.
	Lines(ctx context.Context, first, last time.Time) iter.Seq2[archive.Line, error]
}

// Engine sums reports by reading them all, and again where copies of a report
// differ.
type Engine struct {
	Reports Reports
	Now     func() time.Time
}

// Sums sums the reports that a query asks for. Of what grows with the number of
// reports it holds some 100 bytes for each, to count none twice.
func (e Engine) Sums(ctx context.Context, q digest.Query) (*digest.Sums, error) {
	once := newOnce()
	sums, err := e.pass(ctx, q, once)
	if err == nil && once.upset {
		once.again()
		sums, err = e.pass(ctx, q, once)
	}
	if err != nil {
		return nil, fmt.Errorf("sum the reports of week %s: %w", q.Week, err)
	}
	return sums, nil
}

// pass reads the lines once. Some reports come long after their week.
func (e Engine) pass(ctx context.Context, q digest.Query, once *once) (*digest.Sums, error) {
	p := pass{Sums: digest.NewSums(q), query: q, once: once}
	start, end := q.Start(), q.End()
	for line, err := range e.Reports.Lines(ctx, start, e.Now()) {
		var damaged *archive.DamagedError
		switch {
		case errors.As(err, &damaged):
			p.AddDamaged(damaged.Key)
		case err != nil:
			return nil, err
		case !line.StartDatetime.Before(start) && line.StartDatetime.Before(end):
			p.add(line)
		}
	}
	return p.Sums, nil
}

// pass is one reading of the lines.
type pass struct {
	*digest.Sums
	query digest.Query
	once  *once
}

// add adds what a line says of each domain.
func (p pass) add(line archive.Line) {
	of := digest.Origin{
		Week:         digest.WeekOf(line.StartDatetime),
		Trust:        line.Trust,
		TrustDomain:  line.TrustDomain,
		Organization: line.OrganizationName,
	}
	byDomain := func(a, b archive.PolicyResult) int { return cmp.Compare(a.PolicyDomain, b.PolicyDomain) }
	for policies := range runs(line.Policies, byDomain) {
		of.PolicyDomain = policies[0].PolicyDomain
		reports := digest.ReportsRow{
			Origin: of,
			TLSA:   slices.ContainsFunc(policies, isTLSA),
			Late:   !line.ReceivedAt.Before(p.query.Since),
		}
		switch {
		case !p.query.Counts(of.PolicyDomain, true): // Whatever the type: no need to remember it.
			p.AddReports(reports)
		case !p.once.counts(line, of.PolicyDomain):
			reports.Copies = 1
			p.AddReports(reports)
		default:
			reports.Reports = 1
			if slices.ContainsFunc(policies, fails) {
				reports.Failing = 1
			}
			p.AddReports(reports)
			p.addResults(of, line.StartDatetime, policies)
		}
	}
}

func isTLSA(p archive.PolicyResult) bool { return p.PolicyType == string(tlsrpt.PolicyTLSA) }

// fails is true for details without a count too: some reporters leave it out.
func fails(p archive.PolicyResult) bool {
	return p.TotalFailureSessionCount > 0 || len(p.FailureDetails) > 0
}

// addResults adds what a report says of one domain. Several of its policies may
// have the same type, and the report is one all the same.
func (p pass) addResults(of digest.Origin, start time.Time, policies []archive.PolicyResult) {
	byType := func(a, b archive.PolicyResult) int { return cmp.Compare(a.PolicyType, b.PolicyType) }
	for same := range runs(policies, byType) {
		for i, policy := range same {
			row := digest.ResultRow{
				Origin:             of,
				PolicyType:         policy.PolicyType,
				SuccessfulSessions: policy.TotalSuccessfulSessionCount,
				FailedSessions:     policy.TotalFailureSessionCount,
			}
			if i == 0 {
				row.Reports = 1
			}
			if len(policy.FailureDetails) == 0 {
				row.UndetailedFailures = policy.TotalFailureSessionCount
			}
			p.AddResult(row)
			for _, details := range policy.FailureDetails {
				p.AddFailure(failureRow(of, policy.PolicyType, start, details))
			}
		}
	}
}

func failureRow(of digest.Origin, policyType string, start time.Time, details archive.FailureDetails) digest.FailureRow {
	row := digest.FailureRow{
		Origin:              of,
		PolicyType:          policyType,
		ResultType:          details.ResultType,
		ReceivingMXHostname: details.ReceivingMXHostname,
		FailedSessions:      details.FailedSessionCount,
		FirstDay:            start,
		LastDay:             start,
		Example: digest.Example{
			SendingMTAIP:          details.SendingMTAIP,
			ReceivingIP:           details.ReceivingIP,
			FailureReasonCode:     details.FailureReasonCode,
			AdditionalInformation: details.AdditionalInformation,
		},
		ExampleSessions: details.FailedSessionCount,
	}
	row.ByDay[(int(start.UTC().Weekday())+6)%7] = details.FailedSessionCount
	return row
}

// runs gives the policies that are the same by an order side by side, in that
// order.
func runs(policies []archive.PolicyResult, by func(a, b archive.PolicyResult) int) iter.Seq[[]archive.PolicyResult] {
	return func(yield func([]archive.PolicyResult) bool) {
		if len(policies) > 1 {
			policies = slices.SortedStableFunc(slices.Values(policies), by)
		}
		for len(policies) > 0 {
			n := 1
			for n < len(policies) && by(policies[n], policies[0]) == 0 {
				n++
			}
			if !yield(policies[:n]) {
				return
			}
			policies = policies[n:]
		}
	}
}
