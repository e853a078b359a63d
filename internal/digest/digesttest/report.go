// Package digesttest has reports as they lie in an archive, and the conformance
// suite of the engines that sum them.
package digesttest

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// Week is the week under test.
var Week = digest.Week{Year: 2026, Number: 47}

// Day is a day of the week under test; 0 is its Monday.
func Day(n int) time.Time { return Week.Start().AddDate(0, 0, n) }

// Report is a signed report of a day, which came the day after.
func Report(organization string, start time.Time, policies ...archive.PolicyResult) archive.Line {
	id := fmt.Sprintf("%s_%s", start.Format(time.DateOnly), policies[0].PolicyDomain)
	return archive.Line{
		SchemaVersion:    archive.SchemaVersion,
		ReportKey:        fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, organization, id, policies))),
		ReceivedAt:       start.AddDate(0, 0, 1).Add(10 * time.Hour),
		Channel:          archive.ChannelMail,
		Trust:            archive.TrustDKIM,
		TrustDomain:      strings.ToLower(strings.Fields(organization)[0][:1]) + ".example",
		OrganizationName: organization,
		ReportID:         id,
		StartDatetime:    start,
		EndDatetime:      start.Add(24*time.Hour - time.Second),
		Policies:         policies,
	}
}

// Unsigned is a report that nothing vouches for.
func Unsigned(line archive.Line) archive.Line {
	line.Channel, line.Trust, line.TrustDomain = archive.ChannelHTTPS, archive.TrustNone, ""
	return line
}

// STS is a result under MTA-STS.
func STS(domain string, succeeded, failed int64, details ...archive.FailureDetails) archive.PolicyResult {
	return Policy("sts", domain, succeeded, failed, details...)
}

// Policy is a result under any policy type.
func Policy(policyType, domain string, succeeded, failed int64, details ...archive.FailureDetails) archive.PolicyResult {
	return archive.PolicyResult{
		PolicyType:                  policyType,
		PolicyDomain:                domain,
		TotalSuccessfulSessionCount: succeeded,
		TotalFailureSessionCount:    failed,
		FailureDetails:              details,
	}
}

// Failure is an element of failure-details.
func Failure(resultType, mx string, sessions int64) archive.FailureDetails {
	return archive.FailureDetails{ResultType: resultType, ReceivingMXHostname: mx, FailedSessionCount: sessions}
}

// Because says more of a failure.
func Because(f archive.FailureDetails, ip, reason, information string) archive.FailureDetails {
	f.SendingMTAIP, f.FailureReasonCode, f.AdditionalInformation = ip, reason, information
	return f
}
