package digesttest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/trust"
)

// Engine sums reports.
type Engine interface {
	Sums(ctx context.Context, q digest.Query) (*digest.Sums, error)
}

// Engines is the conformance suite of engines: whatever lies in the archive, in
// whatever order, all of them give the same digest. It opens an engine over some
// lines of an archive.
func Engines(t *testing.T, open func(t *testing.T, lines []archive.Line) Engine) {
	engines(t, open, thorough)
}

// SlowEngines is the suite for engines that take their time to open: there are
// fewer archives made at random.
func SlowEngines(t *testing.T, open func(t *testing.T, lines []archive.Line) Engine) {
	engines(t, open, brief)
}

// effort says how much is tried.
type effort struct {
	orders int    // Of the lines of an archive.
	random uint64 // Archives made at random.
}

var (
	thorough = effort{orders: 3, random: 60}
	brief    = effort{orders: 1, random: 8}
)

func engines(t *testing.T, open func(t *testing.T, lines []archive.Line) Engine, effort effort) {
	t.Run("of the copies of a report the best counts", func(t *testing.T) { bestCopies(t, open) })
	t.Run("a distrusted signer counts as unauthenticated", func(t *testing.T) { distrusted(t, open) })
	t.Run("a report has its place", func(t *testing.T) { places(t, open) })
	for name, lines := range corpora {
		t.Run(name, func(t *testing.T) { sameDigest(t, open, lines(), effort.orders) })
	}
	t.Run("what reporters may send", func(t *testing.T) {
		for seed := range effort.random {
			lines := random(rand.New(rand.NewPCG(seed, 1)))
			if sameDigest(t, open, lines, effort.orders); t.Failed() {
				t.Fatalf("with the lines of seed %d", seed)
			}
		}
	})
}

// Query asks for the week under test and the four before it. What came on its
// Tuesday at eight or later is late for those. The signer x.example is distrusted.
var Query = digest.Query{Week: Week, Earlier: 4, Since: Day(1).Add(8 * time.Hour), Counts: counts, Signers: distrust("x.example")}

func distrust(domain string) trust.Signers {
	signers, err := trust.Distrust(domain)
	if err != nil {
		panic(err)
	}
	return signers
}

// counts has a domain that is not hosted, and a host that is known under DANE
// only.
func counts(domain string, tlsa bool) bool {
	return domain != "elsewhere.test" && (domain != "mx1.example.com" || tlsa)
}

// digestOf is the digest of what an engine sums, as JSON.
func digestOf(t *testing.T, engine Engine) string {
	t.Helper()
	sums, err := engine.Sums(t.Context(), Query)
	if err != nil {
		t.Fatal(err)
	}
	form, err := json.MarshalIndent(sums.Digest(digest.Subject{}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(form)
}

// sameDigest holds an engine to [Memory], with the lines in some orders.
func sameDigest(t *testing.T, open func(*testing.T, []archive.Line) Engine, lines []archive.Line, orders int) {
	t.Helper()
	want := digestOf(t, Memory{lines})
	shuffle := rand.New(rand.NewPCG(uint64(len(lines)), 2))
	for range orders {
		if got := digestOf(t, open(t, lines)); got != want {
			t.Fatalf("the digests differ at:\n%s", difference(got, want))
		}
		shuffle.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
}

// difference gives the first lines that differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			from := max(0, i-12)
			return strings.Join(g[from:i], "\n") + "\ngot  " + g[i] + "\nwant " + w[i]
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// bestCopies has two reports of ten and of one successful session, and tells
// which of them counts.
func bestCopies(t *testing.T, open func(*testing.T, []archive.Line) Engine) {
	newer := func(line archive.Line) archive.Line {
		line.ReceivedAt = line.ReceivedAt.Add(time.Hour)
		return line
	}
	key := func(key string, line archive.Line) archive.Line {
		line.ReportKey = strings.Repeat(key, 64)
		return line
	}
	ten := key("a", Report("Lark Mail", Day(0), STS("example.com", 10, 0)))
	one := key("b", Report("Lark Mail", Day(0), STS("example.com", 1, 0)))
	longer := one
	longer.EndDatetime = one.EndDatetime.Add(time.Second)
	by := func(domain string, line archive.Line) archive.Line {
		line.TrustDomain = domain
		return line
	}
	heron := one
	heron.OrganizationName = "Heron Post"

	for _, test := range []struct {
		name     string
		a, b     archive.Line
		sessions []int64
		copies   int64
	}{
		{"the same twice", ten, ten, []int64{10}, 1},
		{"the greater key", ten, one, []int64{1}, 1},
		{"the newer", newer(ten), one, []int64{10}, 1},
		{"authenticated before newer", ten, newer(Unsigned(one)), []int64{10}, 1},
		{"signed and unsigned, the same bytes", ten, Unsigned(ten), []int64{10}, 1},
		{"both unsigned, the newer", newer(Unsigned(ten)), Unsigned(one), []int64{10}, 1},
		{"another signer displaces nobody", ten, newer(by("heron.example", one)), []int64{11}, 0},
		{"another range is another report", ten, longer, []int64{11}, 0},
		{"another organization is another report", ten, heron, []int64{11}, 0},
		{"another domain is no copy", ten, key("c", Report("Lark Mail", Day(0), STS("example.net", 1, 0))), []int64{10, 1}, 0},
		{"entries of one report add up", ten, Report("Wren", Day(0), STS("example.com", 1, 0), STS("example.com", 2, 0)), []int64{13}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, lines := range [][]archive.Line{{test.a, test.b}, {test.b, test.a}} {
				sums, err := open(t, lines).Sums(t.Context(), Query)
				if err != nil {
					t.Fatal(err)
				}
				d := sums.Digest(digest.Subject{})
				var got []int64
				for _, domain := range d.Domains {
					got = append(got, domain.Results[0].SuccessfulSessions)
				}
				if fmt.Sprint(got) != fmt.Sprint(test.sessions) || d.Copies != test.copies {
					t.Errorf("sessions %v, %d copies; want %v, %d", got, d.Copies, test.sessions, test.copies)
				}
			}
		})
	}
}

// distrusted has the same words of a trusted signer, of one below a distrusted
// domain, and of a stranger. Only the first is authenticated, and displaces nothing.
func distrusted(t *testing.T, open func(*testing.T, []archive.Line) Engine) {
	signed := func(domain string, day int) archive.Line {
		line := Report("Lark Mail", Day(day), STS("example.com", 10, 1, Failure("certificate-expired", "mx", 1)))
		line.TrustDomain = domain
		return line
	}
	lines := []archive.Line{signed("l.example", 0), signed("mail.x.example", 0), Unsigned(signed("", 1)), signed("mail.x.example", 2)}
	sums, err := open(t, lines).Sums(t.Context(), Query)
	if err != nil {
		t.Fatal(err)
	}
	d := sums.Digest(digest.Subject{})
	if d.Reports != 4 || d.Unauthenticated != 3 || d.Copies != 0 {
		t.Errorf("%d reports, %d unauthenticated, %d copies; want 4, 3, 0", d.Reports, d.Unauthenticated, d.Copies)
	}
	var got []string
	for _, result := range d.Domains[0].Results {
		for _, reporter := range result.Reporters {
			got = append(got, fmt.Sprint(result.Trust, " ", reporter.Name(), " ", reporter.Reports))
		}
	}
	want := []string{`dkim l.example ("Lark Mail") 1`, `none mail.x.example (distrusted, "Lark Mail") 2`, `none unauthenticated ("Lark Mail") 1`}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

// places has reports at the bounds of the week.
func places(t *testing.T, open func(*testing.T, []archive.Line) Engine) {
	for _, test := range []struct {
		start  time.Time
		counts bool
	}{
		{Week.Start(), true},
		{Week.Start().Add(-time.Second), false},
		{Week.End().Add(-time.Second), true},
		{Week.End(), false},
		{Week.Start().In(time.FixedZone("", -3600)), true},
	} {
		sums, err := open(t, []archive.Line{Report("Lark Mail", test.start, STS("example.com", 1, 0))}).Sums(t.Context(), Query)
		if err != nil {
			t.Fatal(err)
		}
		if d := sums.Digest(digest.Subject{}); (d.Reports == 1) != test.counts {
			t.Errorf("a report that starts at %s: %d reports in the digest", test.start, d.Reports)
		}
	}
}

// corpora are archives, each to try a thing.
var corpora = map[string]func() []archive.Line{
	"nothing": func() []archive.Line { return nil },
	"several policies of a report": func() []archive.Line {
		return []archive.Line{Report("Lark Mail", Day(3),
			STS("example.com", 8, 2, Failure("sts-webpki-invalid", "", 2)),
			Policy("tlsa", "example.com", 8, 2, Failure("tlsa-invalid", "mx.example.com", 2)),
			STS("example.com", 5, 4),
			STS("example.net", 1, 0),
			STS("elsewhere.test", 1, 9, Failure("validation-failure", "mx", 9)),
			Policy("tlsa", "mx1.example.com", 3, 1, Failure("tlsa-invalid", "mx1.example.com", 1)),
			STS("mx1.example.com", 2, 0))}
	},
	"only about others": func() []archive.Line {
		return []archive.Line{Report("Lark Mail", Day(0), STS("elsewhere.test", 1, 1))}
	},
	"one MX in many spellings": func() []archive.Line {
		return []archive.Line{
			Report("Lark Mail", Day(0), STS("example.com", 0, 3, Failure("certificate-expired", "mx1.example.com", 3))),
			Report("Lark Mail", Day(4), STS("example.com", 0, 5, Failure("certificate-expired", "MX1.Example.COM.", 5))),
			Report("Lark Mail", Day(6), STS("example.com", 0, 0, Failure("certificate-expired", "mx1.example.com.", 0))),
		}
	},
	"counts without end": func() []archive.Line {
		return []archive.Line{
			Report("Lark Mail", Day(0), STS("example.com", math.MaxInt64, -5, Failure("", "mx", math.MaxInt64))),
			Report("Lark Mail", Day(1), STS("example.com", math.MaxInt64, 2, Failure("", "mx", 7), Failure("", "mx", -7))),
		}
	},
	"the best example": func() []archive.Line {
		var lines []archive.Line
		for i, f := range []archive.FailureDetails{
			Failure("certificate-expired", "mx", 90),
			Because(Failure("certificate-expired", "mx", 5), "192.0.2.2", "", ""),
			Because(Failure("certificate-expired", "mx", 5), "192.0.2.2", "b", ""),
			Because(Failure("certificate-expired", "mx", 5), "192.0.2.10", "z", "z"),
			Because(Failure("certificate-expired", "mx", -4), "203.0.113.1", "", ""),
			Because(Failure("certificate-expired", "mx", 5), "192.0.2.2", "b", strings.Repeat("é", 130)+"b"),
			Because(Failure("certificate-expired", "mx", 5), "192.0.2.2", "b", strings.Repeat("é", 130)+"a"),
		} {
			f.ReceivingIP = "198.51.100.1"
			lines = append(lines, Report(fmt.Sprint("Org", i), Day(i), STS("example.com", 1, 1, f)))
		}
		return lines
	},
	"hostile texts": func() []archive.Line {
		return []archive.Line{
			Report("\x1b[2J\u202egnp.exe<script>"+strings.Repeat("A", 10_000), Day(0), Policy("sts\nBcc: x", "example.com", 1<<53, 1<<53, Because(
				Failure(strings.Repeat("x\"'&<>", 2000), "mx\r\n.example.com", 3), "javascript:alert(1)\x00", strings.Repeat("é", 9000), "{{.}}</td>, [a, b]"))),
			Report("a, b\t[c]", Day(0), Policy("", "example.com", 1, 1, Because(Failure("'; --", "", 1), "\\", "\"", "null"))),
			Unsigned(Report("NULL", Day(0), Policy("NULL", "example.com", 1, 1, Failure("NULL", "\u2028", 1)))),
		}
	},
	"weeks before, in time and late": func() []archive.Line {
		var lines []archive.Line
		for week := range 7 {
			for day := range 7 {
				for _, late := range []int{0, 30} {
					line := Report(fmt.Sprint("Lark Mail", late), Day(day-7*week), STS("example.com", 10, int64(day), Failure("certificate-expired", "mx", int64(week))))
					line.ReceivedAt = line.ReceivedAt.AddDate(0, 0, late)
					lines = append(lines, line)
				}
			}
		}
		atOnce := Report("Heron Post", Day(-7), STS("example.com", 1, 0))
		atOnce.ReceivedAt = Query.Since
		before := Report("Wren", Day(-7), STS("example.com", 1, 0))
		before.ReceivedAt = Query.Since.Add(-time.Millisecond)
		return append(lines, atOnce, before)
	},
}

// random has few names of each thing, so that many lines are copies.
func random(r *rand.Rand) []archive.Line {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	var lines []archive.Line
	for range 1 + r.IntN(60) {
		var policies []archive.PolicyResult
		for range 1 + r.IntN(3) {
			var details []archive.FailureDetails
			for range r.IntN(3) {
				f := Because(Failure(pick("certificate-expired", "validation-failure", ""), pick("mx1", "MX1.", "mx2", ""), r.Int64N(9)-1),
					pick("", "192.0.2.1", "192.0.2.2"), pick("", "expired"), pick("", "https://a.example"))
				f.ReceivingIP = pick("", "198.51.100.1")
				details = append(details, f)
			}
			policies = append(policies, Policy(pick("sts", "tlsa", "no-policy-found", "odd"),
				pick("example.com", "example.net", "elsewhere.test", "mx1.example.com"), r.Int64N(9), r.Int64N(9), details...))
		}
		line := Report(pick("Lark Mail", "Heron Post"), Day(r.IntN(2)-7*r.IntN(7)), policies...)
		line.ReportID = pick("1", "2", "3")
		line.ReceivedAt = Query.Since.Add(time.Duration(r.IntN(3)-1) * time.Hour)
		line.TrustDomain = pick("l.example", "h.example", "x.example")
		if r.IntN(2) == 0 {
			line = Unsigned(line)
		}
		lines = append(lines, line)
		if r.IntN(4) == 0 {
			lines = append(lines, line)
		}
	}
	return lines
}
