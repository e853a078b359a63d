package schemas_test

import "sealpost/schemas"

// An edit puts a value, or nothing if value is empty, at a place of
// testdata/report.json, which both schemas accept.
type edit struct {
	at    string // JSON Pointer; the last step may be a new member.
	value string // JSON.
}

const (
	policies = "/policies"
	result   = "/policies/0"
	details  = "/policies/0/failure-details"
	failure  = "/policies/0/failure-details/0"
	success  = "/policies/0/summary/total-successful-session-count"
	failures = "/policies/0/summary/total-failure-session-count"
	start    = "/date-range/start-datetime"

	wantCount     = "must be a whole number from 0 to 9007199254740991"
	wantDate      = `must be a date and time such as "2026-11-22T00:00:00Z"`
	wantZoned     = `must be a date and time with a zone, such as "2026-11-22T00:00:00Z"`
	wantText      = "must be a string or null"
	wantTexts     = "must be an array, a string or null"
	wantDomain    = `must be a domain name in A-labels such as "example.com"`
	wantMXHost    = `must be a host name in A-labels such as "mx.example.com", or "*." and a host name`
	wantIP        = `must be an IPv4 or IPv6 address such as "192.0.2.1" or "2001:db8::1"`
	wantURI       = `must be a URI such as "https://reports.example/1234"`
	wantAddress   = `must be a mail address such as "tls-reports@example.com"`
	wantPolicies  = `must be one of "tlsa", "sts", "no-policy-found"`
	lonePolicies  = `{"policy": {"policy-type": "sts"}, "summary": {}}`
	wrongPolicies = `{"policy": {"policy-type": 1}, "failure-details": [{"failed-session-count": -1}]}`
)

// accepted is what real reporters send in place of what RFC 8460 asks for.
var accepted = []edit{
	{"/contact-info", ``}, {"/contact-info", `null`}, {"/contact-info", `"https://northwind.example/"`},
	{"/organization-name", `""`}, {"/report-id", `""`}, {"/unknown", `{"deep": [1]}`},
	{policies, `[]`}, {policies, lonePolicies},
	{start, `"2026-11-22T00:00:00"`}, {start, `"2026-11-22 00:00:00+01:00"`}, {start, `"2026-11-22t23:59:60.123456789z"`},
	{result + "/unknown", `[]`}, {details, ``}, {details, `null`}, {details, `[]`}, {details, `[{}]`},
	{result + "/summary", `{}`}, {result + "/policy/unknown", `0`}, {result + "/policy/policy-type", `"STS"`},
	{result + "/policy/policy-string", ``}, {result + "/policy/policy-string", `null`},
	{result + "/policy/policy-string", `""`}, {result + "/policy/policy-string", `[]`},
	{result + "/policy/policy-domain", ``}, {result + "/policy/policy-domain", `null`}, {result + "/policy/policy-domain", `"..\n"`},
	{result + "/policy/mx-host", ``}, {result + "/policy/mx-host", `null`}, {result + "/policy/mx-host", `"mx.customer.example"`},
	{result + "/policy/mx-host", `["bücher.example"]`}, {result + "/policy/mx-host-pattern", `["*.customer.example"]`},
	{result + "/policy/mx-host-pattern", `null`}, {result + "/policy/mx-host-pattern", `""`},
	{success, ``}, {success, `null`}, {success, `0`}, {success, `4.0`}, {success, `1e3`}, {success, `-0`},
	{success, `9007199254740991`}, {success, `"0"`}, {success, `"007"`}, {success, `"999999999999999"`},
	{failure + "/result-type", ``}, {failure + "/result-type", `null`}, {failure + "/result-type", `"Other"`},
	{failure + "/sending-mta-ip", `""`}, {failure + "/receiving-ip", `"x.x.x.x"`}, {failure + "/receiving-mx-hostname", `null`},
	{failure + "/receiving-mx-host-name", `"mx.customer.example"`}, {failure + "/receiving-mx-helo", `"250-mx\r\n250 SIZE"`},
	{failure + "/additional-information", `"see below"`}, {failure + "/additional-info-uri", `null`},
	{failure + "/failure-reason-code", `null`}, {failure + "/failed-session-count", `"12"`},
}

type refusal struct {
	edit
	path    string // Where the problem is; "" for the place of the edit.
	message string
}

var refused = []refusal{
	{edit{"", `[]`}, "", "must be an object"},
	{edit{"", `null`}, "", "must be an object"},
	{edit{"/organization-name", ``}, "", "is missing"},
	{edit{"/organization-name", `null`}, "", "must be a string"},
	{edit{"/report-id", ``}, "", "is missing"},
	{edit{"/report-id", `5`}, "", "must be a string"},
	{edit{"/contact-info", `[]`}, "", wantText},
	{edit{"/date-range", ``}, "", "is missing"},
	{edit{"/date-range", `"2026-11-22"`}, "", "must be an object"},
	{edit{start, ``}, "", "is missing"},
	{edit{start, `null`}, "", wantDate},
	{edit{start, `"2026-02-29T00:00:00Z"`}, "", wantDate},
	{edit{start, `"2026-11-22"`}, "", wantDate},
	{edit{policies, ``}, "", "is missing"},
	{edit{policies, `null`}, "", "must be an array or an object"},
	{edit{policies, `{"summary": {}}`}, policies + "/policy", "is missing"},
	{edit{policies, `[null]`}, policies + "/0", "must be an object"},
	{edit{result + "/policy", ``}, "", "is missing"},
	{edit{result + "/policy", `"sts"`}, "", "must be an object"},
	{edit{result + "/summary", ``}, "", "is missing"},
	{edit{result + "/summary", `null`}, "", "must be an object"},
	{edit{details, `{}`}, "", "must be an array or null"},
	{edit{failure, `null`}, "", "must be an object"},
	{edit{result + "/policy/policy-type", ``}, "", "is missing"},
	{edit{result + "/policy/policy-type", `""`}, "", "must not be empty"},
	{edit{result + "/policy/policy-type", `null`}, "", "must be a string"},
	{edit{result + "/policy/policy-type", `1e400`}, "", "must be a string"},
	{edit{result + "/policy/policy-string", `{}`}, "", wantTexts},
	{edit{result + "/policy/policy-string", `["", null]`}, result + "/policy/policy-string/1", "must be a string"},
	{edit{result + "/policy/policy-domain", `["customer.example"]`}, "", wantText},
	{edit{result + "/policy/mx-host", `7`}, "", wantTexts},
	{edit{result + "/policy/mx-host", `[["mx"]]`}, result + "/policy/mx-host/0", "must be a string"},
	{edit{result + "/policy/mx-host-pattern", `false`}, "", wantTexts},
	{edit{success, `-1`}, "", wantCount},
	{edit{success, `1.5`}, "", wantCount},
	{edit{success, `9007199254740992`}, "", wantCount},
	{edit{success, `""`}, "", wantCount},
	{edit{success, `"-1"`}, "", wantCount},
	{edit{success, `"1000000000000000"`}, "", wantCount},
	{edit{failures, `[1]`}, "", wantCount},
	{edit{failure + "/failed-session-count", `true`}, "", wantCount},
	{edit{failure + "/result-type", `3`}, "", wantText},
	{edit{failure + "/sending-mta-ip", `{}`}, "", wantText},
	{edit{failure + "/receiving-mx-hostname", `[]`}, "", wantText},
	{edit{failure + "/receiving-mx-host-name", `1`}, "", wantText},
	{edit{failure + "/receiving-mx-helo", `1`}, "", wantText},
	{edit{failure + "/receiving-ip", `1`}, "", wantText},
	{edit{failure + "/additional-information", `1`}, "", wantText},
	{edit{failure + "/additional-info-uri", `1`}, "", wantText},
	{edit{failure + "/failure-reason-code", `1`}, "", wantText},
}

var acceptedStrictly = []edit{
	{"/unknown", `{"deep": [1]}`}, {policies, `[]`}, {details, ``}, {details, `[]`},
	{start, `"2026-11-22t00:00:60.5+01:00"`}, {success, `4.0`},
	{"/contact-info", `"\"a b\"@[192.0.2.1]"`}, {"/contact-info", `"a.b+c@d"`},
	{result + "/policy/policy-string", `[]`}, {result + "/policy/mx-host", `[]`},
	{result + "/policy", `{"policy-type": "no-policy-found", "policy-domain": "customer.example"}`},
	{result + "/policy", `{"policy-type": "tlsa", "policy-domain": "customer.example", "policy-string": []}`},
	{failure, `{"result-type": "sts-policy-fetch-error", "failed-session-count": 1}`},
	{failure + "/sending-mta-ip", `"2001:DB8::1"`}, {failure + "/additional-information", `"urn:x:y"`},
}

// refusedStrictly is what reporters get wrong and TLSRPT accepts all the same.
var refusedStrictly = []refusal{
	{edit{"/contact-info", ``}, "", "is missing"},
	{edit{"/contact-info", `null`}, "", wantAddress},
	{edit{"/contact-info", `"Northwind <a@northwind.example>"`}, "", wantAddress},
	{edit{"/contact-info", `"mailto:a b@northwind.example"`}, "", wantAddress},
	{edit{start, `"2026-11-22T00:00:00"`}, "", wantZoned},
	{edit{start, `"2026-11-22 00:00:00Z"`}, "", wantZoned},
	{edit{policies, lonePolicies}, "", "must be an array"},
	{edit{details, `null`}, "", "must be an array"},
	{edit{result + "/policy/policy-type", `"STS"`}, "", wantPolicies},
	{edit{result + "/policy/policy-string", ``}, "", "is missing"},
	{edit{result + "/policy/policy-string", `"version: STSv1"`}, "", "must be an array"},
	{edit{result + "/policy/policy-domain", ``}, "", "is missing"},
	{edit{result + "/policy/policy-domain", `"bücher.example"`}, "", wantDomain},
	{edit{result + "/policy/policy-domain", `""`}, "", wantDomain},
	{edit{result + "/policy/mx-host", ``}, "", "is missing"},
	{edit{result + "/policy/mx-host", `"mx.customer.example"`}, "", "must be an array"},
	{edit{result + "/policy/mx-host", `["mx.customer.example", "mx.*.example"]`}, result + "/policy/mx-host/1", wantMXHost},
	{edit{result + "/policy/mx-host-pattern", `["mx.customer.example"]`}, "", `must be named "mx-host"`},
	{edit{success, ``}, "", "is missing"},
	{edit{success, `"1"`}, "", wantCount},
	{edit{failures, `null`}, "", wantCount},
	{edit{failure + "/failed-session-count", ``}, "", "is missing"},
	{edit{failure + "/sending-mta-ip", ``}, "", "is missing"},
	{edit{failure + "/sending-mta-ip", `""`}, "", wantIP},
	{edit{failure + "/receiving-ip", `"192.0.2.01"`}, "", wantIP},
	{edit{failure + "/receiving-mx-hostname", ``}, "", "is missing"},
	{edit{failure + "/receiving-mx-hostname", `"mx_1.customer.example"`}, "", wantDomain},
	{edit{failure + "/receiving-mx-host-name", `""`}, "", `must be named "receiving-mx-hostname"`},
	{edit{failure + "/receiving-mx-helo", `null`}, "", "must be a string"},
	{edit{failure + "/additional-information", `"/report 17"`}, "", wantURI},
	{edit{failure + "/additional-information", `"https://northwind.example/a b"`}, "", wantURI},
	{edit{failure + "/additional-info-uri", `null`}, "", `must be named "additional-information"`},
	{edit{failure + "/failure-reason-code", `null`}, "", "must be a string"},
}

func (r refusal) problems() []schemas.Problem {
	path := r.path
	if path == "" {
		path = r.at
	}
	return []schemas.Problem{{Path: path, Message: r.message}}
}
