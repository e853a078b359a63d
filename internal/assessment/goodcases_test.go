package assessment_test

import (
	"net/http"
	"strings"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
)

// goodCases are those in which nothing is wrong.
func goodCases() []faulty {
	return []faulty{
		{"good-testing", func(*world) {}, assessment.ReadyToEnforce, "", 0},
		{"good-enforce", func(w *world) { w.serve(enforcing) }, assessment.Enforcing, "", 0},
		{"good-none", func(w *world) { w.serve(retired) }, assessment.Off, "", 0},
		{"good-through-cnames", func(w *world) {
			w.set("_mta-sts.", "_mta-sts.example.com. CNAME example.com._mta-sts.service.example.", `example.com._mta-sts.service.example. TXT "v=STSv1; id=1;"`)
			w.set("mta-sts.", "mta-sts.example.com. CNAME edge.service.example.", "edge.service.example. A "+policyAddress)
			w.set("_smtp._tls.", "_smtp._tls.example.com. CNAME tls.service.example.", `tls.service.example. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`)
		}, assessment.ReadyToEnforce, "", 0},
		{"good-among-other-records", func(w *world) {
			w.add(`_mta-sts.example.com. TXT "something else"`)
		}, assessment.ReadyToEnforce, "", 0},
		{"good-both-families", func(w *world) {
			w.add("mta-sts.example.com. AAAA 2001:db8::10", "mx1.example.com. AAAA 2001:db8::25", `_25._tcp.mx1.example.com. TLSA 3 1 1 `+strings.Repeat("ab", 32))
			w.zone.Signed = true
			w.internet.Web("[2001:db8::10]:443", w.web)
			w.internet.Mail("[2001:db8::25]:25", w.mail)
		}, assessment.ReadyToEnforce, "", 0},
		{"good-tlsa-behind-unsigned-mx", func(w *world) {
			w.add(`_25._tcp.mx1.example.com. TLSA 3 1 1 ` + strings.Repeat("ab", 32))
			w.zone.Signed, w.zone.Unsigned = true, []string{"example.com"}
		}, assessment.ReadyToEnforce, "", 0},
		{"good-wildcards", func(w *world) {
			w.serve(strings.Replace(testing7, "mx1.", "*.", 1))
			w.mail.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"*.example.com"}})
		}, assessment.ReadyToEnforce, "", 0},
		{"good-crlf", func(w *world) { w.serve(strings.ReplaceAll(testing7, "\n", "\r\n")) }, assessment.ReadyToEnforce, "", 0},
		{"good-reports-by-https", func(w *world) {
			w.set("_smtp._tls.", `_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=https://reports.example/v1/reports"`)
			w.set("reports.example.", "reports.example. A 192.0.2.80")
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.root.Issue(internettest.Leaf{Names: []string{"reports.example"}}), Handler: http.HandlerFunc(onlyPOST)})
		}, assessment.ReadyToEnforce, "", 0},
		{"parked", func(w *world) {
			nothing(w)
			w.set("example.com. MX", "example.com. MX 0 .")
			w.set("_smtp", `_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`)
			w.set("_mta-sts.")
		}, assessment.Off, "", 0},
	}
}

func onlyPOST(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}
