package digest

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"mime/quotedprintable"
)

// Options of the HTML form. The zero value is the body of a mail.
type Options struct {
	Weeks []Week // Weeks to link to, as "?week=2026-W47".
}

// Mail programs clip what is longer than some 100 kB. Some are said to count as
// it is sent, so this does.
const htmlLength = 98_000

//go:embed digest.html.tmpl
var htmlText string

var htmlTemplate = template.Must(template.New("digest").
	Funcs(template.FuncMap{"detail": newDetail, "amount": amount[int], "sentence": sentence}).
	Parse(htmlText))

// page is what the template shows.
type page struct {
	Digest
	Weeks    []Week
	Detailed []Domain // That ask for something, with their failures.
	Kinds    int      // Failures shown of each result.
	Remarks  int      // Other findings shown of each of these.
	Brief    []Domain // The rest, without them.
	InBrief  int      // Other findings shown of each of these; without any, no reporters either.
	NotShown int      // Domains for which there is no room at all.
}

// HTML writes the digest as a page that mail programs show: no script, nothing
// fetched from elsewhere, less than 100 kB even in the encoding of [Message].
func (d Digest) HTML(w io.Writer, o Options) error {
	var b bytes.Buffer
	for e := wholeExtent(); ; e = e.smaller() {
		b.Reset()
		if err := htmlTemplate.Execute(&b, d.page(e, o)); err != nil {
			return fmt.Errorf("write digest as HTML: %w", err)
		}
		if lengthAsSent(b.Bytes()) <= htmlLength || e == (extent{}) {
			break
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// lengthAsSent is that of a text in the encoding of [Message].
func lengthAsSent(text []byte) int {
	var sent bytes.Buffer
	w := quotedprintable.NewWriter(&sent)
	w.Write(text) //nolint:errcheck // A buffer takes anything.
	w.Close()     //nolint:errcheck // The same.
	return sent.Len()
}

func (d Digest) page(e extent, o Options) page {
	detailed := min(len(d.asking(Act))+len(d.asking(Look)), e.detailed)
	brief := min(len(d.Domains)-detailed, e.brief)
	return page{
		Digest:   d,
		Weeks:    o.Weeks,
		Detailed: d.Domains[:detailed],
		Kinds:    e.kinds,
		Remarks:  e.remarks,
		Brief:    d.Domains[detailed:][:brief],
		InBrief:  e.inBrief,
		NotShown: len(d.Domains) - detailed - brief,
	}
}

// BriefFailing counts the domains of which no failure is shown, though there is one.
func (p page) BriefFailing() int {
	return count(p.Brief, func(d Domain) bool { return d.has(KindFailure) })
}

// BriefReported counts the domains that have numbers to show.
func (p page) BriefReported() int {
	return count(p.Brief, func(d Domain) bool { return len(d.Results) > 0 })
}

func count(domains []Domain, which func(Domain) bool) int {
	n := 0
	for _, d := range domains {
		if which(d) {
			n++
		}
	}
	return n
}

// extent is how much a page shows.
type extent struct {
	detailed int // Domains with their failures.
	kinds    int // Failures of each result.
	remarks  int // Other findings of each of these.
	brief    int // Domains without them.
	inBrief  int // Other findings of each of these.
}

func wholeExtent() extent {
	return extent{detailed: domainsDetailed, kinds: failuresShown, remarks: remarksShown, brief: domainsShown, inBrief: remarksShown}
}

// smaller leaves out the domains with fewer failures first. The worst one stays
// as long as it can, whatever a hostile reporter adds to it.
func (e extent) smaller() extent {
	switch {
	case e.inBrief > 0:
		e.inBrief /= 4
	case e.detailed > 1:
		e.detailed = e.detailed * 7 / 8
	case e.kinds > 1:
		e.kinds, e.remarks = e.kinds/2, e.remarks/2
	case e.detailed > 0:
		e.detailed, e.kinds, e.remarks = 0, 0, 0
	default:
		e.brief /= 2
	}
	return e
}

// detail is a result with the causes to show of it.
type detail struct {
	Result  Result
	Causes  []Cause
	Unshown string
}

func newDetail(d Domain, r Result, kinds int) detail {
	return detail{r, d.Causes(r, kinds), d.Unshown(r, kinds)}
}

// Counts are the sessions of the week itself.
func (r Result) Counts() Sessions {
	return Sessions{r.Reports, r.SuccessfulSessions, r.FailedSessions}
}

// All writes how many sessions there were.
func (s Sessions) All() string { return grouped(plus(s.SuccessfulSessions, s.FailedSessions)) }

// Failed writes how many of them failed.
func (s Sessions) Failed() string { return grouped(s.FailedSessions) }

// Share writes that in percent.
func (s Sessions) Share() string {
	if s.FailedSessions == 0 {
		return "0%"
	}
	return percent(s.FailedSessions, plus(s.SuccessfulSessions, s.FailedSessions))
}
