package digest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
)

// asks is a domain with a finding that asks for something, or none.
func asks(name string, s digest.Standing, u digest.Urgency, kinds ...digest.Kind) digest.Domain {
	d := digest.Domain{PolicyDomain: name, Standing: s}
	if u != "" && len(kinds) == 0 {
		kinds = []digest.Kind{digest.KindFailure}
	}
	for _, k := range kinds {
		d.Findings = append(d.Findings, digest.Finding{Kind: k, Urgency: u})
	}
	return d
}

func TestHeadline(t *testing.T) {
	bad, odd := asks("bad.example", digest.Failing, digest.Act), asks("odd.example", digest.SaidToFail, digest.Look)
	silent, good := asks("silent.example", digest.NoReport, digest.Know, digest.KindNoReport), asks("good.example", digest.NoFailure, "")
	refused := asks("refused.example", digest.NoFailure, digest.Act, digest.KindRefused)
	stopped := asks("stopped.example", digest.NoReport, digest.Look, digest.KindStopped)

	tests := []struct {
		domains []digest.Domain
		want    string
	}{
		{nil, "Nothing can be said of this week: no domain is hosted here, and no report counts."},
		{[]digest.Domain{good}, "Nobody needs to act: no failure was reported for good.example."},
		{[]digest.Domain{good, good}, "Nobody needs to act: no failure was reported for any of the 2 domains."},
		{[]digest.Domain{silent}, "Nothing is known about this week: no report came for silent.example."},
		{[]digest.Domain{silent, silent}, "Nothing is known about this week: no report came for any of the 2 domains."},
		{[]digest.Domain{silent, good}, "Nobody needs to act on a failure: none was reported, but 1 of 2 domains had no report."},
		{[]digest.Domain{odd, silent, good}, "Look at odd.example: unauthenticated reports say that TLS failed."},
		{[]digest.Domain{bad, odd, good}, "Act on bad.example: senders report that TLS failed."},
		{[]digest.Domain{bad, bad, good}, "Act on 2 of 3 domains: senders report that TLS failed."},
		{[]digest.Domain{bad, bad}, "Act on all 2 domains: senders report that TLS failed."},
		{[]digest.Domain{refused}, "Act on refused.example: something is in the way of a policy."},
		{[]digest.Domain{bad, refused, good}, "Act on 2 of 3 domains: senders report that TLS failed; something is in the way of a policy."},
		{[]digest.Domain{stopped}, "Look at stopped.example: reports have stopped coming."},
		{[]digest.Domain{odd, stopped}, "Look at all 2 domains: unauthenticated reports say that TLS failed; reports have stopped coming."},
	}
	for _, test := range tests {
		if got := (digest.Digest{Domains: test.domains}).Headline(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestNothingCounts: reports that are all left out are no week without failures.
func TestNothingCounts(t *testing.T) {
	want := "Nothing can be said of this week: reports came, and none is about a domain that has its policy here."
	if got := (digest.Digest{OtherDomains: true}).Headline(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestHeadlineIsRight holds the headline, the subject and the standing to the
// findings, whatever there is to find.
func TestHeadlineIsRight(t *testing.T) {
	seen := make(map[string]int)
	for seed := range uint64(3000) {
		d := anything(t, rand.New(rand.NewPCG(seed, 7)))
		asking := make(map[digest.Urgency]map[string]bool)
		for _, domain := range d.Domains {
			for _, f := range domain.Findings[:min(1, len(domain.Findings))] {
				if asking[f.Urgency] == nil {
					asking[f.Urgency] = make(map[string]bool)
				}
				asking[f.Urgency][domain.PolicyDomain] = true
			}
		}
		unreadable := slices.ContainsFunc(d.Findings, func(f digest.Finding) bool { return f.Urgency == digest.Look })
		begin, domains := "No", map[string]bool(nil)
		switch {
		case len(asking[digest.Act]) > 0:
			begin, domains = "Act on ", asking[digest.Act]
		case len(asking[digest.Look]) > 0 || unreadable:
			begin, domains = "Look at ", asking[digest.Look]
		}
		headline := d.Headline()
		named := len(domains) == 1 && strings.Contains(headline, slices.Collect(maps.Keys(domains))[0]) ||
			len(domains) > 1 && strings.Contains(headline, fmt.Sprint(len(domains))) ||
			len(domains) == 0 && (begin == "No" || strings.Contains(headline, "the archive"))
		if !strings.HasPrefix(headline, begin) || !named || strings.Contains(headline, ": .") {
			t.Fatalf("seed %d: %s\nwith\n%s", seed, headline, listed(all(d)))
		}
		if acts := strings.Contains(d.Subject(), "action"); acts != (begin == "Act on ") {
			t.Fatalf("seed %d: %s\n%s", seed, d.Subject(), headline)
		}
		for _, domain := range d.Domains {
			failing := slices.ContainsFunc(domain.Results, func(r digest.Result) bool { return r.Authenticated() && r.FailedSessions > 0 })
			if failing && (domain.Standing != digest.Failing || !asking[digest.Act][domain.PolicyDomain]) {
				t.Fatalf("seed %d: %s fails, and is %s, with\n%s", seed, domain.PolicyDomain, domain.Standing, listed(domain.Findings))
			}
			if (domain.Reports == 0) != (domain.Standing == digest.NoReport) {
				t.Fatalf("seed %d: %s has %d reports, and is %s", seed, domain.PolicyDomain, domain.Reports, domain.Standing)
			}
			if domain.Reports == 0 && strings.Contains(headline, "no failure was reported") {
				t.Fatalf("seed %d: no report is no failure: %s", seed, headline)
			}
		}
		seen[begin]++
	}
	for _, begin := range []string{"Act on ", "Look at ", "No"} {
		if seen[begin] < 50 {
			t.Errorf("only %d headlines began with %q", seen[begin], begin)
		}
	}
}

// anything is a digest of some domains, each with some of all that there is.
func anything(t *testing.T, r *rand.Rand) digest.Digest {
	once := func(n int) bool { return r.IntN(n) == 0 }
	policies := make(map[string]digest.Policy)
	var lines []archive.Line
	rare := 1 + r.IntN(30)
	for i := range r.IntN(4) {
		name := fmt.Sprintf("domain-%d.example", i)
		p := digest.Policy{Mode: []mtasts.Mode{"enforce", "testing", "none", ""}[r.IntN(4)]}
		if once(3 * rare) {
			p.Refused = []string{"no"}
		}
		if once(3 * rare) {
			p.Obstacle = "a stone"
		}
		if once(3 * rare) {
			p.NotAllowed = "mx9"
		}
		policies[name] = p
		for range r.IntN(6) {
			policy := sts(name, r.Int64N(3), 0)
			if once(rare) {
				policy.TotalFailureSessionCount = 1
			}
			if once(rare) {
				policy.FailureDetails = []archive.FailureDetails{failure("certificate-expired", "mx", r.Int64N(2))}
			}
			line := report([]string{"Lark Mail", "Heron Post"}[r.IntN(2)], day(-7*r.IntN(5)), policy)
			if once(2) {
				line = unsigned(line)
			}
			if once(5) {
				line = late(line)
			}
			lines = append(lines, line)
		}
	}
	s := sums(t, lines)
	if once(2 * rare) {
		s.AddDamaged("reports/a")
	}
	return s.Digest(digest.Subject{Policies: policies})
}

func TestSpan(t *testing.T) {
	for s, want := range map[string]string{
		"2026-W47": "16 to 22 November 2026",
		"2026-W49": "30 November to 6 December 2026",
		"2026-W53": "28 December 2026 to 3 January 2027",
	} {
		w, err := digest.ParseWeek(s)
		check(t, err)
		if got := (digest.Digest{Start: w.Start(), End: w.End()}).Span(); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}
