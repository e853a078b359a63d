package querytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// generator makes what the corpus has.
type generator struct {
	random   *rand.Rand
	sendings []sending
}

// send sends a report, signed where there is a signer, after its end.
func (g *generator) send(r report, signer string, after time.Duration) {
	g.sendings = append(g.sendings, sending{r, signer, r.end.Add(after)})
}

type organization struct{ name, contact, signer string }

var organizations = []organization{
	{"Northwind Post", "tls-reports@northwind.example", "northwind.example"},
	{"Heron Post “Ltd”", "tls@heron.example", "reports.heron.example"},
	{"Lark Mail, Inc.", "postmaster@lark.example", "lark.example"},
	{"Stone Circle Hosting", "smtp-tls@stone.example", ""},
	{"Brook Mail", "brook@brook.example", ""},
	{"Fen & Sons", "tls@fen.example", "fen.example"},
}

var policy = []string{"version: STSv1", "mode: enforce"}

var domains = []string{"meadow.example", "dune.example", "marsh.example", "xn--bcher-kva.example"}

var resultTypes = []string{
	"certificate-expired", "certificate-host-mismatch", "starttls-not-supported", "validation-failure",
	"sts-policy-fetch-error", "certificate-not-trusted",
}

// weeks is what comes without fuss: a report a day of each organization about
// most of the domains, for seven weeks. Some have several policies, several
// entries of one domain, sts beside tlsa with the same sessions, details that
// add up to more or less than the total, and none.
func (g *generator) weeks() {
	for day := Today.AddDate(0, 0, -51); day.Before(Today); day = day.AddDate(0, 0, 1) {
		for i, o := range organizations {
			if g.isSilent(i, day) {
				continue
			}
			r := reportOf(o, day)
			for j, domain := range domains {
				if g.random.IntN(4) == 0 {
					continue
				}
				r.entries = append(r.entries, g.entries(domain, 7*i+j, day)...)
			}
			if len(r.entries) == 0 {
				continue
			}
			g.send(r, o.signer, time.Duration(1+g.random.IntN(30))*time.Hour)
		}
	}
}

// isSilent: two organizations have stopped.
func (g *generator) isSilent(organization int, day time.Time) bool {
	switch organization {
	case 2:
		return !day.Before(Today.AddDate(0, 0, -14))
	case 4:
		return !day.Before(Today.AddDate(0, 0, -18))
	default:
		return g.random.IntN(5) == 0
	}
}

func reportOf(o organization, day time.Time) report {
	return report{
		organization: o.name,
		contact:      o.contact,
		id:           day.Format(time.DateOnly) + "_" + o.contact,
		start:        day,
		end:          day.Add(24*time.Hour - time.Second),
	}
}

func (g *generator) entries(domain string, salt int, day time.Time) []entry {
	e := entry{
		kind:       "sts",
		lines:      policy,
		domain:     domain,
		mxHosts:    []string{"*." + domain},
		successful: int64(g.random.IntN(5000)),
	}
	if g.random.IntN(2) == 0 {
		e.failed = int64(1 + g.random.IntN(90))
		e.details = g.details(domain, salt, day)
	}
	switch g.random.IntN(6) {
	case 0: // The same sessions once more (RFC 8460, section 4).
		tlsa := e
		tlsa.kind, tlsa.domain, tlsa.mxHosts = "tlsa", "mx1."+domain, nil
		return []entry{e, tlsa}
	case 1: // Two policies were met in a day.
		second := e
		second.successful, second.failed, second.details = int64(g.random.IntN(100)), 0, nil
		return []entry{e, second}
	case 2:
		e.kind, e.mxHosts = "no-policy-found", nil
		return []entry{e}
	default:
		return []entry{e}
	}
}

// details gives kinds of failures; some are new in the last week.
func (g *generator) details(domain string, salt int, day time.Time) []detail {
	kinds := 3
	if !day.Before(Today.AddDate(0, 0, -9)) {
		kinds = len(resultTypes)
	}
	var details []detail
	for range g.random.IntN(4) {
		details = append(details, detail{
			result:    resultTypes[g.random.IntN(kinds)],
			sendingIP: fmt.Sprintf("192.0.2.%d", 1+salt),
			mx:        spelled(g.random, fmt.Sprintf("mx%d.%s", 1+g.random.IntN(2), domain)),
			receiving: "2001:db8::25",
			sessions:  int64(1 + g.random.IntN(40)),
		})
	}
	return details
}

// spelled gives one of the ways to write a host name.
func spelled(random *rand.Rand, host string) string {
	switch random.IntN(4) {
	case 0:
		return strings.ToUpper(host[:1]) + host[1:]
	case 1:
		return host + "."
	default:
		return host
	}
}

// quirks sends a report for each way in which reporters differ from RFC 8460.
func (g *generator) quirks() {
	for i, q := range quirks {
		o := organizations[i%len(organizations)]
		day := Today.AddDate(0, 0, -3-i%12)
		r := reportOf(o, day)
		r.id = "quirk " + q.name
		r.quirk = q.name
		r.entries = []entry{{
			kind: "sts", lines: policy, domain: "meadow.example", mxHosts: []string{"*.meadow.example"}, successful: 100 + int64(i), failed: 7,
			details: []detail{
				{result: "certificate-expired", sendingIP: "192.0.2.7", mx: "mx1.meadow.example", sessions: 4, more: "https://example.com/why", reasonCode: "X"},
				{result: "validation-failure", sendingIP: "192.0.2.7", mx: "mx2.meadow.example", sessions: 3},
			},
		}}
		if q.means != nil {
			q.means(&r)
		}
		g.send(r, o.signer, time.Hour)
	}
}

// copies sends reports more than once, in every order that matters.
func (g *generator) copies() {
	o := organizations[0]
	for week := range 2 {
		back := 5 + 7*week
		name := fmt.Sprintf(" %d", week)

		r := toBeCopied("the same bytes on another day"+name, back)
		g.send(r, o.signer, time.Hour)
		g.send(r, o.signer, 50*time.Hour)

		r = toBeCopied("other bytes"+name, back)
		g.send(r, o.signer, time.Hour)
		g.send(r.again("second", 3), o.signer, 30*time.Hour)
		g.send(r.again("an older one", 5), o.signer, 2*time.Hour)

		r = toBeCopied("two in one moment"+name, back)
		g.send(r, o.signer, time.Hour)
		g.send(r.again("in the same moment", 3), o.signer, time.Hour)
		g.send(r.again("once more", 5), o.signer, time.Hour)

		r = toBeCopied("unsigned, then signed, same bytes"+name, back)
		g.send(r, "", time.Hour)
		g.send(r, o.signer, 26*time.Hour)

		r = toBeCopied("signed, then unsigned, same bytes"+name, back)
		g.send(r, o.signer, time.Hour)
		g.send(r, "", 26*time.Hour)

		r = toBeCopied("unsigned, then signed, other bytes"+name, back)
		g.send(r, "", time.Hour)
		g.send(r.again("signed", 7), o.signer, 2*time.Hour)

		r = toBeCopied("signed, then unsigned, other bytes"+name, back)
		g.send(r.again("signed", 7), o.signer, time.Hour)
		g.send(r, "", 40*time.Hour)

		r = toBeCopied("by two signers"+name, back)
		g.send(r, o.signer, time.Hour)
		g.send(r.again("another's word", 2), "mallory.example", 2*time.Hour)
		g.send(r.again("once more", 4), "mallory.example", 3*time.Hour)
		g.send(r.again("nobody's word", 9), "", 4*time.Hour)

		r = toBeCopied("again without one of the domains"+name, back)
		g.send(r, o.signer, time.Hour)
		shorter := r.again("shorter", 2)
		shorter.entries = shorter.entries[:1]
		g.send(shorter, o.signer, 5*time.Hour)

		r = toBeCopied("the end a second later is another report"+name, back)
		g.send(r, o.signer, time.Hour)
		r.end = r.end.Add(time.Second)
		g.send(r, o.signer, time.Hour)

		r = toBeCopied("the id of another organization"+name, back)
		g.send(r, o.signer, time.Hour)
		r.organization = "Heron Post “Ltd”"
		g.send(r, o.signer, time.Hour)

		r = toBeCopied("a fraction of a second is no other report"+name, back)
		g.send(r, o.signer, time.Hour)
		r = r.again("", 2)
		r.start = r.start.Add(999_999_999)
		g.send(r, o.signer, 3*time.Hour+time.Millisecond)
	}
}

// toBeCopied is a report about two domains, of a day so many days back.
func toBeCopied(name string, back int) report {
	r := reportOf(organizations[0], Today.AddDate(0, 0, -back))
	r.id = "copy " + name
	r.entries = []entry{
		{kind: "sts", lines: policy, domain: "dune.example", mxHosts: []string{"mx.dune.example"}, successful: 1000, failed: 10, details: []detail{
			{result: "certificate-expired", sendingIP: "192.0.2.1", mx: "mx.dune.example", sessions: 10},
		}},
		{kind: "sts", lines: policy, domain: "marsh.example", mxHosts: []string{"mx.marsh.example"}, successful: 2000, failed: 20, details: []detail{
			{result: "starttls-not-supported", sendingIP: "192.0.2.1", mx: "mx.marsh.example", sessions: 20},
		}},
	}
	return r
}

// again is another copy of a report, whose numbers tell it from the first.
func (r report) again(remark string, factor int64) report {
	r.remark = remark
	r.entries = slices.Clone(r.entries)
	for i := range r.entries {
		r.entries[i].successful *= factor
		r.entries[i].failed *= factor
	}
	return r
}

// late sends reports long after their week, and about days yet to come.
func (g *generator) late() {
	o := organizations[5]
	for i, back := range []int{4, 8, 11, 30} {
		r := reportOf(o, Today.AddDate(0, 0, -back))
		r.id = fmt.Sprintf("late %d", i)
		r.entries = []entry{{kind: "sts", lines: policy, domain: "meadow.example", successful: 5, failed: 5, details: []detail{
			{result: "validation-failure", sendingIP: "192.0.2.6", mx: "mx1.meadow.example", sessions: 5},
		}}}
		g.sendings = append(g.sendings, sending{r, o.signer, Today.Add(time.Hour)})
	}
	for _, o := range []organization{o, organizations[4]} {
		for _, ahead := range []int{3, 20} {
			r := reportOf(o, Today.AddDate(0, 0, ahead))
			r.id = fmt.Sprintf("to come in %d days", ahead)
			r.entries = []entry{{kind: "sts", lines: policy, domain: "meadow.example", successful: 5, failed: 1, details: []detail{
				{result: "sts-webpki-invalid", sendingIP: "192.0.2.6", mx: "mx1.meadow.example", sessions: 1},
			}}}
			g.sendings = append(g.sendings, sending{r, o.signer, Today.AddDate(0, 0, -1)})
		}
	}
}

// hostile sends what is meant to break something.
func (g *generator) hostile() {
	const many = 1200 // Of the largest counts do not add up to 64 bits.
	day := Today.AddDate(0, 0, -6)
	for i, text := range []string{
		`'; DROP TABLE reports; --`,
		"line\nbreak\r\n\ttab",
		"nul \x00 in it",
		`back\slash "quote" 'single'`,
		"\u202etxet thgir\u202c \u200b \u2028 \ufeff",
		"\x1b[2J\x1b]0;title\x07",
		"𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧 Ĳ İstanbul ẞ",
		"=cmd|' /C calc'!A0",
		"%s ${x} {{x}} \\N \\u0041 null",
		"",
	} {
		r := report{
			organization: text, contact: text, id: fmt.Sprintf("%d %s", i, text), start: day, end: day.Add(24 * time.Hour),
			entries: []entry{{kind: "sts", lines: policy, domain: "dune.example", mxHosts: []string{"mx.dune.example"}, successful: 1, failed: 2, details: []detail{
				{result: text, sendingIP: text, mx: text + "MX.", helo: text, receiving: text, sessions: 2, more: text, reasonCode: text},
			}}},
		}
		g.send(r, "", time.Hour)
	}
	r := report{organization: "Many", contact: "many@many.example", id: "many", start: day, end: day.Add(24 * time.Hour)}
	const largest = 1<<53 - 1
	for range many {
		r.entries = append(r.entries, entry{kind: "sts", lines: policy, domain: "flood.example", successful: largest, failed: largest, details: []detail{
			{result: "validation-failure", sessions: largest}, {result: "validation-failure", sessions: largest},
		}})
	}
	g.send(r, "", time.Hour)
}
