package main

import (
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
)

// TestOutputs: what is left to set is there to be pasted into a zone file.
func TestOutputs(t *testing.T) {
	later := func(domain string) string {
		return "; _mta-sts." + domain + ": a TXT record; once the policy is published, sealpost status says with which value"
	}
	tests := map[string]map[string]string{ // Values by description.
		"one domain with its zone": {
			"EdgeAddress":                        "Distribution.DomainName",
			"ReportsUrl":                         "ReportApi.ApiEndpoint/v1/reports",
			"To set in the DNS, for example.com": `_smtp._tls.example.com. 300 IN TXT "v=TLSRPTv1; rua=ReportApi.ApiEndpoint/v1/reports"`,
		},
		"three domains, one by CNAME": {
			"EdgeAddress":                        "policies.sts.example.net",
			"ReportsAddress":                     "reports@tlsrpt.sts.example.net",
			"ReportsUrl":                         "https://reports.sts.example.net/v1/reports",
			"To set in the DNS, for example.com": `_smtp._tls.example.com. 300 IN TXT "v=TLSRPTv1; rua=mailto:reports@tlsrpt.sts.example.net,https://reports.sts.example.net/v1/reports"`,
			"To set in the DNS, for mail.example.com": later("mail.example.com") + "\n" +
				`_smtp._tls.mail.example.com. 300 IN TXT "v=TLSRPTv1; rua=mailto:reports@tlsrpt.sts.example.net,https://reports.sts.example.net/v1/reports"`,
			"To set in the DNS, for example.org": "mta-sts.example.org. 300 IN CNAME policies.sts.example.net.\n" +
				"_mta-sts.example.org. 300 IN CNAME example.org._mta-sts.sts.example.net.\n" +
				"_smtp._tls.example.org. 300 IN CNAME example.org._smtp._tls.sts.example.net.",
		},
		"no zone of ours": {
			"EdgeAddress":    "Distribution.DomainName",
			"ReportsUrl":     "https://reports.example.org/v1/reports",
			"ReportsAddress": "reports@tlsrpt.example.org",
			// The MX record comes last: once it is set, mail comes.
			"To set in the DNS, for reports by mail, tlsrpt.example.org": "Identitytlsrptexampleorg.DkimDNSTokenName1. 300 IN CNAME Identitytlsrptexampleorg.DkimDNSTokenValue1.\n" +
				"Identitytlsrptexampleorg.DkimDNSTokenName2. 300 IN CNAME Identitytlsrptexampleorg.DkimDNSTokenValue2.\n" +
				"Identitytlsrptexampleorg.DkimDNSTokenName3. 300 IN CNAME Identitytlsrptexampleorg.DkimDNSTokenValue3.\n" +
				"tlsrpt.example.org. 300 IN MX 10 inbound-smtp.us-east-1.amazonaws.com.",
			"To set in the DNS, for example.org": "mta-sts.example.org. 300 IN CNAME Distribution.DomainName.\n" +
				later("example.org") + "\n" +
				`_smtp._tls.example.org. 300 IN TXT "v=TLSRPTv1; rua=mailto:reports@tlsrpt.example.org,https://reports.example.org/v1/reports"`,
			"To set in the DNS, for reports.example.org": "reports.example.org. 300 IN CNAME ReportsDomain.RegionalDomainName.",
			"To set in the DNS, for the sender example.org": "Identityexampleorg.DkimDNSTokenName1. 300 IN CNAME Identityexampleorg.DkimDNSTokenValue1.\n" +
				"Identityexampleorg.DkimDNSTokenName2. 300 IN CNAME Identityexampleorg.DkimDNSTokenValue2.\n" +
				"Identityexampleorg.DkimDNSTokenName3. 300 IN CNAME Identityexampleorg.DkimDNSTokenValue3.",
		},
		"mail takes over": {
			"EdgeAddress":                        "policies.sts.example.net",
			"ReportsUrl":                         "https://reports.sts.example.net/v1/reports",
			"ReportsAddress":                     "reports@rpt.example.com",
			"To set in the DNS, for example.com": `_smtp._tls.example.com. 300 IN TXT "v=TLSRPTv1; rua=https://reports.sts.example.net/v1/reports,mailto:reports@rpt.example.com"`,
		},
		"no digest": {
			"EdgeAddress": "Distribution.DomainName",
			"ReportsUrl":  "ReportApi.ApiEndpoint/v1/reports",
			// Of example.com the stack sets everything.
			"To set in the DNS, for exam-ple.com": `_smtp._tls.exam-ple.com. 300 IN TXT "v=TLSRPTv1; rua=ReportApi.ApiEndpoint/v1/reports"`,
		},
	}
	always := []string{"AthenaDatabase", "AthenaReadersPolicy", "AthenaWorkgroup", "EdgeAddress", "PoliciesTable", "PolicyStateTable", "ReportIntakeFunction", "ReportsBucket", "ReportsUrl", "WalkFunction"}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			config, stack := matrixStack(t, name)
			got := make(map[string]string)
			for id, output := range stack.Outputs {
				key := id
				if strings.HasPrefix(id, "Dns") {
					key = output.Description
				}
				value := withAttributes(stack, output.Value)
				if key != id {
					header, records, _ := strings.Cut(value, "\n")
					if domain, _ := strings.CutPrefix(key, "To set in the DNS, for "); header != "; for "+domain {
						t.Errorf("the records of %s begin with %q", domain, header)
					}
					value = records
				}
				got[key] = value
			}
			for key, value := range want {
				if got[key] != value {
					t.Errorf("%s is\n%s\nwant\n%s", key, got[key], value)
				}
				delete(got, key)
			}
			for _, key := range always {
				delete(got, key)
			}
			if config.Digest.Enabled {
				if needs := got["DigestNeeds"]; !strings.Contains(needs, domainOf(config.Digest.Sender)+" verified") {
					t.Errorf("of the sandbox it says %q", needs)
				}
				delete(got, "DigestFunction")
				delete(got, "DigestNeeds")
			}
			if config.Reports.Mail.comes() {
				delete(got, "InboxBucket")
				delete(got, "MailIntakeFunction")
			}
			if len(got) > 0 {
				t.Errorf("there is more: %v", got)
			}
		})
	}
}

// withAttributes writes a value with the names of attributes.
func withAttributes(stack template, value any) string {
	v, is := value.(map[string]any)
	if !is {
		return readable(stack, value)
	}
	if attribute, is := v["Fn::GetAtt"].([]any); is {
		return withoutHash(attribute[0].(string)) + "." + attribute[1].(string)
	}
	if join, is := v["Fn::Join"].([]any); is {
		var text strings.Builder
		for _, part := range join[1].([]any) {
			text.WriteString(withAttributes(stack, part))
		}
		return text.String()
	}
	return readable(stack, value)
}

// TestReportRecordIsOne: the record that the outputs give is one that senders
// can read (RFC 8460, section 3).
func TestReportRecordIsOne(t *testing.T) {
	config := mustParse(t, matrix["no zone of ours"])
	for _, line := range domainRecords(config, config.Domains[0], "edge.example.net", []string{"https://reports.example.org/v1/reports"}) {
		if _, value, is := strings.Cut(line, `TXT "v=TLSRPTv1`); is {
			record, err := tlsrpt.ParseRecord("v=TLSRPTv1" + strings.TrimSuffix(value, `"`))
			if err != nil || len(record.RUAs) != 1 || record.RUAs[0] != "https://reports.example.org/v1/reports" {
				t.Errorf("%s is read as %v, %v", line, record, err)
			}
			return
		}
	}
	t.Error("there is no such record")
}

// TestLongRecord: what one string of a TXT record cannot hold is split.
func TestLongRecord(t *testing.T) {
	config := mustParse(t, matrix["no zone of ours"])
	rua := "https://" + strings.Repeat("reports.", 30) + "example.org/v1/reports"
	for _, line := range domainRecords(config, config.Domains[0], "edge.example.net", []string{rua}) {
		_, value, is := strings.Cut(line, " IN TXT ")
		if !is {
			continue
		}
		parts := strings.Split(strings.Trim(value, `"`), `" "`)
		if len(parts) != 2 || len(parts[0]) != 255 || strings.Join(parts, "") != "v=TLSRPTv1; rua="+rua {
			t.Errorf("got %q", parts)
		}
		return
	}
	t.Error("there is no such record")
}
