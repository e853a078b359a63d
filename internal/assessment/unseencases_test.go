package assessment_test

import (
	"net/http"
	"strings"

	"sealpost/internal/internettest"
)

// unseenCases are those in which something is wrong, and something else could not
// be looked at.
func unseenCases() []faulty {
	closed := func(w *world) { w.set("mx1.", "mx1.example.com. A 192.0.2.26") }
	certificate := func(w *world, days int) {
		w.web.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"mta-sts.example.com"}, NotBefore: today.AddDate(0, 0, -85), NotAfter: today.AddDate(0, 0, days)})
	}
	return []faulty{
		{"unseen-without-internet", func(w *world) { w.zone = internettest.Zone{Rootless: true} }, unknown, "", 4},
		{"unseen-record-and-policy-host", func(w *world) {
			w.zone.Fails = []string{"_mta-sts.example.com", "mta-sts.example.com"}
			w.set("_smtp.")
		}, mend, "tlsrpt-missing", 2},
		{"unseen-policy-host", func(w *world) {
			w.zone.Fails = []string{"mta-sts.example.com"}
			w.set("_smtp.", `_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls@nowhere.example"`)
		}, mend, "rua-no-mail", 1},
		{"unseen-address-of-the-policy-host", func(w *world) {
			w.add("mta-sts.example.com. AAAA 2001:db8::10")
			w.internet.Lose("2001:db8::10")
			w.web.Handler = http.NotFoundHandler()
		}, mend, "policy-status", 1},
		{"unseen-mx-and-expiring", func(w *world) { closed(w); certificate(w, 5) }, mend, "policy-certificate-expiring", 1},
		{"unseen-mx-and-expired", func(w *world) { closed(w); certificate(w, -5) }, mend, "policy-certificate-expired", 1},
		{"unseen-mx-and-none-uncovered", func(w *world) {
			closed(w)
			w.serve(strings.Replace(testing7, "mx1.", "mx2.", 1))
		}, mend, "mx-not-covered mx-pattern-unused", 1},
	}
}
