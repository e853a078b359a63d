package digest

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

// Options of the HTML form. The zero value is the body of a mail.
type Options struct {
	Weeks []Week // Weeks to link to, as "?week=2026-W47".
}

// Mail programs clip what is longer than some 100 kB.
const htmlLength = 95_000

//go:embed digest.html.tmpl
var htmlText string

var htmlTemplate = template.Must(template.New("digest").
	Funcs(template.FuncMap{"detail": newDetail, "barOf": barOf, "grouped": grouped, "amount": amount[int]}).
	Parse(htmlText))

// page is what the template shows.
type page struct {
	Digest
	Weeks    []Week
	Detailed []Domain // That ask for something, with their failures.
	Kinds    int      // Failures shown of each result.
	Remarks  int      // Other findings shown of each of these.
	Brief    []Domain // The rest, a row each.
	InBrief  int      // Other findings shown of each of these.
	NotShown int      // Domains for which there is no room at all.
}

// HTML writes the digest as a page that mail programs show: no script, nothing
// fetched from elsewhere, less than 100 kB.
func (d Digest) HTML(w io.Writer, o Options) error {
	var b bytes.Buffer
	for e := wholeExtent(); ; e = e.smaller() {
		b.Reset()
		if err := htmlTemplate.Execute(&b, d.page(e, o)); err != nil {
			return fmt.Errorf("write digest as HTML: %w", err)
		}
		if b.Len() <= htmlLength || e == (extent{}) {
			break
		}
	}
	_, err := w.Write(b.Bytes())
	return err
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

// extent is how much a page shows.
type extent struct {
	detailed int // Domains with their failures.
	kinds    int // Failures of each result.
	remarks  int // Other findings of each of these.
	brief    int // Domains with a row each.
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
		e.detailed = e.detailed * 3 / 4
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

// bar is a failure with the length of its bar in percent.
type bar struct {
	Failure       Failure
	Authenticated bool
	Percent       int
}

// barOf measures by the largest failure of the result, which has 100 percent:
// beside the sessions that succeeded no failure would be seen.
func barOf(d detail, f Failure) bar {
	percent, most := 1, int64(0)
	for _, c := range d.Causes {
		for _, f := range c.Failures {
			most = max(most, f.FailedSessions)
		}
	}
	if most > 0 {
		percent = max(1, int(100*float64(f.FailedSessions)/float64(most)))
	}
	return bar{f, d.Result.Authenticated(), percent}
}
