package tlsrpt_test

import (
	"strings"
	"time"

	"sealpost/internal/tlsrpt"
)

// A tolerance is an edit of the example that reporters have made, or might,
// and how it is read.
type tolerance struct {
	name       string
	old, new   string
	deviations []tlsrpt.Deviation
	see        func(tlsrpt.Report) any // What the edit is about,
	want       any                     // and how it is read.
}

func one(code tlsrpt.Code, path string) []tlsrpt.Deviation {
	return []tlsrpt.Deviation{{Code: code, Path: path, Count: 1}}
}

func start(r tlsrpt.Report) any   { return r.DateRange.Start }
func domain(r tlsrpt.Report) any  { return r.Policies[0].Policy.Domain }
func kind(r tlsrpt.Report) any    { return r.Policies[0].Policy.Type }
func lines(r tlsrpt.Report) any   { return r.Policies[0].Policy.Strings }
func mxHosts(r tlsrpt.Report) any { return r.Policies[0].Policy.MXHosts }
func success(r tlsrpt.Report) any { return r.Policies[0].Summary.TotalSuccessfulSessionCount }
func details(r tlsrpt.Report) any { return len(r.Policies[0].FailureDetails) }
func first(r tlsrpt.Report) any   { return r.Policies[0].FailureDetails[0] }

func sender(r tlsrpt.Report) any  { return r.Policies[0].FailureDetails[1].SendingMTAIP }
func helo(r tlsrpt.Report) any    { return r.Policies[0].FailureDetails[1].ReceivingMXHelo }
func more(r tlsrpt.Report) any    { return r.Policies[0].FailureDetails[1].AdditionalInformation }
func contact(r tlsrpt.Report) any { return r.ContactInfo }
func name(r tlsrpt.Report) any    { return r.OrganizationName }

const (
	policyPath  = "/policies/0/policy"
	resultPath  = "/policies/0"
	failurePath = "/policies/0/failure-details/0"

	exampleStrings = `["version: STSv1", "mode: testing", "mx: *.mail.meadow.example", "max_age: 604800"]`
	exampleDomain  = `"policy-domain": "meadow.example",`
	exampleMXHosts = `["*.mail.meadow.example"]`
	exampleType    = `"policy-type": "sts",`
	exampleCounts  = `"total-successful-session-count": 811,`
	exampleFailure = `"result-type": "certificate-expired",
      "sending-mta-ip": "2001:db8:17:0004::1",
      "receiving-mx-hostname": "mx1.mail.meadow.example",
      "failed-session-count": 40`

	secondPath = "/policies/0/failure-details/1"
)

var midnight = time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC)

var tolerances = append(append(wholeTolerances, policyTolerances...), failureTolerances...)

var wholeTolerances = []tolerance{
	{"RFC 8259, section 8.1: byte order mark", "{\n  \"org", "\ufeff{\n  \"org",
		one(tlsrpt.DeviationByteOrderMark, ""), nil, nil},
	{"section 4.4: unknown members anywhere", `"report-id"`, `"x-extra": {"policies": [[1e3]]}, "report-id"`, nil, contact, "tls-reports@northwind.example"},
	{"section 4.4: names may be escaped", `"contact-info"`, `"contact\u002dinfo"`, nil, contact, "tls-reports@northwind.example"},
	{"section 4.1: date without zone", `"2026-11-16T00:00:00Z"`, `"2026-11-16T00:00:00"`,
		one(tlsrpt.DeviationDateWithoutZone, "/date-range/start-datetime"), start, midnight},
	{"section 4.4: RFC 3339 with offset, fraction and lower case", `"2026-11-16T00:00:00Z"`, `"2026-11-16t01:30:00.000+01:30"`, nil, start, midnight},
	{"section 4.1: end at next midnight", `"2026-11-16T23:59:59Z"`, `"2026-11-17T00:00:00Z"`, nil, start, midnight},
	{"section 4.1: end before start", `"2026-11-16T23:59:59Z"`, `"2026-11-15T23:59:59Z"`,
		one(tlsrpt.DeviationDateRangeReverse, "/date-range"), start, midnight},
	{"section 4.4: contact-info null", `"tls-reports@northwind.example"`, `null`,
		one(tlsrpt.DeviationContactInfoMissing, "/contact-info"), contact, ""},
	{"section 4.4: contact-info empty", `"tls-reports@northwind.example"`, `""`,
		one(tlsrpt.DeviationContactInfoMissing, "/contact-info"), contact, ""},
	{"section 4.4: contact-info missing", `"contact-info": "tls-reports@northwind.example",`, ``,
		one(tlsrpt.DeviationContactInfoMissing, ""), contact, ""},
	{"section 4.4: contact-info with mailto:", `"tls-reports@northwind.example"`, `"mailto:tls-reports@northwind.example"`,
		one(tlsrpt.DeviationContactInfoNotAddress, "/contact-info"), contact, "mailto:tls-reports@northwind.example"},
	{"section 4.4: organization-name over the limit", `"Northwind Post"`, `"` + strings.Repeat("é", 2049) + `"`,
		one(tlsrpt.DeviationTextCut, "/organization-name"), name, strings.Repeat("é", 2048)},
	{"section 4: policies as one object", "\"policies\": [", `"policies": {"policy": {"policy-type": "no-policy-found", "policy-domain": "meadow.example"},
		"summary": {"total-successful-session-count": 5, "total-failure-session-count": 0}}, "other": [`,
		one(tlsrpt.DeviationPoliciesObject, "/policies"), success, int64(5)},
	{"section 4: no policies", "\"policies\": [", "\"policies\": [], \"other\": [",
		one(tlsrpt.DeviationPoliciesEmpty, "/policies"), func(r tlsrpt.Report) any { return len(r.Policies) }, 0},
}

var policyTolerances = []tolerance{
	{"section 4.4: policy-type in upper case", exampleType, `"policy-type": "STS",`,
		one(tlsrpt.DeviationPolicyTypeCase, policyPath+"/policy-type"), kind, tlsrpt.PolicySTS},
	{"section 4.4: policy-type unknown", exampleType, `"policy-type": "Dane-TA",`,
		one(tlsrpt.DeviationPolicyTypeUnknown, policyPath+"/policy-type"), kind, tlsrpt.PolicyType("Dane-TA")},
	{"section 4.4: policy-domain missing", exampleDomain, ``,
		one(tlsrpt.DeviationPolicyDomainMissing, policyPath), domain, ""},
	{"section 4.4: policy-domain null", exampleDomain, `"policy-domain": null,`,
		one(tlsrpt.DeviationPolicyDomainMissing, policyPath), domain, ""},
	{"section 4.4: policy-domain in upper case, with root", exampleDomain, `"policy-domain": "MEADOW.example.",`, nil, domain, "meadow.example"},
	{"section 4.4: policy-domain in U-labels", exampleDomain, `"policy-domain": "Bücher.example.",`,
		one(tlsrpt.DeviationPolicyDomainNotALabel, policyPath+"/policy-domain"), domain, "xn--bcher-kva.example"},
	{"section 4.4: policy-domain beyond IDNA", exampleDomain, `"policy-domain": "☠\u0000.example",`,
		one(tlsrpt.DeviationPolicyDomainNotALabel, policyPath+"/policy-domain"), domain, "☠\x00.example"},
	{"section 4.4: policy-domain too long for one", exampleDomain, `"policy-domain": "` + strings.Repeat("ü", 513) + `",`,
		one(tlsrpt.DeviationPolicyDomainNotALabel, policyPath+"/policy-domain"), domain, strings.Repeat("ü", 513)},
	{"section 4.5: policy-string missing", `"policy-string": ` + exampleStrings + `,`, ``,
		one(tlsrpt.DeviationPolicyStringMissing, policyPath), lines, []string(nil)},
	{"section 4.5: policy-string empty", exampleStrings, `[]`,
		one(tlsrpt.DeviationPolicyStringMissing, policyPath), lines, []string(nil)},
	{"section 4: policy-string as one text", exampleStrings, `"version: STSv1"`,
		one(tlsrpt.DeviationPolicyStringText, policyPath+"/policy-string"), lines, []string{"version: STSv1"}},
	{"section 4.5: policy-string with CR and blanks", exampleStrings, `["version: STSv1\r", "mx: a.example "]`,
		nil, lines, []string{"version: STSv1\r", "mx: a.example "}},
	{"section 4.5: TLSA records in a text", exampleType + "\n      \"policy-string\": " + exampleStrings,
		`"policy-type": "tlsa", "policy-string": ["[\"3 1 1 6A\",\"2 0 1 7B\"]", "3 1 1 8C"]`,
		one(tlsrpt.DeviationPolicyStringNestedArray, policyPath), lines, []string{"3 1 1 6A", "2 0 1 7B", "3 1 1 8C"}},
	{"section 4.5: a line that only begins like an array", exampleType + "\n      \"policy-string\": " + exampleStrings,
		`"policy-type": "tlsa", "policy-string": ["[3 1 1 6A"]`, nil, lines, []string{"[3 1 1 6A"}},
	{"section 4.4: mx-host missing", exampleDomain + "\n      \"mx-host\": " + exampleMXHosts, `"policy-domain": "meadow.example"`,
		one(tlsrpt.DeviationMXHostMissing, policyPath), mxHosts, []string(nil)},
	{"section 4.4: mx-host null", exampleMXHosts, `null`, []tlsrpt.Deviation{
		{Code: tlsrpt.DeviationNullInsteadOfAbsent, Path: policyPath + "/mx-host", Count: 1},
		{Code: tlsrpt.DeviationMXHostMissing, Path: policyPath, Count: 1},
	}, mxHosts, []string(nil)},
	{"appendix B: mx-host as one text (erratum 6241)", exampleMXHosts, `"*.mail.meadow.example"`,
		one(tlsrpt.DeviationMXHostString, policyPath+"/mx-host"), mxHosts, []string{"*.mail.meadow.example"}},
	{"section 4.4: mx-host-pattern", `"mx-host"`, `"mx-host-pattern"`, []tlsrpt.Deviation{
		{Code: tlsrpt.DeviationMXHostPattern, Path: policyPath + "/mx-host-pattern", Count: 1},
	}, mxHosts, []string{"*.mail.meadow.example"}},
	{"section 4.4: mx-host before mx-host-pattern", `"mx-host": ` + exampleMXHosts, `"mx-host": ["a.example"], "mx-host-pattern": ["b.example"]`,
		one(tlsrpt.DeviationMXHostPattern, policyPath+"/mx-host-pattern"), mxHosts, []string{"a.example"}},
	{"section 4.4: mx-host after mx-host-pattern", `"mx-host": ` + exampleMXHosts, `"mx-host-pattern": ["b.example"], "mx-host": ["a.example"]`,
		one(tlsrpt.DeviationMXHostPattern, policyPath+"/mx-host-pattern"), mxHosts, []string{"a.example"}},
	{"section 4.2: count missing", exampleCounts, ``,
		one(tlsrpt.DeviationCountMissing, resultPath+"/summary"), success, int64(0)},
	{"section 4.2: count null", exampleCounts, `"total-successful-session-count": null,`,
		one(tlsrpt.DeviationCountNull, resultPath+"/summary/total-successful-session-count"), success, int64(0)},
	{"section 4.2: count as text", exampleCounts, `"total-successful-session-count": "0811",`,
		one(tlsrpt.DeviationCountString, resultPath+"/summary/total-successful-session-count"), success, int64(811)},
	{"section 4.2: whole number with fraction", exampleCounts, `"total-successful-session-count": 811.0,`, nil, success, int64(811)},
	{"section 4.2: whole number with exponent", exampleCounts, `"total-successful-session-count": 811e2,`, nil, success, int64(81100)},
	{"RFC 7493, section 2.2: largest number", exampleCounts, `"total-successful-session-count": 9007199254740991,`, nil, success, int64(tlsrpt.MaxCount)},
}

var failureTolerances = []tolerance{
	{"section 4.4: failure-details missing", `"failure-details"`, `"other"`,
		one(tlsrpt.DeviationFailureDetailsMissing, resultPath), details, 0},
	{"section 4.4: failure-details null", `"failure-details": [`, `"failure-details": null, "other": [`, []tlsrpt.Deviation{
		{Code: tlsrpt.DeviationFailureDetailsNull, Path: resultPath + "/failure-details", Count: 1},
		{Code: tlsrpt.DeviationFailureDetailsMissing, Path: resultPath, Count: 1},
	}, details, 0},
	{"section 4.4: an element that is not understood", `"failed-session-count": 40`, `"failed-session-count": -40`,
		one(tlsrpt.DeviationFailureDetailsLeftOut, failurePath), details, 2},
	{"section 4.4: an element that is no object", `"failure-details": [{`, `"failure-details": [["x"], {`,
		one(tlsrpt.DeviationFailureDetailsLeftOut, failurePath), details, 3},
	{"section 4.3: result-type missing", `"result-type": "certificate-expired",`, ``,
		one(tlsrpt.DeviationResultTypeMissing, failurePath), nil, nil},
	{"section 4.3: result-type null", `"result-type": "certificate-expired"`, `"result-type": null`, []tlsrpt.Deviation{
		{Code: tlsrpt.DeviationNullInsteadOfAbsent, Path: failurePath + "/result-type", Count: 1},
		{Code: tlsrpt.DeviationResultTypeMissing, Path: failurePath, Count: 1},
	}, nil, nil},
	{"section 4.3: result-type unknown", exampleFailure, `"result-type": "Other", "failed-session-count": 40`,
		one(tlsrpt.DeviationResultTypeUnknown, failurePath), first, tlsrpt.FailureDetails{ResultType: "Other", FailedSessionCount: 40}},
	{"section 4.4: all else missing", exampleFailure, `"result-type": "certificate-expired"`,
		one(tlsrpt.DeviationCountMissing, failurePath), first, tlsrpt.FailureDetails{ResultType: tlsrpt.ResultCertificateExpired}},
	{"section 4.4: addresses that are none", `"198.51.100.7"`, `"x.x.x.x"`,
		one(tlsrpt.DeviationAddressNotIP, secondPath+"/sending-mta-ip"), sender, "x.x.x.x"},
	{"section 4.4: IPv4 address within IPv6", `"198.51.100.7"`, `"::ffff:198.51.100.7"`, nil, sender, "198.51.100.7"},
	{"section 4.4: text empty", `"198.51.100.7"`, `""`,
		one(tlsrpt.DeviationEmptyInsteadOfAbsent, secondPath+"/sending-mta-ip"), sender, ""},
	{"section 4.4: receiving-mx-host-name", exampleFailure, `"result-type": "certificate-expired",
		"receiving-mx-host-name": "mx1.meadow.example", "failed-session-count": 40`,
		one(tlsrpt.DeviationReceivingMXHostName, failurePath+"/receiving-mx-host-name"), first,
		tlsrpt.FailureDetails{ResultType: tlsrpt.ResultCertificateExpired, ReceivingMXHostname: "mx1.meadow.example", FailedSessionCount: 40}},
	{"section 4.4: both spellings of receiving-mx-hostname", exampleFailure, `"result-type": "certificate-expired",
		"receiving-mx-hostname": "a.example", "receiving-mx-host-name": "b.example", "failed-session-count": 40`,
		one(tlsrpt.DeviationReceivingMXHostName, failurePath+"/receiving-mx-host-name"), first,
		tlsrpt.FailureDetails{ResultType: tlsrpt.ResultCertificateExpired, ReceivingMXHostname: "a.example", FailedSessionCount: 40}},
	{"section 4.4: receiving-mx-helo of several lines", `"receiving-mx-helo": "mx2.mail.meadow.example"`, `"receiving-mx-helo": "mx2\r\nPIPELINING"`,
		one(tlsrpt.DeviationReceivingMXHeloLines, secondPath+"/receiving-mx-helo"), helo, "mx2\r\nPIPELINING"},
	{"section 4.4: additional-info-uri", `"additional-information"`, `"additional-info-uri"`,
		one(tlsrpt.DeviationAdditionalInfoURI, secondPath+"/additional-info-uri"), more, "https://northwind.example/tls/2026-11-16#2"},
	{"section 4.4: additional-information is free text", `"https://northwind.example/tls/2026-11-16#2"`, `"see the log"`,
		one(tlsrpt.DeviationAdditionalInfoNotURI, secondPath+"/additional-information"), more, "see the log"},
}
