package assessment_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
	"sealpost/internal/survey"
)

// TestBeyondBounds: a domain that names more than is looked at is never called good,
// though all that was looked at is right; and text and JSON say what was left out.
func TestBeyondBounds(t *testing.T) {
	const wildcard = "version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 1209600\n"
	for _, test := range []struct {
		name   string
		change func(*world)
		text   string
		json   string
	}{
		{"MX hosts", func(w *world) {
			w.set("example.com.")
			for i := range 60 {
				w.add(fmt.Sprintf("example.com. MX %d mx%d.example.com.", i, i))
				w.set(fmt.Sprintf("mx%d.", i), fmt.Sprintf("mx%d.example.com. A %s", i, mxAddress))
			}
		}, "Not looked at: 10 more MX hosts, which senders try after mx49.example.com.", `"more_hosts":10`},
		{"addresses of an MX host", func(w *world) {
			for i := range 19 {
				w.add(fmt.Sprintf("mx1.example.com. A 192.0.2.%d", 100+i))
			}
		}, "Not looked at: 4 more of the addresses of mx1.example.com.", `"more_addresses":4`},
		{"addresses of the Policy Host", func(w *world) {
			for i := range 20 {
				w.add(fmt.Sprintf("mta-sts.example.com. A 192.0.2.%d", 100+i))
			}
		}, "Not looked at: 5 more of the addresses of mta-sts.example.com.", `"more_addresses":5`},
		{"destinations of reports", func(w *world) {
			rua := strings.Repeat(",mailto:tls@reports.example", 12)[1:]
			w.set("_smtp.", fmt.Sprintf(`_smtp._tls.example.com. TXT "v=TLSRPTv1; " "rua=%s" "%s"`, rua[:200], rua[200:]))
		}, "Not looked at: 2 more places for reports.", ""},
		{"MX hosts of a destination", func(w *world) {
			w.set("reports.example.")
			for i := range 6 {
				w.add(fmt.Sprintf("reports.example. MX %d mail%d.reports.example.", i, i))
			}
		}, "Not looked at: 1 more of the MX hosts of reports.example.", `"limit_reached":true`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.serve(wildcard)
			w.mail.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"*.example.com"}})
			test.change(w)
			for i := range 20 { // Every further address is as good as the first.
				w.internet.Web(fmt.Sprintf("192.0.2.%d:443", 100+i), w.web)
				w.internet.Mail(fmt.Sprintf("192.0.2.%d:25", 100+i), w.mail)
			}
			got := w.assess()
			if got.Verdict != unknown || len(got.Problems) > 0 || len(got.Unknown) != 1 || !strings.HasPrefix(got.Unknown[0].Seen, test.text) {
				t.Fatalf("got %s, the problems %q, unknown %+v", got.Verdict, codesOf(got), got.Unknown)
			}
			if do := got.Unknown[0].Do; !strings.Contains(do, "Take out") {
				t.Errorf("what to do is %q", do)
			}
			agrees(t, got)
			var text strings.Builder
			if err := got.Text(&text); err != nil {
				t.Fatal(err)
			}
			if words := strings.Join(strings.Fields(text.String()), " "); !strings.Contains(words, test.text) {
				t.Errorf("the text does not say %q:\n%s", test.text, text.String())
			}
			encoded, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(encoded), test.json) {
				t.Errorf("JSON has no %s", test.json)
			}
		})
	}
}

// TestLimitReached: what a look made no more look-ups for is listed with what to do.
func TestLimitReached(t *testing.T) {
	seen := newWorld(t).looker().Look(t.Context(), "example.com")
	seen.MX.Hosts[0].TLSA.Unseen, seen.MX.Hosts[0].TLSA.LimitReached = survey.Unseen("too much"), true
	seen.MoreIssuers = 2
	got := assessment.Of(seen, nil)
	if len(got.Unknown) != 2 || !strings.Contains(got.Unknown[0].Do, "Take out") || !strings.HasPrefix(got.Unknown[1].Seen, "Not fetched: 2 more certificates") {
		t.Errorf("got %+v", got.Unknown)
	}
	if got.Verdict != unknown {
		t.Errorf("the verdict is %s", got.Verdict)
	}
}
