package assessment_test

import "strings"

// recordCases are faults of the TXT record.
func recordCases() []faulty {
	record := func(values ...string) func(*world) { return texts("_mta-sts.example.com.", values...) }
	return []faulty{
		{"record-missing", record(), mend, "record-missing", 0},
		{"record-of-others", record("v=spf1 -all"), mend, "record-missing", 0},
		{"record-several", record("v=STSv1; id=1;", "v=STSv1; id=2;"), mend, "record-several", 0},
		{"record-version", record("v=stsv1; id=1;"), mend, "record-syntax", 0},
		{"record-quoted", record(`"v=STSv1; id=1;"`), mend, "record-syntax", 0},
		{"record-missing-and-policy-to-mend", func(w *world) { record()(w); w.serve(testing7 + "\n") }, mend, "record-missing policy-blank-line", 0},
		{"record-missing-hosted", func(w *world) {
			w.host(testing7)
			record()(w)
		}, mend, "record-missing", 0},
		{"record-version-last", record("id=1; v=STSv1;"), mend, "record-syntax", 0},
		{"record-space-first", record(" v=STSv1; id=1;"), mend, "record-syntax", 0},
		{"record-backslashes", record(`v=STSv1\; id=1\;`), mend, "record-syntax", 0},
		{"record-no-semicolon", record("v=STSv1 id=1"), mend, "record-syntax", 0},
		{"record-empty-field", record("v=STSv1; id=1;;"), mend, "record-syntax", 0},
		{"record-second-id", record("v=STSv1; id=1; id=2;"), mend, "record-second-id", 0},
		{"record-id", record("v=STSv1; id=2026-11-25;"), mend, "record-syntax", 0},
		{"record-no-id", record("v=STSv1;"), mend, "record-syntax", 0},
		{"record-id-too-long", record("v=STSv1; id=" + strings.Repeat("a", 33) + ";"), mend, "record-syntax", 0},
		{"record-cname-loop", func(w *world) {
			w.set("_mta-sts.", "_mta-sts.example.com. CNAME a.example.", "a.example. CNAME _mta-sts.example.com.")
		}, mend, "record-cname-loop", 0},
		{"record-dangling", func(w *world) { w.set("_mta-sts.", "_mta-sts.example.com. CNAME gone.example.") }, mend, "record-dangling", 0},
		{"record-servfail", func(w *world) { w.zone.Fails = []string{"_mta-sts.example.com"} }, unknown, "", 1},
		{"record-servfail-and-no-policy-host", func(w *world) {
			w.zone.Fails = []string{"_mta-sts.example.com"}
			w.set("mta-sts.")
		}, unknown, "", 1},
		{"record-silent", func(w *world) { w.zone.Silent, w.timeout = []string{"_mta-sts.example.com"}, hurried }, unknown, "", 1},
	}
}
