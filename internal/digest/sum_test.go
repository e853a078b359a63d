package digest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/tlsrpt"
)

// TestCopies has two reports of ten and of one successful session, and tells
// which of them counts.
func TestCopies(t *testing.T) {
	newer := func(line archive.Line) archive.Line {
		line.ReceivedAt = line.ReceivedAt.Add(time.Hour)
		return line
	}
	key := func(key string, line archive.Line) archive.Line {
		line.ReportKey = strings.Repeat(key, 64)
		return line
	}
	ten := key("a", report("Lark Mail", day(0), sts("example.com", 10, 0)))
	one := key("b", report("Lark Mail", day(0), sts("example.com", 1, 0)))
	longer := one
	longer.EndDatetime = one.EndDatetime.Add(time.Second)
	by := func(domain string, line archive.Line) archive.Line {
		line.TrustDomain = domain
		return line
	}
	heron := one
	heron.OrganizationName = "Heron Post"

	tests := []struct {
		name     string
		a, b     archive.Line
		sessions []int64
	}{
		{"the same twice", ten, ten, []int64{10}},
		{"the greater key", ten, one, []int64{1}},
		{"the newer", newer(ten), one, []int64{10}},
		{"authenticated before newer", ten, newer(unsigned(one)), []int64{10}},
		{"signed and unsigned, the same bytes", ten, unsigned(ten), []int64{10}},
		{"both unsigned, the newer", newer(unsigned(ten)), unsigned(one), []int64{10}},
		{"another signer displaces nobody", ten, newer(by("heron.example", one)), []int64{11}},
		{"another range is another report", ten, longer, []int64{11}},
		{"another organization is another report", ten, heron, []int64{11}},
		{"another domain is no copy", ten, key("c", report("Lark Mail", day(0), sts("example.net", 1, 0))), []int64{10, 1}},
		{"entries of one report add up", ten, report("Wren", day(0), sts("example.com", 1, 0), sts("example.com", 2, 0)), []int64{13}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, lines := range [][]archive.Line{{test.a, test.b}, {test.b, test.a}} {
				var got []int64
				for _, d := range sum(t, nil, lines).Domains {
					got = append(got, d.Results[0].SuccessfulSessions)
				}
				if fmt.Sprint(got) != fmt.Sprint(test.sessions) {
					t.Errorf("sessions %v, want %v", got, test.sessions)
				}
			}
		})
	}
}

// TestAnyOrder compares the digest of the same lines in many orders with a
// model that keeps them all.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		lines := randomLines(random)
		want := model(lines)
		first := asJSON(t, sum(t, nil, lines))
		for range 5 {
			random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			d := sum(t, nil, lines)
			if got := asJSON(t, d); got != first {
				t.Fatalf("seed %d: the order makes a difference:\n%s\n%s", seed, got, first)
			}
			if got := totals(d); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: got %v\nwant %v", seed, got, want)
			}
		}
	}
}

// randomLines has few names of each thing, so that many lines are copies.
func randomLines(random *rand.Rand) []archive.Line {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	var lines []archive.Line
	for range 1 + random.IntN(40) {
		var policies []archive.PolicyResult
		for range 1 + random.IntN(3) {
			policies = append(policies, policy(pick("sts", "tlsa"), pick("example.com", "example.net", "elsewhere.test"),
				random.Int64N(9), random.Int64N(9), because(
					failure(pick("certificate-expired", ""), pick("mx1", "mx2"), random.Int64N(9)),
					pick("", "192.0.2.1", "192.0.2.2"), pick("", "expired"), "")))
		}
		line := report(pick("Lark Mail", "Heron Post"), day(random.IntN(2)), policies...)
		line.ReportID = pick("1", "2", "3")
		line.ReceivedAt = week.End().Add(time.Duration(random.IntN(3)) * time.Hour)
		line.TrustDomain = pick("l.example", "h.example", "x.example")
		if random.IntN(2) == 0 {
			line = unsigned(line)
		}
		lines = append(lines, line)
		if random.IntN(4) == 0 {
			lines = append(lines, line)
		}
	}
	return lines
}

type total struct {
	reports                     int
	succeeded, failed, detailed int64
}

// model finds the best copy of every report by comparing all with all.
func model(lines []archive.Line) map[string]total {
	type logical struct {
		organization, id, domain, signer string
		start, end                       time.Time
	}
	rank := func(l archive.Line) string {
		return fmt.Sprint(l.Trust == archive.TrustDKIM, l.ReceivedAt.UnixNano(), l.ReportKey)
	}
	best := make(map[logical]archive.Line)
	for _, l := range lines {
		for _, p := range l.Policies {
			key := logical{l.OrganizationName, l.ReportID, p.PolicyDomain, l.TrustDomain, l.StartDatetime, l.EndDatetime}
			if kept, known := best[key]; ours("", p.PolicyDomain) && (!known || rank(l) > rank(kept)) {
				best[key] = l
			}
		}
	}
	for key := range maps.Clone(best) {
		if key.signer != "" {
			key.signer = ""
			delete(best, key)
		}
	}
	sums := make(map[string]total)
	for key, l := range best {
		touched := make(map[string]bool)
		for _, p := range l.Policies {
			if p.PolicyDomain != key.domain {
				continue
			}
			name := fmt.Sprint(p.PolicyDomain, p.PolicyType, l.Trust)
			s := sums[name]
			if !touched[name] {
				s.reports++
			}
			touched[name] = true
			s.succeeded += p.TotalSuccessfulSessionCount
			s.failed += p.TotalFailureSessionCount
			s.detailed += p.FailureDetails[0].FailedSessionCount
			sums[name] = s
		}
	}
	return sums
}

func totals(d digest.Digest) map[string]total {
	sums := make(map[string]total)
	for _, domain := range d.Domains {
		for _, r := range domain.Results {
			s := total{reports: r.Reports, succeeded: r.SuccessfulSessions, failed: r.FailedSessions}
			for _, f := range r.Failures {
				s.detailed += f.FailedSessions
			}
			sums[fmt.Sprint(domain.PolicyDomain, r.PolicyType, r.Trust)] = s
		}
	}
	return sums
}

func asJSON(t *testing.T, d digest.Digest) string {
	t.Helper()
	form, err := json.Marshal(d)
	check(t, err)
	return string(form)
}

func TestSumPassesErrorsOn(t *testing.T) {
	broken := errors.New("disk on fire")
	lines := func() iter.Seq2[archive.Line, error] {
		return func(yield func(archive.Line, error) bool) {
			if yield(report("Lark Mail", day(0), sts("example.com", 1, 0)), nil) {
				yield(archive.Line{}, broken)
			}
		}
	}
	if _, err := digest.Sum(week, lines, ours, nil); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestCountsNeverRunOver(t *testing.T) {
	d := sum(t, nil, []archive.Line{
		report("Lark Mail", day(0), sts("example.com", math.MaxInt64, -5)),
		report("Lark Mail", day(1), sts("example.com", math.MaxInt64, 2)),
	})
	r := d.Domains[0].Results[0]
	if r.SuccessfulSessions != math.MaxInt64 || r.FailedSessions != 2 {
		t.Errorf("got %d succeeded, %d failed", r.SuccessfulSessions, r.FailedSessions)
	}
}

func TestEveryResultTypeHasItsMeaning(t *testing.T) {
	seen := map[digest.Meaning]string{digest.MeaningOf("made-up"): "made-up", digest.MeaningOf(""): "no type"}
	for _, resultType := range tlsrpt.ResultTypes() {
		m := digest.MeaningOf(string(resultType))
		if other, taken := seen[m]; taken || m.What == "" || m.Do == "" {
			t.Errorf("%s means the same as %s: %v", resultType, other, m)
		}
		seen[m] = string(resultType)
	}
}
