package digest

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"sealpost/internal/wrap"
)

const (
	// These are for a reader; the digest holds them all for programs.
	domainsShown    = 100
	domainsDetailed = 25 // Shown with their failures.
)

// Text writes the digest as plain text of at most 78 columns: first the domains
// that ask for something, each with its findings, then the others.
func (d Digest) Text(w io.Writer) error {
	var t text
	t.paragraph("", d.Headline())
	t.paragraph("", fmt.Sprintf("TLS reports of week %s, %s (UTC). %s", d.Week, d.Span(), d.Basis()))
	asking := len(d.asking(Act)) + len(d.asking(Look))
	shown := d.Domains[:min(len(d.Domains), domainsShown)]
	for i, domain := range shown[:min(asking, len(shown))] {
		t.domain(domain, i < domainsDetailed)
	}
	t.others(shown[min(asking, len(shown)):], asking > 0)
	if left := len(d.Domains) - len(shown); left > 0 {
		t.heading(amount(left, "more domain"))
		t.paragraph("", "They are left out here; sealpost digest -json has them.")
	}
	t.besides(d.Findings)
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
}

// domain writes all about a domain, or without its failures.
func (t *text) domain(d Domain, detailed bool) {
	t.heading(d.Title() + ": " + d.Verdict())
	for _, r := range d.Results {
		t.item("", fmt.Sprintf("%s: %s. %s", r.Title(), r.Sessions(), r.WeekBefore()))
		t.item("  ", "Reported by "+r.ReportedBy()+".")
		if detailed {
			t.details(d, r)
		} else if len(d.failures(r)) > 0 {
			t.item("  ", "The failures are left out here; sealpost digest -json has them.")
		}
		t.WriteByte('\n')
	}
	t.remarks("", d)
	if len(d.remarks()) > 0 {
		t.WriteByte('\n')
	}
}

func (t *text) remarks(lead string, d Domain) {
	for _, f := range d.Remarks(remarksShown) {
		t.item(lead+"- ", f.Text())
	}
	if more := d.MoreRemarks(remarksShown); more != "" {
		t.item(lead+"- ", more)
	}
}

// others writes the domains that ask for nothing, with a line or two each.
func (t *text) others(domains []Domain, more bool) {
	if len(domains) == 0 {
		return
	}
	if more {
		t.heading("Other domains")
	}
	for _, d := range domains {
		t.item("", d.Title()+": "+d.Verdict())
		for _, r := range d.Results {
			t.item("  ", fmt.Sprintf("%s: %s. %s", r.Title(), r.Sessions(), r.WeekBefore()))
			t.item("  ", "Reported by "+r.ReportedBy()+".")
		}
		t.remarks("  ", d)
	}
	t.WriteByte('\n')
}

// besides writes what is about no domain alone.
func (t *text) besides(findings []Finding) {
	if len(findings) == 0 {
		return
	}
	t.heading("Besides")
	for _, f := range findings {
		t.item("- ", f.Text())
	}
	t.WriteByte('\n')
}

func (t *text) details(d Domain, r Result) {
	for _, c := range d.Causes(r, failuresShown) {
		t.WriteByte('\n')
		t.cause(c)
	}
	if s := d.Unshown(r, failuresShown); s != "" {
		t.WriteByte('\n')
		t.item("  ", s)
	}
}

func (t *text) cause(c Cause) {
	t.item("  ", c.Name())
	t.item("  ", c.Meaning.What+" "+c.Meaning.Do)
	for _, f := range c.Failures {
		t.item("  * ", fmt.Sprintf("%s: %s; %s", f.MX(), f.Failed(), f.Course()))
		t.item("    ", strings.TrimSuffix(f.Days()+"; "+f.Daily(), "; "))
		t.item("    ", "seen by "+f.SeenBy())
		if example := f.Example.String(); example != "" {
			t.item("    ", "for example "+example)
		}
	}
}

func (t *text) heading(s string) {
	lines := wrap.Lines(s, wrap.Width)
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
	wrap.Hang(t, lead, s)
}
