package reportintake

import (
	"slices"
	"strings"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// hint is a Policy Domain that stands elsewhere than in the report.
type hint struct {
	domain string // May be empty.
	code   tlsrpt.Code
}

func ofFilename(filename string) hint {
	name, err := tlsrpt.ParseFilename(filename)
	if err != nil {
		return hint{}
	}
	return hint{name.PolicyDomain, tlsrpt.DeviationPolicyDomainFromName}
}

// fillPolicyDomain gives policies that lack their domain the one of the first
// hint that has one. The report itself is never overruled (RFC 8460, section 5.6).
func fillPolicyDomain(decoded *tlsrpt.Decoded, hints []hint) {
	i := slices.IndexFunc(hints, func(h hint) bool { return h.domain != "" })
	if i < 0 {
		return
	}
	filled := 0
	for j := range decoded.Report.Policies {
		if policy := &decoded.Report.Policies[j].Policy; policy.Domain == "" {
			policy.Domain = hints[i].domain
			filled++
		}
	}
	if filled > 0 {
		decoded.Deviations = append(decoded.Deviations, tlsrpt.Deviation{Code: hints[i].code, Count: filled})
	}
}

// markAboutReports notes the policies that are about the domain that reports
// are mailed to, and says whether there are any.
func markAboutReports(decoded *tlsrpt.Decoded, reportsDomain string) bool {
	count := 0
	for _, result := range decoded.Report.Policies {
		if reportsDomain != "" && result.Policy.Domain == reportsDomain {
			count++
		}
	}
	if count > 0 {
		decoded.Deviations = append(decoded.Deviations, tlsrpt.Deviation{Code: tlsrpt.DeviationAboutReports, Count: count})
	}
	return count > 0
}

func aboutReports(reportsDomain string) []archive.Problem {
	return []archive.Problem{{Path: "/policies", Message: "is about the delivery of reports to " + reportsDomain +
		"; remove the TXT record at " + tlsrpt.RecordName(reportsDomain) + ", so that reports cause no reports"}}
}

const namedDomains = 5 // At most, in an answer.

func notHosted(report tlsrpt.Report) []archive.Problem {
	var domains []string
	for _, result := range report.Policies {
		if domain := result.Policy.Domain; domain != "" && !slices.Contains(domains, domain) && len(domains) < namedDomains {
			domains = append(domains, domain)
		}
	}
	message := "names no policy domain, so nobody can tell whose report it is"
	if len(domains) > 0 {
		message = "names no policy domain that is hosted here, but " + strings.Join(domains, ", ")
	}
	return []archive.Problem{{Path: "/policies", Message: message}}
}
