package digest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/mtasts"
)

// found is what a digest is made of.
type found struct {
	lines       []archive.Line
	policy      digest.Policy // Of example.com.
	quarantined map[archive.Reason]int
	damaged     []string
	mxOf        map[string][]string
}

func (f found) digest(t *testing.T) digest.Digest {
	t.Helper()
	s := sums(t, f.lines)
	for _, key := range f.damaged {
		s.AddDamaged(key)
	}
	return s.Digest(digest.Subject{
		Policies:    map[string]digest.Policy{"example.com": f.policy},
		MXOf:        func(host string) []string { return f.mxOf[host] },
		Quarantined: f.quarantined,
	})
}

// all are the findings of a digest, whatever they are about.
func all(d digest.Digest) []digest.Finding {
	findings := slices.Clone(d.Findings)
	for _, domain := range d.Domains {
		findings = append(findings, domain.Findings...)
	}
	return findings
}

// weekly is a report of a reporter in the week that is so many before the one
// under test.
func weekly(before int, organization string, failed int64, details ...archive.FailureDetails) archive.Line {
	return report(organization, day(-7*before), sts("example.com", 100, failed, details...))
}

func late(line archive.Line) archive.Line {
	line.ReceivedAt = digesttest.Query.Since
	return line
}

var (
	enforce  = digest.Policy{Mode: mtasts.ModeEnforce}
	testing7 = digest.Policy{Mode: mtasts.ModeTesting, BeforeEnforce: []string{"a week is not over", "an MX is left out"}}
	expired  = failure("certificate-expired", "mx.example.com", 7)
	named    = []archive.Line{report("Lark Mail", day(0), archive.PolicyResult{PolicyType: "tlsa", PolicyDomain: "mx.example.com", TotalSuccessfulSessionCount: 1})}
	quiet    = []archive.Line{weekly(0, "Lark Mail", 0), weekly(1, "Lark Mail", 0)}
)

// TestFindings has for each finding what makes it appear, and next to that what
// makes it go.
func TestFindings(t *testing.T) {
	untested := digest.Kinds()
	for _, test := range []struct {
		name    string
		kind    digest.Kind
		urgency digest.Urgency
		says    string
		is, not found
	}{
		{
			"a new failure", digest.KindFailure, digest.Act,
			"MTA-STS: certificate-expired at mx.example.com: 7 of 107 sessions failed (6.5%); new this week. The MX presented",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(1, "Lark Mail", 0)}},
			found{lines: quiet},
		},
		{
			"a failure still there", digest.KindFailure, digest.Act, "; still there, since 9 November.",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(1, "Lark Mail", 7, expired), weekly(2, "Lark Mail", 0)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(2, "Lark Mail", 0)}},
		},
		{
			"a failure in all weeks", digest.KindFailure, digest.Act, "; still there, since 26 October or earlier.",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(1, "Heron Post", 7, expired), weekly(3, "Lark Mail", 7, expired)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(1, "Heron Post", 7, expired), weekly(3, "Lark Mail", 7, expired), weekly(4, "Lark Mail", 0)}},
		},
		{
			"a failure that is back", digest.KindFailure, digest.Act, "; back, last seen on 2 November.",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 7, expired)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(2, "Lark Mail", 7, expired)}},
		},
		{
			"a failure in the first reports", digest.KindFailure, digest.Act, "; no earlier report to compare with.",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(4, "Lark Mail", 0)}},
		},
		{
			"a failure that nothing vouches for", digest.KindFailure, digest.Look, "7 of 107 sessions failed (6.5%), by unauthenticated reports; ",
			found{lines: []archive.Line{unsigned(weekly(0, "Lark Mail", 7, expired))}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired)}},
		},
		{
			"details without a count", digest.KindFailure, digest.Act, "the reports do not say how many sessions",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0, failure("certificate-expired", "mx.example.com", 0))}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0, expired)}},
		},
		{
			"more failures than sessions", digest.KindFailure, digest.Act, "at mx.example.com: 107 sessions failed; no",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 6, failure("certificate-expired", "mx.example.com", 107))}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, failure("certificate-expired", "mx.example.com", 107))}},
		},
		{
			"failures without details", digest.KindUndetailed, digest.Act, "MTA-STS: 3 sessions failed, and the reports do not say why.",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 3)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 3, expired)}},
		},
		{
			"failures without details or voucher", digest.KindUndetailed, digest.Look, "MTA-STS, unauthenticated: 3 sessions failed",
			found{lines: []archive.Line{unsigned(weekly(0, "Lark Mail", 3))}},
			found{lines: []archive.Line{unsigned(weekly(0, "Lark Mail", 0))}},
		},
		{
			"a failure that is gone", digest.KindGone, digest.Know, "MTA-STS: certificate-expired at mx.example.com is gone: seen in week 2026-W46,",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), weekly(1, "Lark Mail", 7, expired), weekly(1, "Heron Post", 7, expired)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 7, expired), weekly(1, "Lark Mail", 7, expired)}},
		},
		{
			"a failure is gone once", digest.KindGone, digest.Know, "seen in week 2026-W45",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), weekly(2, "Lark Mail", 7, expired)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 7, expired)}},
		},
		{
			"a failure of which nobody is heard", digest.KindUnheard, digest.Look, "seen in week 2026-W46, is not known to be gone: none of those who saw it reported this week. Renew the certificate",
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), weekly(1, "Lark Mail", 7, expired)}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), weekly(1, "Lark Mail", 7, expired)}},
		},
		{
			"the same, without any report", digest.KindUnheard, digest.Look, "certificate-expired",
			found{lines: []archive.Line{weekly(1, "Lark Mail", 7, expired)}},
			found{lines: []archive.Line{weekly(1, "Lark Mail", 0)}},
		},
		{
			"the same, if nothing vouched for it", digest.KindUnheard, digest.Know, "certificate-expired",
			found{lines: []archive.Line{unsigned(weekly(1, "Lark Mail", 7, expired))}},
			found{lines: []archive.Line{weekly(1, "Lark Mail", 7, expired)}},
		},
		{
			"no report", digest.KindNoReport, digest.Know, "No report came, so nothing is known. If mail came in from others, see whether the TXT record at _smtp._tls.example.com",
			found{policy: enforce},
			found{policy: enforce, lines: quiet},
		},
		{
			"no report for a domain without a policy", digest.KindNoReport, digest.Know, "The last were of week 2026-W46.",
			found{policy: enforce, lines: quiet[1:]},
			found{policy: digest.Policy{Refused: []string{"no"}}, lines: quiet[1:]},
		},
		{
			"reports that stopped", digest.KindStopped, digest.Look, "Of the 4 weeks before, 3 had some, the last 2026-W46.",
			found{policy: enforce, lines: []archive.Line{weekly(1, "Lark Mail", 0), weekly(2, "Heron Post", 0), weekly(4, "Lark Mail", 0)}},
			found{policy: enforce, lines: []archive.Line{weekly(1, "Lark Mail", 0), weekly(2, "Heron Post", 0)}},
		},
		{
			"a reporter that fell silent", digest.KindSilent, digest.Know, "l.example (\"Lark Mail\") reported in at least 3 of the 4 weeks before, and not in this one, about example.com.",
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), weekly(0, "Lark Mail", 0), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
		},
		{
			"it reported seldom", digest.KindSilent, digest.Know, "",
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0), weekly(4, "Lark Mail", 0)}},
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), weekly(3, "Lark Mail", 0), weekly(4, "Lark Mail", 0)}},
		},
		{
			"nobody reports", digest.KindSilent, digest.Know, "",
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
			found{lines: []archive.Line{weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
		},
		{
			"it goes by another name", digest.KindSilent, digest.Know, "",
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
			found{lines: []archive.Line{weekly(0, "Larks Ltd", 0), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
		},
		{
			"a stranger goes by its name", digest.KindSilent, digest.Know, "l.example (\"Lark Mail\") reported in at least 3",
			found{lines: []archive.Line{unsigned(weekly(0, "Lark Mail", 0)), weekly(0, "Heron Post", 0), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
			found{lines: []archive.Line{unsigned(weekly(0, "Lark Mail", 0)), weekly(0, "Heron Post", 0), weekly(0, "Lark Mail", 1), weekly(1, "Lark Mail", 0), weekly(2, "Lark Mail", 0), weekly(3, "Lark Mail", 0)}},
		},
		{
			"it never signed", digest.KindSilent, digest.Know, "unauthenticated (\"Lark Mail\") reported in at least 3",
			found{lines: []archive.Line{weekly(0, "Heron Post", 0), unsigned(weekly(1, "Lark Mail", 0)), unsigned(weekly(2, "Lark Mail", 0)), unsigned(weekly(3, "Lark Mail", 0))}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), unsigned(weekly(1, "Lark Mail", 0)), unsigned(weekly(2, "Lark Mail", 0)), unsigned(weekly(3, "Lark Mail", 0))}},
		},
		{
			"authenticated reports that stopped", digest.KindStopped, digest.Look, "Only unauthenticated reports came. Of the 4 weeks before, 3 had authenticated ones, the last 2026-W46.",
			found{policy: enforce, lines: []archive.Line{unsigned(weekly(0, "Lark Mail", 0)), weekly(1, "Lark Mail", 0), weekly(2, "Heron Post", 0), weekly(4, "Lark Mail", 0)}},
			found{policy: enforce, lines: []archive.Line{unsigned(weekly(0, "Lark Mail", 0)), weekly(1, "Lark Mail", 0), weekly(2, "Heron Post", 0), unsigned(weekly(4, "Lark Mail", 0))}},
		},
		{
			"late reports tell of failures", digest.KindLate, digest.Look, "1 report of week 2026-W46 came late and tells of failures. Before, none did. See what they tell: sealpost digest -week 2026-W46",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), weekly(1, "Lark Mail", 0), late(weekly(1, "Heron Post", 7, expired))}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), weekly(1, "Lark Mail", 7, expired), late(weekly(1, "Heron Post", 7, expired))}},
		},
		{
			"late reports are the first", digest.KindLate, digest.Know, "1 report of week 2026-W45 came late and tells of no failure. Before, that week had no report.",
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), late(weekly(2, "Heron Post", 0))}},
			found{lines: []archive.Line{weekly(0, "Lark Mail", 0), weekly(2, "Lark Mail", 0), late(weekly(2, "Heron Post", 0))}},
		},
		{
			"a refused edit", digest.KindRefused, digest.Act, "The last edit of its policy is refused. /mx: must be a host name. Fix it; sealpost status shows how. What was published before is served on.",
			found{policy: digest.Policy{Mode: mtasts.ModeEnforce, Refused: []string{"/mx: must be a host name"}}, lines: quiet},
			found{policy: enforce, lines: quiet},
		},
		{
			"a refused first edit", digest.KindRefused, digest.Act, "Nothing is served for this domain.",
			found{policy: digest.Policy{Refused: []string{"/mx: must be a host name"}}},
			found{policy: enforce},
		},
		{
			"an MX host in the place of its domain", digest.KindMXHost, digest.Know, "This is an MX of example.com. Reports about DANE may name the MX host",
			found{lines: named, mxOf: map[string][]string{"mx.example.com": {"example.com"}}},
			found{lines: named},
		},
		{
			"an MX host of several domains", digest.KindMXHost, digest.Know, "This is an MX of a.example, and of 2 more domains here.",
			found{lines: named, mxOf: map[string][]string{"mx.example.com": {"a.example", "b.example", "example.com"}}},
			found{lines: quiet, mxOf: map[string][]string{"example.com": {"other.example"}}}, // A domain that is hosted is meant itself.
		},
		{
			"an edit that waits", digest.KindWaiting, digest.Know, "Enforce is asked for, and waits: the week is not over.",
			found{policy: digest.Policy{Mode: mtasts.ModeTesting, Waiting: []string{"the week is not over"}}, lines: quiet},
			found{policy: digest.Policy{Mode: mtasts.ModeTesting}, lines: quiet},
		},
		{
			"an obstacle", digest.KindObstacle, digest.Act, "Something is in the way of its policy. Set this TXT record, and no other: _mta-sts.example.com TXT \"v=STSv1; id=1\"",
			found{policy: digest.Policy{Mode: mtasts.ModeEnforce, Obstacle: "Set this TXT record, and no other: _mta-sts.example.com TXT \"v=STSv1; id=1\""}, lines: quiet},
			found{policy: enforce, lines: quiet},
		},
		{
			"an MX that enforce leaves out", digest.KindMXNotAllowed, digest.Act, "The policy does not allow mx9.example.com.",
			found{policy: digest.Policy{Mode: mtasts.ModeEnforce, NotAllowed: "The policy does not allow mx9.example.com."}, lines: quiet},
			found{policy: enforce, lines: quiet},
		},
		{
			"not ready for enforce", digest.KindNotReady, digest.Know, "It is in testing. If you set its mode to enforce now, that would wait: a week is not over; an MX is left out.",
			found{policy: testing7, lines: quiet},
			found{policy: digest.Policy{Mode: mtasts.ModeTesting}, lines: quiet},
		},
		{
			"ready for enforce", digest.KindReady, digest.Know, "It is in testing, and nothing keeps it from enforce. When you are ready, set its mode to enforce.",
			found{policy: digest.Policy{Mode: mtasts.ModeTesting}, lines: quiet},
			found{policy: testing7, lines: quiet},
		},
		{
			"a report that cannot be read", digest.KindUnreadable, digest.Look, "2 stored reports cannot be read, such as reports/a. Take it from a backup, or move it away.",
			found{lines: quiet, damaged: []string{"reports/b", "reports/a"}},
			found{lines: quiet},
		},
		{
			"quarantine", digest.KindInQuarantine, digest.Know, "In quarantine, as unsigned: 3 mails with a report that nothing vouches for.",
			found{lines: quiet, quarantined: map[archive.Reason]int{archive.ReasonUnsigned: 3}},
			found{lines: quiet, quarantined: map[archive.Reason]int{archive.ReasonUnsigned: 0}},
		},
	} {
		untested = slices.DeleteFunc(untested, func(k digest.Kind) bool { return k == test.kind })
		t.Run(test.name, func(t *testing.T) {
			matches := func(f digest.Finding) bool {
				return f.Kind == test.kind && f.Urgency == test.urgency && strings.Contains(f.Text(), test.says)
			}
			if d := test.is.digest(t); !slices.ContainsFunc(all(d), matches) {
				t.Errorf("it does not appear among:\n%s", listed(all(d)))
			}
			if d := test.not.digest(t); slices.ContainsFunc(all(d), matches) {
				t.Errorf("it does not go; there are:\n%s", listed(all(d)))
			}
		})
	}
	if len(untested) > 0 {
		t.Errorf("without a test: %s", untested)
	}
}

func listed(findings []digest.Finding) string {
	var text strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&text, "%s %s: %s\n", f.Urgency, f.Kind, f.Text())
	}
	return text.String()
}

// TestMXHostIsNotMissed: nobody has to report about an MX host.
func TestMXHostIsNotMissed(t *testing.T) {
	line := named[0]
	line.StartDatetime, line.ReceivedAt = day(-7), day(-6)
	for name, mxOf := range map[string]map[string][]string{"a domain": nil, "an MX host": {"mx.example.com": {"example.com"}}} {
		d := found{lines: []archive.Line{line}, policy: enforce, mxOf: mxOf}.digest(t)
		missed := slices.ContainsFunc(d.Domains, func(d digest.Domain) bool { return d.PolicyDomain == "mx.example.com" })
		if missed != (mxOf == nil) {
			t.Errorf("%s is missed: %v; there are:\n%s", name, missed, listed(all(d)))
		}
	}
}

func TestEveryReasonHasItsWords(t *testing.T) {
	seen := make(map[string]bool)
	for _, reason := range archive.Reasons() {
		d := found{quarantined: map[archive.Reason]int{reason: 1}}.digest(t)
		text := d.Findings[0].Text()
		if seen[text] || !strings.Contains(text, string(reason)+": 1 ") {
			t.Errorf("%s: %s", reason, text)
		}
		seen[text] = true
	}
}

// TestTooManyCauses: of what was not told apart nobody knows whether it is new,
// or gone.
func TestTooManyCauses(t *testing.T) {
	var many []archive.FailureDetails
	for i := range 1001 {
		many = append(many, failure("invented", fmt.Sprint("mx", i), 1))
	}
	last := many[1000]
	d := sum(t, nil, []archive.Line{weekly(0, "Lark Mail", 1, last), weekly(1, "Lark Mail", 1001, many...)})
	if f := d.Domains[0].Findings[0]; f.Failure.ReceivingMXHostname != "mx1000" || f.Failure.State != digest.First {
		t.Errorf("got %s %s: %s", f.Kind, f.Failure.State, f.What)
	}
	d = sum(t, nil, []archive.Line{weekly(0, "Lark Mail", 1001, many...), weekly(1, "Lark Mail", 1, last)})
	for _, f := range d.Domains[0].Findings {
		if f.Kind != digest.KindFailure {
			t.Errorf("got %s: %s", f.Kind, f.What)
		}
	}
}

// TestCourse follows a failure over its days.
func TestCourse(t *testing.T) {
	d := sum(t, nil, []archive.Line{
		report("Lark Mail", day(1), sts("example.com", 0, 4, failure("certificate-expired", "mx.example.com", 4))),
		report("Heron Post", day(1), sts("example.com", 0, 2, failure("certificate-expired", "mx.example.com", 2))),
		report("Lark Mail", day(6), sts("example.com", 0, 9, failure("certificate-expired", "mx.example.com", 9))),
	})
	f := d.Domains[0].Findings[0].Failure
	if f.ByDay != [7]int64{0, 6, 0, 0, 0, 0, 9} || f.Days() != "17 to 22 November" || f.Daily() != "Monday to Sunday: 0 6 0 0 0 0 9" {
		t.Errorf("got %v, %s, %s", f.ByDay, f.Days(), f.Daily())
	}
}

// TestAddressesAreAsReported.
func TestAddressesAreAsReported(t *testing.T) {
	f := because(expired, "2001:DB8::1", "", "")
	f.ReceivingIP = "x.x.x.x"
	d := sum(t, nil, []archive.Line{weekly(0, "Lark Mail", 7, f)})
	if got := d.Domains[0].Findings[0].Failure.Example.String(); got != "from 2001:DB8::1 to x.x.x.x" {
		t.Errorf("got %s", got)
	}
}

// TestWhatHurtsMostComesFirst.
func TestWhatHurtsMostComesFirst(t *testing.T) {
	fails := func(domain string, n int64) archive.Line {
		return report("Lark Mail", day(0), sts(domain, 100, n, failure("certificate-expired", "mx", n)))
	}
	is := func(mode mtasts.Mode) digest.Policy { return digest.Policy{Mode: mode, BeforeEnforce: []string{"no"}} }
	d := sums(t, []archive.Line{
		fails("testing-much.example", 90), fails("testing-little.example", 2), fails("enforce-little.example", 1), fails("enforce-much.example", 50),
		unsigned(fails("said.example", 99)), fails("unknown.example", 60),
		report("Lark Mail", day(0), sts("refused.example", 1, 0)), report("Lark Mail", day(0), sts("fine.example", 1, 0)),
	}).Digest(digest.Subject{Policies: map[string]digest.Policy{
		"testing-much.example": is("testing"), "testing-little.example": is("testing"), "enforce-little.example": is("enforce"), "enforce-much.example": is("enforce"),
		"said.example": is("enforce"), "fine.example": is("enforce"), "silent.example": is("enforce"),
		"refused.example": {Mode: "enforce", Refused: []string{"no"}}, "left-out.example": {Mode: "enforce", NotAllowed: "mx9"},
	}})
	var got []string
	for _, domain := range d.Domains {
		name, _ := strings.CutSuffix(domain.PolicyDomain, ".example")
		got = append(got, name)
	}
	want := "enforce-much enforce-little left-out testing-much unknown testing-little refused said silent fine"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

// TestRunning: while the week is not over, nobody is missed.
func TestRunning(t *testing.T) {
	s := sums(t, slices.Concat(
		nearlyEveryWeek("Lark Mail", "stopped.example"), nearlyEveryWeek("Lark Mail", "example.com"),
		[]archive.Line{weekly(0, "Heron Post", 0), weekly(1, "Lark Mail", 7, expired), report("Heron Post", day(-7), sts("example.com", 1, 1, failure("tlsa-invalid", "mx", 1)))},
	))
	for running, want := range map[bool]string{
		false: "failure-gone failure-unheard reporter-silent reports-stopped",
		true:  "failure-gone",
	} {
		d := s.Digest(digest.Subject{Running: running})
		var kinds []string
		for _, f := range all(d) {
			kinds = append(kinds, string(f.Kind))
		}
		slices.Sort(kinds)
		if strings.Join(kinds, " ") != want || slices.Contains(d.Notes(), "The week is not over: more reports will come.") != running {
			t.Errorf("running %v: %s; want %s", running, kinds, want)
		}
	}
}

// TestPartial: an audience with some domains hears of these only.
func TestPartial(t *testing.T) {
	s := sums(t, []archive.Line{
		report("Lark Mail", day(0), sts("example.com", 1, 1, expired)), report("Lark Mail", day(0), sts("example.net", 1, 0)),
		report("Heron Post", day(0), policy("tlsa", "mx1.example.com", 1, 0)), report("Lark Mail", day(1), sts("elsewhere.test", 1, 0)),
	})
	s.AddDamaged("reports/a")
	partial := digest.Subject{
		Policies:    map[string]digest.Policy{"example.net": enforce},
		Has:         func(domain string) bool { return domain == "mx1.example.com" },
		Quarantined: map[archive.Reason]int{archive.ReasonInvalid: 1},
		Partial:     true,
	}
	d := s.Digest(partial)
	if len(d.Domains) != 2 || d.Reports != 2 || d.OtherDomains || len(d.Damaged) > 0 {
		t.Errorf("got %+v", d)
	}
	if d.Headline() != "Nobody needs to act: no failure was reported for any of the 2 domains." {
		t.Error(d.Headline())
	}
	if whole := s.Digest(digest.Subject{}); len(whole.Domains) != 3 || !whole.OtherDomains || len(whole.Damaged) != 1 {
		t.Errorf("the whole is %+v", whole)
	}
}
