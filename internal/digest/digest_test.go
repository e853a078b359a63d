package digest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
)

var update = flag.Bool("update", false, "write the golden files")

type scenario struct {
	name        string
	hosted      []string // All in mode enforce, with nothing more to say.
	lines       []archive.Line
	policies    map[string]digest.Policy // In place of hosted.
	quarantined map[archive.Reason]int
	damaged     []string
}

func (s scenario) digest(t *testing.T) digest.Digest {
	t.Helper()
	if s.policies == nil {
		return sum(t, s.hosted, s.lines)
	}
	all := sums(t, s.lines)
	for _, key := range s.damaged {
		all.AddDamaged(key)
	}
	return all.Digest(digest.Subject{Policies: s.policies, Quarantined: s.quarantined})
}

// scenarios are weeks of reports, each with a golden file of every form.
var scenarios = []scenario{
	{name: "no-domains"},
	{name: "silent", hosted: []string{"example.com"}},
	{
		name:   "quiet",
		hosted: []string{"example.com"},
		lines:  []archive.Line{report("Lark Mail", day(1), sts("example.com", 1200, 0))},
	},
	{
		name:   "some-silent",
		hosted: []string{"example.com", "example.net", "example.org"},
		lines:  []archive.Line{report("Lark Mail", day(1), sts("example.com", 1, 0))},
	},
	{
		name:   "failing",
		hosted: []string{"example.com", "example.net", "example.org"},
		lines: []archive.Line{
			report("Lark Mail", day(0), sts("example.com", 400, 12,
				failure("certificate-expired", "mx1.example.com", 9), failure("starttls-not-supported", "mx2.example.com", 3))),
			report("Lark Mail", day(1), sts("example.com", 380, 21, failure("certificate-expired", "MX1.example.com.", 21))),
			report("Heron Post", day(1), sts("example.com", 90, 4, because(failure("certificate-expired", "mx1.example.com", 4),
				"192.0.2.25", "X509_V_ERR_CERT_HAS_EXPIRED", "https://heron.example/why"))),
			report("Heron Post", day(2), sts("example.net", 77, 0)),
		},
	},
	{
		name:   "policy-types-apart",
		hosted: []string{"example.com"},
		lines: []archive.Line{report("Lark Mail", day(3),
			sts("example.com", 8, 2, failure("sts-webpki-invalid", "", 2)),
			policy("tlsa", "example.com", 8, 2, failure("tlsa-invalid", "mx.example.com", 2)),
			policy("no-policy-found", "example.com", 5, 0))},
	},
	{
		name:   "trust-apart",
		hosted: []string{"example.com", "example.net"},
		lines: []archive.Line{
			report("Lark Mail", day(0), sts("example.com", 10, 1, failure("validation-failure", "mx.example.com", 1))),
			unsigned(report("Lark Mail", day(1), sts("example.com", 0, 900, failure("validation-failure", "mx.example.com", 900)))),
			unsigned(report("Somebody", day(1), sts("example.net", 0, 5, failure("certificate-not-trusted", "mx.example.net", 5)))),
		},
	},
	{
		name:   "distrusted",
		hosted: []string{"example.com"},
		lines: []archive.Line{
			report("Lark Mail", day(0), sts("example.com", 10, 0)),
			report("Xeno, \"Lark Mail\"; and l.example", day(1), sts("example.com", 3, 900, failure("validation-failure", "mx.example.com", 900))),
			unsigned(report("Somebody", day(1), sts("example.com", 0, 5, failure("validation-failure", "mx.example.com", 5)))),
			report("Xeno", day(-7), sts("example.com", 7, 0)),
			report("Xeno", day(-14), sts("example.com", 7, 1)),
		},
	},
	{
		name:   "no-details",
		hosted: []string{"example.com"},
		lines: []archive.Line{
			report("Lark Mail", day(0), sts("example.com", 10, 6)),
			report("Heron Post", day(0), sts("example.com", 10, 1, failure("", "mx.example.com", 2))),
			report("Wren", day(0), sts("example.com", 10, 1, failure("Other", "mx.example.com", 1))),
		},
	},
	{
		name:   "left-out",
		hosted: []string{"example.com"},
		lines: []archive.Line{
			report("Lark Mail", day(0), sts("example.com", 10, 0)),
			unsigned(report("Lark Mail", day(0), sts("example.com", 10, 9))),
			report("Lark Mail", day(7), sts("example.com", 10, 9)),
			report("Lark Mail", day(-1), sts("example.com", 10, 9)),
			report("Lark Mail", day(1), sts("elsewhere.test", 10, 9)),
			report("Lark Mail", day(2), sts("elsewhere.test", 10, 9), sts("example.com", 5, 0)),
		},
	},
	{
		name: "a-bad-week",
		policies: map[string]digest.Policy{
			"example.com": enforce,
			"example.net": {Mode: mtasts.ModeTesting, BeforeEnforce: []string{"a report signed by l.example has failures up to 21 November 2026, 23:59 UTC: fix what the digest says of them. Enforce comes a week after the last: on 28 November 2026, 23:59 UTC, automatically, if there are no more"}},
			"example.org": {Mode: mtasts.ModeEnforce, NotAllowed: "The policy does not allow mx9.example.org, an MX of example.org: senders do not deliver there. Add it to mx, or take it out of the DNS."},
			"new.example": {Refused: []string{"/mx/1: must be a host name such as mx1.example.com"}},
			"manual.example": {Mode: mtasts.ModeTesting, BeforeEnforce: []string{"no authenticated report about the policy has arrived since testing began on 10 November 2026, 08:00 UTC"},
				Obstacle: `Set this TXT record, and no other: _mta-sts.manual.example TXT "v=STSv1; id=5c78d7b6e95740c083b9138bfef62110;"`},
			"ready.example":   {Mode: mtasts.ModeTesting},
			"stopped.example": enforce,
			"silent.example":  enforce,
		},
		lines: slices.Concat(
			[]archive.Line{
				report("Lark Mail", day(0), sts("example.com", 40_000, 31, because(failure("certificate-expired", "mx1.example.com", 31), "192.0.2.25", "certificate has expired", ""))),
				report("Lark Mail", day(1), sts("example.com", 41_000, 44, failure("certificate-expired", "mx1.example.com", 44))),
				report("Heron Post", day(4), sts("example.com", 900, 2, failure("certificate-expired", "mx1.example.com", 2)), policy("tlsa", "example.com", 900, 1, failure("tlsa-invalid", "mx2.example.com", 1))),
				report("Lark Mail", day(-6), sts("example.com", 40_500, 3, failure("certificate-expired", "mx1.example.com", 3))),
				report("Heron Post", day(-5), sts("example.com", 800, 5, failure("starttls-not-supported", "mx3.example.com", 5))),
				report("Lark Mail", day(-12), sts("example.com", 39_000, 0)),
				report("Wren", day(5), sts("example.net", 310, 2, failure("sts-policy-fetch-error", "", 2))),
				report("Lark Mail", day(2), sts("example.net", 50, 0)),
				unsigned(report("Somebody", day(2), sts("ready.example", 3, 90, failure("validation-failure", "mx.ready.example", 90)))),
				report("Lark Mail", day(3), sts("ready.example", 12, 0)),
				report("Heron Post", day(3), sts("example.org", 12, 0)),
				late(report("Wren", day(-4), sts("example.org", 7, 1, failure("certificate-not-trusted", "mx1.example.org", 1)))),
				report("Heron Post", day(-4), sts("example.org", 12, 0)),
			},
			nearlyEveryWeek("Lark Mail", "stopped.example"),
			nearlyEveryWeek("Swift", "ready.example"),
		),
		quarantined: map[archive.Reason]int{archive.ReasonInvalid: 1, archive.ReasonUnsigned: 14, archive.ReasonNotHosted: 3, archive.ReasonDNSFailed: 4, archive.ReasonNoReport: 2},
		damaged:     []string{"reports/v1/dt=2026-11-20/1f.json.gz"},
	},
	{
		name: "first-week",
		policies: map[string]digest.Policy{
			"example.com": {Mode: mtasts.ModeTesting, BeforeEnforce: []string{"testing began on 18 November 2026, 09:00 UTC, and a week of it is not over"}},
			"example.net": {Mode: mtasts.ModeTesting, BeforeEnforce: []string{"no authenticated report about the policy has arrived since testing began on 18 November 2026, 09:00 UTC"}},
		},
		lines: []archive.Line{
			report("Lark Mail", day(3), sts("example.com", 212, 0)),
			report("Lark Mail", day(4), sts("example.com", 187, 0)),
			report("Heron Post", day(4), policy("no-policy-found", "example.com", 14, 0)),
		},
	},
	{
		name:   "hostile",
		hosted: []string{"example.com"},
		lines: []archive.Line{
			report("\x1b[2J\u202egnp.exe<script>alert(1)</script>"+strings.Repeat("A", 10_000), day(0),
				policy("sts\nBcc: x", "example.com", 1<<53, 1<<53, because(
					failure(strings.Repeat("x\"'&<>", 2000), "mx\r\n.example.com", -3),
					"javascript:alert(1)", strings.Repeat("é", 9000), "{{.}}</td></table>"))),
		},
	},
}

// nearlyEveryWeek are reports of three of the weeks before.
func nearlyEveryWeek(organization, domain string) []archive.Line {
	var lines []archive.Line
	for _, before := range []int{1, 2, 4} {
		lines = append(lines, report(organization, day(-7*before), sts(domain, 20, 0)))
	}
	return lines
}

func TestForms(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			d := s.digest(t)
			var text, html bytes.Buffer
			check(t, d.Text(&text))
			check(t, d.HTML(&html, digest.Options{}))
			golden(t, s.name+".txt", text.Bytes())
			golden(t, s.name+".html", html.Bytes())
			fitForMail(t, text.String(), html.String())
		})
	}
}

// fitForMail checks what must hold whatever the reports say.
func fitForMail(t *testing.T, text, html string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 78 {
			t.Errorf("line of %d columns: %s", n, line)
		}
	}
	if n := asSent(t, html); n > 100_000 {
		t.Errorf("HTML of %d bytes as it is sent", n)
	}
	for _, bad := range []string{"\x1b", "\r", "\u202e"} {
		if strings.Contains(text+html, bad) {
			t.Errorf("a form holds %q as it was sent", bad)
		}
	}
	onlyWhatMailProgramsShow(t, html)
}

// asSent is how long a text is in a mail.
func asSent(t *testing.T, text string) int {
	t.Helper()
	var sent bytes.Buffer
	w := quotedprintable.NewWriter(&sent)
	_, err := io.WriteString(w, text)
	check(t, err)
	check(t, w.Close())
	return sent.Len()
}

// TestJSON holds the machine form still: programs read it.
func TestJSON(t *testing.T) {
	for _, s := range scenarios {
		if s.name != "failing" && s.name != "silent" {
			continue
		}
		d := sum(t, s.hosted, s.lines)
		form, err := json.MarshalIndent(d, "", "  ")
		check(t, err)
		golden(t, s.name+".json", append(form, '\n'))
		var read digest.Digest
		check(t, json.Unmarshal(form, &read))
		if !reflect.DeepEqual(read, d) {
			t.Errorf("%s: read again, it is %+v, not %+v", s.name, read, d)
		}
	}
}

func TestWeeksToLinkTo(t *testing.T) {
	var page bytes.Buffer
	check(t, sum(t, nil, nil).HTML(&page, digest.Options{Weeks: []digest.Week{week.Prev(), week}}))
	if !strings.Contains(page.String(), `<a href="?week=2026-W46"`) {
		t.Error("no link to the week before")
	}
	if strings.Contains(page.String(), `<a href="?week=2026-W47"`) {
		t.Error("the week links to itself")
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		check(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	check(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the difference. Got:\n%s", path, got)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
