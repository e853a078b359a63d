package digest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// TestFlood lets one unauthenticated reporter invent names without end. The
// failure that an authenticated one reports must still be seen.
func TestFlood(t *testing.T) {
	var lines []archive.Line
	for i := range 300 {
		long := fmt.Sprint(i) + strings.Repeat("\"", 500)
		var policies []archive.PolicyResult
		for range 10 {
			var details []archive.FailureDetails
			for j := range 10 {
				details = append(details, because(failure(long, fmt.Sprint("mx", j, long), 1), long, long, long))
			}
			policies = append(policies, policy(long, "example.com", 0, 100, details...))
		}
		policies = append(policies, sts("example.com", 0, 1_000_000, failure("invented", long, 1_000_000)))
		lines = append(lines, unsigned(report(long, day(i%7-7*(i%3)), policies...))) // Of this week and two before.
	}
	lines = append(lines, report("Lark Mail", day(6), sts("example.com", 9, 1, failure("certificate-expired", "mx.example.com", 1))))

	d := sum(t, nil, lines)
	results := d.Domains[0].Results
	if r := results[0]; !r.Authenticated() || r.FailedSessions != 1 || len(failures(d.Domains[0], r)) != 1 {
		t.Errorf("the authenticated report is lost: %+v", r)
	}
	if f := d.Domains[0].Findings[0]; f.Urgency != digest.Act || f.Failure.ResultType != "certificate-expired" {
		t.Errorf("the first finding is %+v", f)
	}
	// Authenticated sts, and of the others sts, three types and the rest.
	if len(results) != 1+1+3+1 {
		t.Errorf("%d results", len(results))
	}
	for _, r := range results {
		if n := len(failures(d.Domains[0], r)); n > 50 || len(r.Reporters) > 20 {
			t.Errorf("%d failures and %d reporters", n, len(r.Reporters))
		}
	}
	var text, html bytes.Buffer
	check(t, d.Text(&text))
	check(t, d.HTML(&html, digest.Options{}))
	fitForMail(t, text.String(), html.String())
	for _, form := range []string{text.String(), html.String()} {
		if !strings.Contains(form, "certificate-expired") {
			t.Error("a form leaves the authenticated failure out")
		}
	}
}

// failures are those of a result.
func failures(d digest.Domain, r digest.Result) []digest.Failure {
	var list []digest.Failure
	for _, f := range d.Findings {
		if f.Kind == digest.KindFailure && f.Failure.PolicyType == r.PolicyType && f.Failure.Trust == r.Trust {
			list = append(list, *f.Failure)
		}
	}
	return list
}

// TestFloodEverywhere has so much to say about every domain that even the
// overview must be cut.
func TestFloodEverywhere(t *testing.T) {
	var lines []archive.Line
	for i := range 120 {
		for _, trusted := range []bool{true, false} {
			var policies []archive.PolicyResult
			for j := range 10 {
				policies = append(policies, policy(fmt.Sprint(j)+strings.Repeat("\"", 500), fmt.Sprintf("customer-%d.example", i), 1, 0))
			}
			line := report(strings.Repeat("'", 500)+fmt.Sprint(trusted), day(0), policies...)
			if !trusted {
				line = unsigned(line)
			}
			lines = append(lines, line)
		}
	}
	d := sum(t, nil, lines)
	var text, html bytes.Buffer
	check(t, d.Text(&text))
	check(t, d.HTML(&html, digest.Options{}))
	fitForMail(t, text.String(), html.String())
	if !strings.Contains(html.String(), "more domains") {
		t.Error("HTML does not say that domains are left out")
	}
}

// TestKindsBeyondTheLimit loses no session, though it can't tell them apart.
func TestKindsBeyondTheLimit(t *testing.T) {
	const kinds = 1500
	var details []archive.FailureDetails
	for i := range kinds {
		details = append(details, failure("invented", fmt.Sprint("mx", i), 2))
	}
	d := sum(t, nil, []archive.Line{report("Lark Mail", day(0), sts("example.com", 0, 2*kinds, details...))})
	r := d.Domains[0].Results[0]
	sessions := r.OtherFailures.FailedSessions
	for _, f := range failures(d.Domains[0], r) {
		sessions += f.FailedSessions
	}
	if sessions != 2*kinds || r.OtherFailures.Kinds != 1000-50+1 {
		t.Errorf("%d sessions, %d other kinds", sessions, r.OtherFailures.Kinds)
	}
}

// TestReportersBeyondTheLimit is the same for organizations.
func TestReportersBeyondTheLimit(t *testing.T) {
	const reporters = 1500
	var lines []archive.Line
	for i := range reporters {
		lines = append(lines, report(fmt.Sprint("Organization ", i), day(0),
			sts("example.com", 0, 1, failure("certificate-expired", "mx.example.com", 1))))
	}
	d := sum(t, nil, lines).Domains[0]
	r := d.Results[0]
	if r.Reports != reporters || r.OtherReports != reporters-20 || len(r.Reporters) != 20 {
		t.Errorf("%d reports, %d of them of others than the %d listed", r.Reports, r.OtherReports, len(r.Reporters))
	}
	f := failures(d, r)[0]
	if f.FailedSessions != reporters || f.OtherWitnesses != reporters-5 || len(f.Witnesses) != 5 {
		t.Errorf("%d sessions, %d of them of others than the %d listed", f.FailedSessions, f.OtherWitnesses, len(f.Witnesses))
	}
}

// TestHundredDomains is a bad week of a provider.
func TestHundredDomains(t *testing.T) {
	var lines []archive.Line
	for i := range 130 {
		n := int64(10 + i)
		lines = append(lines, report("Lark Mail", day(i%7), sts(fmt.Sprintf("customer-%03d.example", i), 1000, n,
			failure("certificate-expired", "mx1.provider.example", n-4),
			failure("certificate-host-mismatch", "mx2.provider.example", 3),
			failure("starttls-not-supported", "mx3.provider.example", 1))))
	}
	d := sum(t, nil, lines)
	var text, html bytes.Buffer
	check(t, d.Text(&text))
	check(t, d.HTML(&html, digest.Options{}))
	fitForMail(t, text.String(), html.String())
	left := 130 - strings.Count(html.String(), ".example</h2>") - strings.Count(html.String(), ".example</b> ")
	for _, want := range []string{"customer-129.example</h2>", "<b>customer-100.example</b>", fmt.Sprintf("Not shown: %d more domains", left)} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("HTML lacks %q", want)
		}
	}
	worst, next := strings.Index(text.String(), "customer-129"), strings.Index(text.String(), "customer-128")
	if worst < 0 || next < worst || !strings.Contains(text.String(), "30 more domains") {
		t.Errorf("the worst domain stands at %d, the next at %d", worst, next)
	}
}

// TestHundredDomainsWithMuchToSay leaves room for a good number of them in full.
func TestHundredDomainsWithMuchToSay(t *testing.T) {
	policies := make(map[string]digest.Policy)
	var lines []archive.Line
	for i := range 100 {
		name := fmt.Sprintf("customer-%03d.example", i)
		policies[name] = digest.Policy{Mode: "testing", BeforeEnforce: []string{"a report signed by l.example has failures up to 22 November 2026, 23:59 UTC: fix what the digest says of them. Enforce comes a week after the last: on 29 November 2026, 23:59 UTC, automatically, if there are no more"}}
		lines = append(lines,
			report("Lark Mail", day(i%7), sts(name, 1000, int64(10+i), failure("certificate-expired", "mx1.provider.example", int64(6+i)), failure("certificate-host-mismatch", "mx2.provider.example", 4))),
			report("Lark Mail", day(-7), sts(name, 1000, 3, failure("starttls-not-supported", "mx3.provider.example", 3))),
			late(report("Heron Post", day(-14), sts(name, 1, 1, failure("certificate-expired", "mx1.provider.example", 1)))))
	}
	d := sums(t, lines).Digest(digest.Subject{Policies: policies})
	var text, html bytes.Buffer
	check(t, d.Text(&text))
	check(t, d.HTML(&html, digest.Options{}))
	fitForMail(t, text.String(), html.String())
	if n := strings.Count(html.String(), "</h2>"); n < 10 {
		t.Errorf("%d domains are there in full", n)
	}
	if n := strings.Count(html.String(), ".example"); n < 100 {
		t.Errorf("some of the hundred domains are missing: %d", n)
	}
}
