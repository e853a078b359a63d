package assessment_test

import (
	"net/http"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
)

// unpublishedCases are those of a domain that has no MTA-STS yet.
func unpublishedCases() []faulty {
	return []faulty{
		{"nothing-published", nothing, assessment.ReadyToTest, "record-missing tlsrpt-missing", 0},
		{"nothing-published-port-25-closed", func(w *world) {
			nothing(w)
			w.set("mx1.", "mx1.example.com. A 192.0.2.26")
		}, mend, "record-missing tlsrpt-missing", 1},
		{"nothing-published-mx-servfail", func(w *world) {
			nothing(w)
			w.zone.Fails = []string{"example.com"}
		}, mend, "record-missing tlsrpt-missing", 1},
		{"nothing-published-policy-host-servfail", func(w *world) {
			nothing(w)
			w.zone.Fails = []string{"mta-sts.example.com"}
		}, mend, "record-missing tlsrpt-missing", 1},
		{"nothing-published-mx-without-starttls", func(w *world) {
			nothing(w)
			w.mail.EHLO = "250 mx1.example.com"
		}, mend, "mx-no-starttls record-missing tlsrpt-missing", 0},
		{"nothing-published-behind-a-wildcard", func(w *world) {
			nothing(w)
			w.set("mta-sts.", "mta-sts.example.com. A "+policyAddress)
			w.web.Handler = http.NotFoundHandler()
			w.web.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"*.example.com"}})
		}, mend, "record-missing policy-status tlsrpt-missing", 0},
		{"nothing-published-behind-a-page", func(w *world) {
			nothing(w)
			w.set("mta-sts.", "mta-sts.example.com. A "+policyAddress)
			w.web.Handler = servedAs("text/html", "<html><body>Parked</body></html>")
		}, mend, "record-missing policy-media-type policy-syntax tlsrpt-missing", 0},
		{"nothing-published-reports-wrong", func(w *world) {
			nothing(w)
			w.set("_smtp.", `_smtp._tls.example.com. TXT "v=TLSRPTv1;"`)
		}, mend, "record-missing tlsrpt-syntax", 0},
	}
}

func nothing(w *world) {
	w.set("_mta-sts.")
	w.set("mta-sts.")
	w.set("_smtp.")
}
