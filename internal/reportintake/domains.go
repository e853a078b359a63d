package reportintake

import (
	"slices"
	"strings"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// fillPolicyDomain gives policies that lack their domain the one of the
// report's filename. The report itself is never overruled (RFC 8460, section 5.6).
func fillPolicyDomain(decoded *tlsrpt.Decoded, filename string) {
	name, err := tlsrpt.ParseFilename(filename)
	if err != nil {
		return
	}
	filled := 0
	for i := range decoded.Report.Policies {
		if policy := &decoded.Report.Policies[i].Policy; policy.Domain == "" {
			policy.Domain = name.PolicyDomain
			filled++
		}
	}
	if filled > 0 {
		decoded.Deviations = append(decoded.Deviations,
			tlsrpt.Deviation{Code: tlsrpt.DeviationPolicyDomainFromName, Count: filled})
	}
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
