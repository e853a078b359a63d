package assessment_test

import (
	"crypto/tls"
	"net/http"
	"strings"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
)

// reportCases are faults of where reports are to go.
func reportCases() []faulty {
	record := func(values ...string) func(*world) { return texts("_smtp._tls.example.com.", values...) }
	byHTTPS := func(names []string, handler http.HandlerFunc) func(*world) {
		return func(w *world) {
			record("v=TLSRPTv1; rua=https://reports.example/v1/reports")(w)
			w.set("reports.example.", "reports.example. A 192.0.2.80")
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.root.Issue(internettest.Leaf{Names: names}), Handler: handler})
		}
	}
	return []faulty{
		{"tlsrpt-missing", record(), mend, "tlsrpt-missing", 0},
		{"tlsrpt-several", record("v=TLSRPTv1; rua=mailto:a@reports.example", "v=TLSRPTv1; rua=mailto:b@reports.example"), mend, "tlsrpt-several", 0},
		{"tlsrpt-version", record("v=TLSRPT1; rua=mailto:a@reports.example"), mend, "tlsrpt-missing", 0},
		{"tlsrpt-no-rua", record("v=TLSRPTv1;"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-rua-without-scheme", record("v=TLSRPTv1; rua=tls@reports.example"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-rua-not-ascii", record("v=TLSRPTv1; rua=mailto:tls@bücher.example"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-rua-host-not-ascii", record("v=TLSRPTv1; rua=https://bücher.example/"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-cname-loop", func(w *world) {
			w.set("_smtp._tls.", "_smtp._tls.example.com. CNAME a.example.", "a.example. CNAME _smtp._tls.example.com.")
		}, mend, "tlsrpt-cname-loop", 0},
		{"tlsrpt-dangling", func(w *world) { w.set("_smtp._tls.", "_smtp._tls.example.com. CNAME gone.example.") }, mend, "tlsrpt-dangling", 0},
		{"tlsrpt-servfail", func(w *world) { w.zone.Fails = []string{"_smtp._tls.example.com"} }, unknown, "", 1},
		{"rua-no-mail", func(w *world) { w.set("reports.example.") }, mend, "rua-no-mail", 0},
		{"rua-null-mx", func(w *world) { w.set("reports.example.", "reports.example. MX 0 .") }, mend, "rua-no-mail", 0},
		{"rua-servfail", func(w *world) { w.zone.Fails = []string{"reports.example"} }, unknown, "", 1},
		{"rua-mx-no-address", func(w *world) { w.set("mail.reports.example.") }, mend, "rua-no-mail", 0},
		{"rua-mx-servfail", func(w *world) { w.zone.Fails = []string{"mail.reports.example"} }, unknown, "", 1},
		{"rua-one-mx-of-two-servfail", func(w *world) {
			w.add("reports.example. MX 20 other.reports.example.")
			w.zone.Fails = []string{"other.reports.example"}
		}, assessment.ReadyToEnforce, "", 0},
		{"rua-mx-an-address", func(w *world) { w.set("reports.example.", "reports.example. MX 10 192.0.2.35.") }, mend, "rua-no-mail", 0},
		{"rua-mx-not-public", func(w *world) {
			w.inside, w.noSMTP = true, true
			w.set("mta-sts.", "mta-sts.example.com. A 8.8.8.8")
			w.internet.Web("8.8.8.8:443", w.web)
			w.set("mail.reports.example.", "mail.reports.example. A 10.0.0.35")
		}, mend, "rua-no-mail", 1},
		{"rua-by-address-itself", func(w *world) { w.set("reports.example.", "reports.example. A 192.0.2.35") }, assessment.ReadyToEnforce, "", 0},
		{"rua-404", byHTTPS([]string{"reports.example"}, http.NotFound), assessment.ReadyToEnforce, "rua-status", 0},
		{"rua-301", byHTTPS([]string{"reports.example"}, http.RedirectHandler("https://www.reports.example/", http.StatusMovedPermanently).ServeHTTP), assessment.ReadyToEnforce, "rua-status", 0},
		{"rua-501", byHTTPS([]string{"reports.example"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) }), assessment.ReadyToEnforce, "", 0},
		{"rua-refused", record("v=TLSRPTv1; rua=https://192.0.2.81/reports"), mend, "rua-unreachable", 0},
		{"rua-not-let-out", func(w *world) { byHTTPS([]string{"reports.example"}, onlyPOST)(w); w.barred = "192.0.2.80" }, unknown, "", 1},
		{"rua-eleven", record("v=TLSRPTv1; rua=mailto:tls@reports.example" + strings.Repeat(",mailto:tls@reports.example", 10)), unknown, "", 1},
		{"rua-nothing-in-common", func(w *world) {
			byHTTPS(nil, onlyPOST)(w)
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.web.Certificate, MaxTLS: tls.VersionTLS12, Ciphers: rsaKeys})
		}, unknown, "", 1},
		{"rua-silent", func(w *world) {
			record("v=TLSRPTv1; rua=https://192.0.2.81/reports")(w)
			w.internet.Silence("192.0.2.81:443")
		}, mend, "rua-unreachable", 0},
		{"rua-silent-in-haste", func(w *world) {
			record("v=TLSRPTv1; rua=https://192.0.2.81/reports")(w)
			w.internet.Silence("192.0.2.81:443")
			w.timeout = hurried
		}, unknown, "", 1},
		{"rua-certificate", byHTTPS([]string{"other.example"}, onlyPOST), mend, "rua-certificate", 0},
		{"rua-tls-1.1", func(w *world) {
			byHTTPS(nil, nil)(w)
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.root.Issue(internettest.Leaf{Names: []string{"reports.example"}}), MaxTLS: tls.VersionTLS11, Handler: http.HandlerFunc(onlyPOST)})
		}, mend, "rua-tls-old", 0},
		{"rua-503", byHTTPS([]string{"reports.example"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }), mend, "rua-fails", 0},
	}
}
