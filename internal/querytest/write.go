package querytest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// quirk is a way in which reporters write reports.
type quirk struct {
	name  string
	means func(*report)         // What the report says for it, where that changes.
	write func(s string) string // How its text is changed.
}

func replace(old, new string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			panic(fmt.Sprintf("%q is not in %s", old, s))
		}
		return strings.Replace(s, old, new, 1)
	}
}

// quirks has one for each tlsrpt.Code that does not come by a mail's header.
var quirks = []quirk{
	{"byte-order-mark", nil, func(s string) string { return "\ufeff" + s }},
	{"policies-object", nil, func(s string) string {
		return strings.TrimSuffix(strings.Replace(s, `"policies":[`, `"policies":`, 1), "]}") + "}"
	}},
	{"policies-empty", func(r *report) { r.entries = nil }, nil},
	{"date-without-zone", nil, func(s string) string { return strings.ReplaceAll(s, `Z"`, `"`) }},
	{"date-range-reverse", func(r *report) { r.start, r.end = r.end, r.start }, nil},
	{"contact-info-missing", func(r *report) { r.contact = "" }, replace(`"contact-info":"",`, ``)},
	{"contact-info-not-address", func(r *report) { r.contact = "https://northwind.example/contact" }, nil},
	{"policy-type-case", nil, replace(`"policy-type":"sts"`, `"policy-type":"STS"`)},
	{"policy-type-unknown", func(r *report) { r.entries[0].kind = "dnssec" }, nil},
	{"policy-domain-missing", func(r *report) { r.entries[0].domain = "" }, replace(`"policy-domain":"",`, ``)},
	{"policy-domain-from-filename", func(r *report) {
		r.filename = "northwind.example!meadow.example!1794787200!1794873599.json.gz"
	}, replace(`"policy-domain":"meadow.example",`, ``)},
	{"policy-domain-not-a-label", func(r *report) { r.entries[0].domain = "xn--bcher-kva.example" },
		replace(`"policy-domain":"xn--bcher-kva.example"`, `"policy-domain":"Bücher.example."`)},
	{"policy-string-missing", func(r *report) { r.entries[0].lines = nil }, replace(`"policy-string":[],`, ``)},
	{"policy-string-string", func(r *report) { r.entries[0].lines = []string{"version: STSv1\nmode: enforce"} },
		replace(`["version: STSv1\nmode: enforce"]`, `"version: STSv1\nmode: enforce"`)},
	{"policy-string-nested-array", func(r *report) { r.entries[0].kind = "tlsa" }, replace(`["version: STSv1","mode: enforce"]`, `["[\"version: STSv1\",\"mode: enforce\"]"]`)},
	{"mx-host-missing", func(r *report) { r.entries[0].mxHosts = nil }, replace(`,"mx-host":[]`, ``)},
	{"mx-host-string", nil, replace(`"mx-host":["*.meadow.example"]`, `"mx-host":"*.meadow.example"`)},
	{"mx-host-pattern", nil, replace(`"mx-host":[`, `"mx-host-pattern":[`)},
	{"count-missing", func(r *report) { r.entries[0].successful = 0 }, replace(`"total-successful-session-count":0,`, ``)},
	{"count-null", func(r *report) { r.entries[0].successful = 0 }, replace(`"total-successful-session-count":0,`, `"total-successful-session-count":null,`)},
	{"count-string", nil, replace(`"total-failure-session-count":7`, `"total-failure-session-count":"7"`)},
	{"failure-details-missing", func(r *report) { r.entries[0].details = nil }, replace(`,"failure-details":[]`, ``)},
	{"failure-details-null", func(r *report) { r.entries[0].details = nil }, replace(`"failure-details":[]`, `"failure-details":null`)},
	{"failure-details-left-out", nil, replace(`"failure-details":[`, `"failure-details":[{"failed-session-count":-1},`)},
	{"result-type-missing", func(r *report) { r.entries[0].details[0].result = "" }, replace(`"result-type":"",`, ``)},
	{"result-type-unknown", func(r *report) { r.entries[0].details[0].result = "Other" }, nil},
	{"address-not-ip", func(r *report) { r.entries[0].details[0].sendingIP = "mta7.northwind.example" }, nil},
	{"receiving-mx-host-name", nil, replace(`"receiving-mx-hostname"`, `"receiving-mx-host-name"`)},
	{"receiving-mx-helo-lines", func(r *report) { r.entries[0].details[0].helo = "mx1.meadow.example\nSIZE 10240000\nSTARTTLS" }, nil},
	{"additional-info-uri", nil, replace(`"additional-information"`, `"additional-info-uri"`)},
	{"additional-information-not-uri", func(r *report) { r.entries[0].details[0].more = "see the log" }, nil},
	{"empty-text", nil, replace(`"sending-mta-ip":"192.0.2.7"`, `"receiving-ip":"","sending-mta-ip":"192.0.2.7"`)},
	{"null-member", nil, replace(`"sending-mta-ip":"192.0.2.7"`, `"receiving-ip":null,"sending-mta-ip":"192.0.2.7"`)},
	{"text-cut", func(r *report) { r.entries[0].details[0].reasonCode = strings.Repeat("x", 4096) },
		replace(`"failure-reason-code":"`, `"failure-reason-code":"x`)},
	{"about-report-delivery", func(r *report) { r.entries[0].domain = reportsDomain }, nil},
}

// text is the report as its reporter writes it.
func (r report) text() string {
	var entries []string
	for _, e := range r.entries {
		entries = append(entries, e.text())
	}
	remark := ""
	if r.remark != "" {
		remark = `,"x-remark":` + quoted(r.remark)
	}
	s := fmt.Sprintf(`{"organization-name":%s, "date-range":{"start-datetime":"%s","end-datetime":"%s"},"contact-info":%s,"report-id":%s%s,"policies":[%s]}`,
		quoted(r.organization), r.start.Format(time.RFC3339Nano), r.end.Format(time.RFC3339Nano), quoted(r.contact), quoted(r.id), remark, strings.Join(entries, ","))
	for _, q := range quirks {
		if q.name == r.quirk && q.write != nil {
			return q.write(s)
		}
	}
	return s
}

func (e entry) text() string {
	details := []string{}
	for _, d := range e.details {
		details = append(details, d.text())
	}
	return fmt.Sprintf(`{"policy":{"policy-type":%s,"policy-string":%s,"policy-domain":%s,"x":0,"mx-host":%s},`+
		`"summary":{"total-successful-session-count":%d,"total-failure-session-count":%d},"failure-details":[%s]}`,
		quoted(e.kind), quotedAll(e.lines), quoted(e.domain), quotedAll(e.mxHosts), e.successful, e.failed, strings.Join(details, ","))
}

func (d detail) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"result-type":%s,`, quoted(d.result))
	for _, m := range []struct{ name, value string }{
		{"sending-mta-ip", d.sendingIP},
		{"receiving-mx-hostname", d.mx},
		{"receiving-mx-helo", d.helo},
		{"receiving-ip", d.receiving},
		{"additional-information", d.more},
		{"failure-reason-code", d.reasonCode},
	} {
		if m.value != "" {
			fmt.Fprintf(&b, `"%s":%s,`, m.name, quoted(m.value))
		}
	}
	fmt.Fprintf(&b, `"failed-session-count":%d}`, d.sessions)
	return b.String()
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // Any string can be one of JSON's.
	}
	return string(text)
}

func quotedAll(list []string) string {
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = quoted(s)
	}
	return "[" + strings.Join(all, ",") + "]"
}
