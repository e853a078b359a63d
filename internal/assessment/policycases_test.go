package assessment_test

import (
	"strings"

	"sealpost/internal/assessment"
	"sealpost/internal/mtasts"
)

// policyCases are faults of the policy.
func policyCases() []faulty {
	text := func(old, new string) func(*world) {
		return func(w *world) { w.serve(strings.Replace(testing7, old, new, 1)) }
	}
	return []faulty{
		{"policy-blank-line", func(w *world) { w.serve(testing7 + "\n") }, mend, "policy-blank-line", 0},
		{"policy-over-10-kib", func(w *world) { w.serve(testing7 + strings.Repeat("x: y\n", 3000)) }, mend, "policy-over-10-kib", 0},
		{"policy-byte-order-mark", func(w *world) { w.serve("\ufeff" + testing7) }, mend, "policy-byte-order-mark", 0},
		{"policy-comment", func(w *world) { w.serve("# ours\n" + testing7) }, mend, "policy-comment", 0},
		{"policy-space-before-colon", text("mode:", "mode :"), mend, "policy-space-before-colon", 0},
		{"policy-mx-trailing-dot", text("mx1.example.com", "mx1.example.com."), mend, "policy-mx-trailing-dot", 0},
		{"policy-mx-trailing-dot-in-enforce", func(w *world) { w.serve(strings.Replace(enforcing, "mx1.example.com", "mx1.example.com.", 1)) }, mend, "policy-mx-trailing-dot", 0},
		{"policy-mx-trailing-dot-in-enforce-unannounced", func(w *world) {
			w.set("_mta-sts.")
			w.serve(strings.Replace(enforcing, "mx1.example.com", "mx1.example.com.", 1))
		}, mend, "policy-mx-trailing-dot record-missing", 0},
		{"policy-colon-in-extension", func(w *world) { w.serve(testing7 + "note: a:b\n") }, mend, "policy-colon-in-extension", 0},
		{"policy-none-without-mx", func(w *world) { w.serve("version: STSv1\nmode: none\nmax_age: 86400\n") }, mend, "policy-none-without-mx", 0},
		{"policy-max-age-zero", text("86400", "0"), mend, "policy-max-age-zero", 0},
		{"policy-max-age-too-long", text("86400", "31557601"), mend, "policy-max-age-too-long", 0},
		{"policy-max-age-of-ten-digits", text("86400", "9999999999"), mend, "policy-max-age-too-long", 0},
		{"policy-max-age-unusual", text("86400", "3000"), assessment.ReadyToEnforce, "policy-max-age-unusual", 0},
		{"policy-max-age-short", func(w *world) { w.serve(strings.Replace(enforcing, "1209600", "86400", 1)) }, assessment.Enforcing, "policy-advice", 0},
		{"policy-max-age-short-of-ours", func(w *world) {
			w.host(strings.Replace(enforcing, "1209600", "86400", 1))
		}, assessment.Enforcing, "", 0},
		{"policy-mode-in-capitals", text("testing", "Testing"), mend, "policy-syntax", 0},
		{"policy-field-in-capitals", text("mode:", "Mode:"), mend, "policy-syntax", 0},
		{"policy-mx-in-capitals-too", func(w *world) { w.serve(testing7 + "MX: mx2.example.com\n") }, assessment.ReadyToEnforce, "policy-advice", 0},
		{"policy-cr", func(w *world) { w.serve(strings.ReplaceAll(testing7, "\n", "\r")) }, mend, "policy-cr-only", 0},
		{"policy-broken-after-the-mode", text("max_age: 86400", "max_age: a day"), mend, "policy-syntax", 0},
		{"policy-repeated-field", func(w *world) { w.serve(testing7 + "mode: enforce\n") }, mend, "policy-repeated-field", 0},
		{"policy-repeated-mode-invalid", func(w *world) { w.serve(testing7 + "mode: on\n") }, mend, "policy-repeated-field-invalid", 0},
		{"policy-repeated-max-age-invalid", func(w *world) { w.serve(testing7 + "max_age: a day\n") }, mend, "policy-repeated-field-invalid", 0},
		{"policy-repeated-version-invalid", func(w *world) { w.serve(testing7 + "version: STSv2\n") }, mend, "policy-repeated-field-invalid", 0},
		{"policy-repeated-as-it-is", func(w *world) { w.serve(testing7 + "mode: testing\n") }, assessment.ReadyToEnforce, "policy-advice", 0},
		{"policy-mode-unknown", text("testing", "report"), mend, "policy-syntax", 0},
		{"policy-no-version", text("version: STSv1\n", ""), mend, "policy-syntax", 0},
		{"policy-html-page", func(w *world) { w.serve("<html><body>Not found</body></html>") }, mend, "policy-syntax", 0},
		{"policy-empty", func(w *world) { w.serve("") }, mend, "policy-syntax", 0},
		{"policy-mx-u-label", text("mx1.example.com", "mx1.bücher.example"), mend, "policy-syntax", 0},
		{"policy-not-as-published", func(w *world) { w.hosted = &assessment.Hosted{ID: mtasts.ID([]byte(enforcing))} }, mend, "policy-not-as-published", 0},
		{"policy-id-behind", func(w *world) {
			w.hosted = &assessment.Hosted{ID: mtasts.ID([]byte(enforcing))}
			w.serve(enforcing)
		}, mend, "id-not-of-policy", 0},
	}
}
