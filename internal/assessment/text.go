package assessment

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"sealpost/internal/mtasts"
	"sealpost/internal/wrap"
)

// Text writes an assessment for people, in lines of at most 78 columns: first
// what to do, then what was seen.
func (a Assessment) Text(w io.Writer) error {
	var t text
	t.heading(a.Domain + ": " + a.Verdict.words(a.Wrong()))
	t.item("", a.Summary())
	number := 0
	for _, p := range a.Problems {
		if p.Severity != CostsNothing {
			number++
			t.problem(fmt.Sprintf("%d. ", number), p)
		}
	}
	t.unknown(a.Unknown)
	t.advice(a.Problems)
	t.seen(a)
	_, err := w.Write(t.Bytes())
	return err
}

func (v Verdict) words(wrong int) string {
	switch v {
	case Mend:
		return fmt.Sprintf("%d to mend", wrong)
	default:
		return strings.ReplaceAll(string(v), "-", " ")
	}
}

// Summary says in a few words where the domain stands.
func (a Assessment) Summary() string {
	switch {
	case a.Verdict == Enforcing:
		return "Mode enforce is on, and everything that senders look at is right."
	case a.Verdict == ReadyToEnforce:
		return "Mode testing is on, and everything that senders look at is right. Set mode enforce once a week's TLS reports tell of no failure."
	case a.Verdict == ReadyToTest:
		return "There is no MTA-STS yet, and nothing stands in the way of a policy in mode testing."
	case a.Verdict == Off && a.Mode == mtasts.ModeNone:
		return "Mode none is on: senders are told that there is no policy any more. Nothing is wrong with that."
	case a.Verdict == Off:
		return "The domain takes no mail, so there is nothing to protect."
	case a.Verdict == CouldNotTell:
		return "Nothing wrong was seen, but not everything could be looked at from here."
	case a.Problems[0].Code == MXNotCoveredKept:
		return "Senders may hold a policy from before that stops mail."
	case slices.Contains([]Code{DomainNotFound, MXNone, MXLoop}, a.Problems[0].Code):
		return "No mail can be sent to it."
	case slices.Contains([]Code{MXNoAddress, MXIsAddress, MXNotPublic, MXNullBeside}, a.Problems[0].Code):
		return "Some senders cannot deliver to it, whatever the mode."
	case a.Problems[0].Code == RecordMissing && len(a.Seen.PolicyHost.Addresses.List) == 0:
		return "There is no MTA-STS yet, and there is more to mend or to find out before a policy in mode testing."
	default:
		return a.Problems[0].Severity.words(a.Mode)
	}
}

// words says where a domain stands whose worst problem costs so much.
func (s Severity) words(mode mtasts.Mode) string {
	switch {
	case s == CostsMail && mode == mtasts.ModeEnforce:
		return "Mode enforce is on, and senders that keep to it hold mail back."
	case s == CostsMail && mode == mtasts.ModeTesting:
		return "Mode testing is on, which stops no mail. Mode enforce would."
	case s == CostsMail:
		return "Mode enforce would stop mail."
	case s == CostsProtection:
		return "Mail flows, but not every sender can keep to the policy."
	case s == CostsReports:
		return "Senders can keep to the policy, but nobody would tell you if they fail."
	default:
		return "All is right today, but will not be for long."
	}
}

// Subject is what a problem is about.
func (p Problem) Subject() string { return subject(p.Host, p.Addresses) }

func subject(host string, addresses []netip.Addr) string {
	if len(addresses) == 0 {
		return host
	}
	return host + " [" + strings.Join(texts(addresses), ", ") + "]"
}

func texts(addresses []netip.Addr) []string {
	var all []string
	for _, address := range addresses {
		all = append(all, address.String())
	}
	return all
}

// text is one in the making.
type text struct{ bytes.Buffer }

func (t *text) problem(lead string, p Problem) {
	indent := strings.Repeat(" ", len(lead))
	t.WriteByte('\n')
	t.item(lead, p.Subject()+":")
	t.item(indent, p.What+" ("+string(p.Code)+")")
	t.item(indent+"Seen     ", p.Seen)
	t.item(indent+"Effect   ", p.Effect)
	t.item(indent+"Mend     ", p.Mend)
}

func (t *text) unknown(all []Unknown) {
	if len(all) == 0 {
		return
	}
	t.section("Could not tell")
	for _, u := range all {
		t.item("- ", subject(u.Host, u.Addresses)+":")
		t.item("  ", u.Seen+" "+u.Do)
	}
}

func (t *text) advice(all []Problem) {
	begun := false
	for _, p := range all {
		if p.Severity != CostsNothing {
			continue
		}
		if !begun {
			t.section("No fault, but could be better")
			begun = true
		}
		t.item("- ", fmt.Sprintf("%s: %s (%s). %s %s", p.Subject(), p.What, p.Code, p.Seen, p.Mend))
	}
}

func (t *text) heading(s string) {
	t.item("", s)
	t.WriteString(strings.Repeat("=", min(utf8.RuneCountInString(s), wrap.Width)) + "\n")
}

func (t *text) section(s string) {
	fmt.Fprintf(t, "\n%s\n%s\n", s, strings.Repeat("-", utf8.RuneCountInString(s)))
}

// item writes s after the lead, and further lines below s. Whatever hosts have
// said in it, a terminal can be given it.
func (t *text) item(lead, s string) {
	wrap.Hang(t, lead, strings.Map(visible, s))
}

func visible(r rune) rune {
	if unicode.IsPrint(r) || unicode.IsSpace(r) {
		return r
	}
	return unicode.ReplacementChar
}

// Table writes a line for each of many domains, short enough for a terminal.
func Table(w io.Writer, all []Assessment) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DOMAIN\tVERDICT\tMODE\tWORST")
	for _, a := range all {
		worst := ""
		switch {
		case a.Wrong() > 0:
			worst = string(a.Problems[0].Code)
		case len(a.Unknown) > 0:
			worst = notSeen
		}
		mode := string(a.Mode)
		if mode == "" {
			mode = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Domain, a.Verdict.words(a.Wrong()), mode, worst)
	}
	return table.Flush()
}
