package assessment

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

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
