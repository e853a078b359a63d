package tlsrpt

import (
	"encoding/json"
	"strings"

	"golang.org/x/net/idna"
)

// addPolicyResult reads an element of "policies". One that is not understood
// makes the report invalid.
func (d *decoder) addPolicyResult() {
	var result PolicyResult
	enough := len(d.problems) >= MaxProblems
	if isWrong := d.apart(enough, func() { result = d.readPolicyResult() }); !isWrong {
		d.report.Policies = append(d.report.Policies, result)
	}
}

func (d *decoder) readPolicyResult() PolicyResult {
	var result PolicyResult
	var described bool
	seen, isObject := d.object(func(m member, _ memberSet) {
		switch m {
		case policy:
			result.Policy = d.readPolicy()
		case summary:
			result.Summary = d.readSummary()
		case failureDetails:
			result.FailureDetails, described = d.readFailureDetails()
		default:
			d.skip()
		}
	})
	if isObject {
		d.require(seen, policy, summary)
		if result.Summary.TotalFailureSessionCount > 0 && !described {
			d.deviate(DeviationFailureDetailsMissing)
		}
	}
	return result
}

// readPolicy reads the policy that was applied (RFC 8460, sections 4.4 and 4.5).
func (d *decoder) readPolicy() Policy {
	var p Policy
	seen, isObject := d.object(func(m member, seen memberSet) {
		switch m {
		case policyType:
			p.Type = d.readPolicyType()
		case policyString:
			p.Strings = d.texts(DeviationPolicyStringText)
		case policyDomain:
			p.Domain = d.readPolicyDomain()
		case mxHost:
			p.MXHosts = d.texts(DeviationMXHostString)
		case mxHostPattern:
			d.deviate(DeviationMXHostPattern)
			if alias := d.texts(DeviationMXHostString); !seen.has(mxHost) {
				p.MXHosts = alias
			}
		default:
			d.skip()
		}
	})
	if !isObject {
		return p
	}
	d.require(seen, policyType)
	if p.Type == PolicyTLSA {
		p.Strings = d.flatten(p.Strings)
	}
	d.notePolicyGaps(p)
	return p
}

// notePolicyGaps notes what RFC 8460, section 4.4, asks of a policy and this
// one lacks. Without a policy there is nothing to give.
func (d *decoder) notePolicyGaps(p Policy) {
	if p.Domain == "" {
		d.deviate(DeviationPolicyDomainMissing)
	}
	if len(p.Strings) == 0 && (p.Type == PolicySTS || p.Type == PolicyTLSA) {
		d.deviate(DeviationPolicyStringMissing)
	}
	if len(p.MXHosts) == 0 && p.Type == PolicySTS {
		d.deviate(DeviationMXHostMissing)
	}
}

func (d *decoder) readPolicyType() PolicyType {
	sent := PolicyType(d.textValue())
	if sent == "" {
		d.offend("", "must not be empty")
	}
	if sent.Known() {
		return sent
	}
	if folded := PolicyType(strings.ToLower(string(sent))); folded.Known() {
		d.deviate(DeviationPolicyTypeCase)
		return folded
	}
	d.deviate(DeviationPolicyTypeUnknown)
	return sent
}

// readPolicyDomain gives the A-label form that RFC 8460, section 4.4, asks
// for, or the text as sent where it is no domain name.
func (d *decoder) readPolicyDomain() string {
	if d.null() {
		return ""
	}
	sent := d.optionalText()
	if isASCII(sent) {
		return strings.ToLower(strings.TrimSuffix(sent, "."))
	}
	d.deviate(DeviationPolicyDomainNotALabel)
	d.converted++
	if len(sent) > maxULabels || d.converted > maxConverted {
		return sent
	}
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(sent, "."))
	if err != nil {
		return sent
	}
	return domain
}

// Punycode takes time by the square of a name's length, so what is converted
// is bounded. A report has one domain, and perhaps its MX hosts.
const (
	maxULabels   = 1024 // Bytes; no domain name (RFC 1035, section 2.3.4) needs more.
	maxConverted = 100
)

// maxFlattened is how many texts are looked into for TLSA records: Microsoft
// sends one, and a hostile report could have thousands.
const maxFlattened = 100

// flatten unpacks TLSA records that come as a JSON array within one text.
func (d *decoder) flatten(records []string) []string {
	if len(records) > maxFlattened {
		return records
	}
	var flat []string
	for _, record := range records {
		var inner []string
		if strings.HasPrefix(record, "[") && json.Unmarshal([]byte(record), &inner) == nil {
			d.deviate(DeviationPolicyStringNestedArray)
			flat = append(flat, inner...)
			continue
		}
		flat = append(flat, record)
	}
	return flat
}

// readSummary reads the counts of sessions (RFC 8460, section 4.2).
func (d *decoder) readSummary() Summary {
	var s Summary
	seen, isObject := d.object(func(m member, _ memberSet) {
		switch m {
		case totalSuccessfulSessionCount:
			s.TotalSuccessfulSessionCount = d.count()
		case totalFailureSessionCount:
			s.TotalFailureSessionCount = d.count()
		default:
			d.skip()
		}
	})
	if isObject && !(seen.has(totalSuccessfulSessionCount) && seen.has(totalFailureSessionCount)) {
		d.deviate(DeviationCountMissing)
	}
	return s
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
