package tlsrpt

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Decoded is a report that was understood, and what was odd about it.
type Decoded struct {
	Report     Report
	Deviations []Deviation // A code once, in the order of their first places.
	JSON       string      // The report as sent, in its canonical form.
	Key        string      // What names it; see [Key].
}

// Decode reads the JSON of a report (RFC 8460, section 4). It takes all that
// real reporters send, and puts it right; what it understands is just what
// schemas/tlsrpt.schema.json allows. An element of "failure-details" that it
// does not understand is left out, and noted.
//
// The error is a [*LimitError] or an [*InvalidError].
func Decode(text []byte) (Decoded, error) {
	d := decoder{}
	if len(text) > MaxSize {
		return Decoded{}, errTooLarge
	}
	rest := TrimByteOrderMark(text)
	if err := checkBeginning(rest); err != nil {
		return Decoded{}, err
	}
	if err := checkLimits(rest); err != nil {
		return Decoded{}, err
	}
	canonical, err := Canonical(text)
	if err != nil {
		return Decoded{}, err
	}
	d.reader = newReader(canonical)
	defer d.release()
	if len(rest) < len(text) {
		d.deviate(DeviationByteOrderMark)
	}
	d.apart(false, d.readReport)
	if d.err != nil {
		return Decoded{}, notIJSON(d.err)
	}
	if len(d.problems) > 0 {
		return Decoded{}, &InvalidError{Problems: d.problems, IsJSON: true}
	}
	return Decoded{Report: d.report, Deviations: d.deviations, JSON: d.whole, Key: Key(canonical)}, nil
}

// checkBeginning spares whatever is no report at all the words for JSON that
// is almost one.
func checkBeginning(text []byte) error {
	text = bytes.TrimLeft(text, " \t\r\n")
	switch {
	case len(text) == 0:
		return invalid("", "there is no report: the text is empty")
	case IsGzip(text):
		return invalid("", "is no report, but gzip within gzip: compress it once")
	case text[0] != '{':
		return invalid("", fmt.Sprintf("is no report: a JSON object begins with {, this with %q", text[:1]))
	}
	return nil
}

type decoder struct {
	*reader
	report    Report
	problems  []Problem
	converted int // Policy Domains, to A-labels.
}

func (d *decoder) readReport() {
	seen, isObject := d.object(func(m member, _ memberSet) {
		switch m {
		case organizationName:
			d.report.OrganizationName = d.textValue()
		case dateRange:
			d.readDateRange()
		case contactInfo:
			d.readContactInfo()
		case reportID:
			d.report.ReportID = d.textValue()
		case policies:
			d.readPolicies()
		default:
			d.skip()
		}
	})
	if d.err != nil {
		return
	}
	if isObject {
		d.require(seen, organizationName, dateRange, reportID, policies)
		if !seen.has(contactInfo) {
			d.deviate(DeviationContactInfoMissing)
		}
	}
}

func (d *decoder) readDateRange() {
	seen, isObject := d.object(func(m member, _ memberSet) {
		switch m {
		case startDatetime:
			d.report.DateRange.Start = d.readDateTime()
		case endDatetime:
			d.report.DateRange.End = d.readDateTime()
		default:
			d.skip()
		}
	})
	if isObject {
		d.require(seen, startDatetime, endDatetime)
	}
	if d.report.DateRange.End.Before(d.report.DateRange.Start) {
		d.deviate(DeviationDateRangeReverse)
	}
}

func (d *decoder) readDateTime() time.Time {
	const should = "a date and time as in 2026-11-16T00:00:00Z"
	if d.peek() != '"' {
		d.refuse(should)
		return time.Time{}
	}
	t, zoned, ok := parseDateTime(d.unquoted())
	switch {
	case !ok:
		d.offend("", "must be "+should)
	case !zoned:
		d.deviate(DeviationDateWithoutZone)
	}
	return t
}

func (d *decoder) readContactInfo() {
	if d.null() {
		d.deviate(DeviationContactInfoMissing)
		return
	}
	if d.peek() != '"' {
		d.refuse("a text or null")
		return
	}
	d.report.ContactInfo = d.textValue()
	switch {
	case d.report.ContactInfo == "":
		d.deviate(DeviationContactInfoMissing)
	case strings.ContainsAny(d.report.ContactInfo, ": ") || !strings.Contains(d.report.ContactInfo, "@"):
		d.deviate(DeviationContactInfoNotAddress)
	}
}

func (d *decoder) readPolicies() {
	switch d.peek() {
	case '[':
		d.array(d.addPolicyResult)
		if len(d.report.Policies) == 0 && len(d.problems) == 0 {
			d.deviate(DeviationPoliciesEmpty)
		}
	case '{':
		d.addPolicyResult()
		d.deviate(DeviationPoliciesObject)
	default:
		d.refuse("an array")
	}
}

// apart reads a piece whose faults are not those of what surrounds it, and
// says whether it has any.
func (d *decoder) apart(untold bool, read func()) (isWrong bool) {
	outer, outerIsWrong, outerUntold := d.wrong, d.isWrong, d.untold
	d.isWrong, d.untold = false, untold
	read()
	if isWrong = d.isWrong; isWrong && !untold && len(d.problems) < MaxProblems {
		d.problems = append(d.problems, d.wrong)
	}
	d.wrong, d.isWrong, d.untold = outer, outerIsWrong, outerUntold
	return isWrong
}

// require offends for each member that the object just read should have had.
func (d *decoder) require(seen memberSet, members ...member) {
	for _, m := range members {
		if !seen.has(m) {
			d.offend("/"+memberNames[m], "is missing")
		}
	}
}
