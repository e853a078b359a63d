package digest_test

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// The lines below are what an archive holds of a report.

func report(organization string, start time.Time, policies ...archive.PolicyResult) archive.Line {
	id := fmt.Sprintf("%s_%s", start.Format(time.DateOnly), policies[0].PolicyDomain)
	return archive.Line{
		ReportKey:        fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, organization, id, policies))),
		ReceivedAt:       start.AddDate(0, 0, 1).Add(10 * time.Hour),
		Trust:            archive.TrustDKIM,
		TrustDomain:      strings.ToLower(strings.Fields(organization)[0][:1]) + ".example",
		OrganizationName: organization,
		ReportID:         id,
		StartDatetime:    start,
		EndDatetime:      start.Add(24*time.Hour - time.Second),
		Policies:         policies,
	}
}

func unsigned(line archive.Line) archive.Line {
	line.Trust, line.TrustDomain = archive.TrustNone, ""
	return line
}

func sts(domain string, succeeded, failed int64, details ...archive.FailureDetails) archive.PolicyResult {
	return policy("sts", domain, succeeded, failed, details...)
}

func policy(policyType, domain string, succeeded, failed int64, details ...archive.FailureDetails) archive.PolicyResult {
	return archive.PolicyResult{
		PolicyType:                  policyType,
		PolicyDomain:                domain,
		TotalSuccessfulSessionCount: succeeded,
		TotalFailureSessionCount:    failed,
		FailureDetails:              details,
	}
}

func failure(resultType, mx string, sessions int64) archive.FailureDetails {
	return archive.FailureDetails{ResultType: resultType, ReceivingMXHostname: mx, FailedSessionCount: sessions}
}

func because(f archive.FailureDetails, ip, reason, information string) archive.FailureDetails {
	f.SendingMTAIP, f.FailureReasonCode, f.AdditionalInformation = ip, reason, information
	return f
}

// day is a day of the week under test; 0 is its Monday.
func day(n int) time.Time {
	return week.Start().AddDate(0, 0, n)
}

func sum(t *testing.T, hosted []string, lines []archive.Line) digest.Digest {
	t.Helper()
	d, err := digest.Sum(week, each(lines), ours, hosted)
	check(t, err)
	return d
}

func ours(_, domain string) bool { return domain != "elsewhere.test" }

func each(lines []archive.Line) digest.Lines {
	return func() iter.Seq2[archive.Line, error] {
		return func(yield func(archive.Line, error) bool) {
			for line := range slices.Values(lines) {
				if !yield(line, nil) {
					return
				}
			}
		}
	}
}
