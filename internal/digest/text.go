package digest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// textWidth is what mail and terminals show without wrapping.
	textWidth = 78
	// These are for a reader; the digest holds them all for programs.
	domainsShown    = 100
	domainsDetailed = 25 // Shown with their failures.
)

// Text writes the digest as plain text of at most 78 columns.
func (d Digest) Text(w io.Writer) error {
	var t text
	t.paragraph("", d.Headline())
	t.paragraph("", fmt.Sprintf("TLS reports of week %s, %s (UTC). %s", d.Week, d.Span(), d.Basis()))
	shown := d.Domains[:min(len(d.Domains), domainsShown)]
	t.domains(shown, Failing)
	t.domains(shown, SaidToFail)
	t.silent(shown)
	t.domains(shown, NoFailure)
	if left := len(d.Domains) - len(shown); left > 0 {
		t.heading(amount(left, "more domain"))
		t.paragraph("", "They are left out here; sealpost digest -json has them.")
	}
	if notes := d.Notes(); len(notes) > 0 {
		t.heading("How to read this")
		for _, note := range notes {
			t.item("- ", note)
		}
	}
	_, err := w.Write(t.Bytes())
	return err
}

// text is a plain text in the making.
type text struct {
	bytes.Buffer
	detailed int // Domains shown with their failures.
}

func (t *text) domains(list []Domain, s Standing) {
	for _, d := range list {
		if d.Standing != s {
			continue
		}
		t.heading(d.PolicyDomain + ": " + s.Words())
		for _, r := range d.Results {
			t.result(r)
		}
		t.detailed++
	}
}

// silent lists the domains that there is nothing else to say about.
func (t *text) silent(list []Domain) {
	list = slices.DeleteFunc(slices.Clone(list), func(d Domain) bool { return d.Standing != NoReport })
	if len(list) == 0 {
		return
	}
	t.heading("No report")
	for _, d := range list {
		t.item("", d.PolicyDomain)
	}
	t.WriteByte('\n')
}

func (t *text) result(r Result) {
	t.item("", fmt.Sprintf("%s: %s.", r.Title(), r.Sessions()))
	t.item("  ", "Reported by "+r.ReportedBy()+".")
	if t.detailed < domainsDetailed {
		t.details(r)
	} else if r.fails() {
		t.item("  ", "The failures are left out here; sealpost digest -json has them.")
	}
	t.WriteByte('\n')
}

func (t *text) details(r Result) {
	for _, c := range r.Causes(failuresShown) {
		t.WriteByte('\n')
		t.cause(c)
	}
	for _, s := range []string{r.Unshown(failuresShown), r.Undetailed()} {
		if s != "" {
			t.WriteByte('\n')
			t.item("  ", s)
		}
	}
}

func (t *text) cause(c Cause) {
	t.item("  ", c.Name())
	t.item("  ", c.Meaning.What+" "+c.Meaning.Do)
	for _, f := range c.Failures {
		t.item("  * ", fmt.Sprintf("%s: %s, %s", f.MX(), amount(f.FailedSessions, "session"), f.Days()))
		t.item("    ", "seen by "+f.SeenBy())
		if example := f.Example.String(); example != "" {
			t.item("    ", "for example "+example)
		}
	}
}

func (t *text) heading(s string) {
	lines := Wrapped(s, textWidth)
	for _, line := range lines {
		t.WriteString(line + "\n")
	}
	underline := utf8.RuneCountInString(lines[0])
	t.WriteString(strings.Repeat("-", underline) + "\n")
}

// paragraph is an item with space after it.
func (t *text) paragraph(lead, s string) {
	t.item(lead, s)
	t.WriteByte('\n')
}

// item writes s after the lead, and further lines below s.
func (t *text) item(lead, s string) {
	indent := strings.Repeat(" ", len(lead))
	for i, line := range Wrapped(s, textWidth-len(lead)) {
		if i > 0 {
			lead = indent
		}
		t.WriteString(lead + line + "\n")
	}
}

// Wrapped breaks s into lines at its spaces, and in a word only where the word
// alone is too long for a line. There is at least one line.
func Wrapped(s string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > width {
			lines, line, used = append(lines, line), "", 0
		}
		for ; n > width; n -= width {
			head := string([]rune(word)[:width])
			lines, word = append(lines, head), word[len(head):]
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}
