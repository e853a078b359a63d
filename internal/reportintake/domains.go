package reportintake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sealpost/internal/archive"
	"sealpost/internal/tlsrpt"
)

// Any takes in the reports of every domain.
type Any struct{}

// Ours is always true.
func (Any) Ours(context.Context, tlsrpt.PolicyType, string) (bool, error) { return true, nil }

// maxAsked is how many policies of one report are looked up. A report is about
// one domain and its MX hosts; one about thousands would keep the store busy.
const maxAsked = 100

// ours says whether any policy of the report is one of ours; the others are
// kept with it, and not counted.
func (in *Intake) ours(ctx context.Context, report tlsrpt.Report) (bool, error) {
	if len(report.Policies) == 0 {
		return in.askOurs(ctx, "", "")
	}
	asked := make([]tlsrpt.Policy, 0, 4)
	for _, result := range report.Policies {
		same := func(p tlsrpt.Policy) bool { return p.Type == result.Policy.Type && p.Domain == result.Policy.Domain }
		if slices.ContainsFunc(asked, same) {
			continue
		}
		if len(asked) == maxAsked {
			break
		}
		if ours, err := in.askOurs(ctx, result.Policy.Type, result.Policy.Domain); ours || err != nil {
			return ours, err
		}
		asked = append(asked, result.Policy)
	}
	return false, nil
}

func (in *Intake) askOurs(ctx context.Context, policyType tlsrpt.PolicyType, domain string) (bool, error) {
	ours, err := in.Domains.Ours(ctx, policyType, domain)
	if err != nil {
		return false, fmt.Errorf("find out whether %q is hosted here: %w", domain, err)
	}
	return ours, nil
}

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
