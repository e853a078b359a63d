// Package message cuts messages into the fields of a header and a body (RFC
// 5322, section 2.1). The reader of a message and the verifier of its signature
// both cut it here, so that they see the same fields: a field that one of them
// overlooks is how a signed message is made to say something else.
package message

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// MaxHeader is the most bytes of a header that are looked at.
const MaxHeader = 128 << 10

// MaxFields is the most fields of a header. Each costs far more memory than the
// three bytes that it may have; real headers have some fifty.
const MaxFields = 1000

// ErrHeaderTooLong says that a header is over MaxHeader or MaxFields.
var ErrHeaderTooLong = fmt.Errorf("the header is over the limit of %d bytes or %d fields", MaxHeader, MaxFields)

// ErrAmbiguous says that a header has bytes in it that RFC 5322 forbids, and
// by which programs take it apart differently.
var ErrAmbiguous = errors.New("the header has a carriage return without a line feed, or a null byte, in it: programs take it apart differently")

// Message is a header and a body, which share the bytes that they were cut from.
type Message struct {
	Fields []Field // In their order. Lines that are no field are left out.
	Body   []byte
	lines  []byte // The header as it came, with the empty line at its end.
}

// Field is one field of a header.
type Field struct {
	Name string // In lower case.
	Raw  []byte // As it came, with its folds and the break at the end of its lines.
}

// Cut cuts a message. Its header ends with the first empty line, and lines may
// end with LF alone. A line of nothing but white space goes on with the field
// before it (RFC 5322, section 4.2).
//
// The error is ErrHeaderTooLong.
func Cut(raw []byte) (Message, error) {
	return cut(raw, func(line []byte) bool { return len(line) == 0 })
}

// CutPart cuts a part of a message (RFC 2045, section 3). A line of nothing but
// white space ends its header too. A part is within a signed body, and there the
// canonicalization relaxed takes both kinds of lines for the same (RFC 6376,
// section 3.4.4): were they read differently, the text of a part could be made
// into fields of its header, under the signature as it is.
func CutPart(raw []byte) (Message, error) {
	return cut(raw, func(line []byte) bool { return len(bytes.Trim(line, blanks)) == 0 })
}

const blanks = " \t"

func cut(raw []byte, isEnd func(line []byte) bool) (Message, error) {
	var m Message
	last := -1 // Index of the field that a folded line goes on with.
	start := 0 // Of that field.
	for at := 0; at < len(raw); {
		end := lineEnd(raw, at)
		if end > MaxHeader {
			return Message{}, ErrHeaderTooLong
		}
		line := withoutBreak(raw[at:end])
		switch {
		case isEnd(line):
			m.lines, m.Body = raw[:end], raw[end:]
			return m, nil
		case line[0] == ' ' || line[0] == '\t':
			if last >= 0 {
				m.Fields[last].Raw = raw[start:end:end]
			}
		default:
			last = -1
			if name, isField := nameOf(line); isField {
				if len(m.Fields) == MaxFields {
					return Message{}, ErrHeaderTooLong
				}
				last, start = len(m.Fields), at
				m.Fields = append(m.Fields, Field{Name: name, Raw: raw[at:end:end]})
			}
		}
		at = end
	}
	m.lines = raw
	return m, nil
}

// lineEnd returns where the line at a place ends, with its break.
func lineEnd(raw []byte, at int) int {
	if i := bytes.IndexByte(raw[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(raw)
}

// withoutBreak takes off the break at the end of a line. A carriage return alone
// breaks no line.
func withoutBreak(line []byte) []byte {
	if without, isBroken := bytes.CutSuffix(line, []byte("\n")); isBroken {
		return bytes.TrimSuffix(without, []byte("\r"))
	}
	return line
}

// nameOf returns the name of the field that a line begins: printable ASCII (RFC
// 5322, section 3.6.8), then maybe white space (section 4.5.3), and a colon.
func nameOf(line []byte) (string, bool) {
	before, _, found := bytes.Cut(line, []byte(":"))
	before = bytes.TrimRight(before, blanks)
	for _, c := range before {
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return strings.ToLower(string(before)), found && len(before) > 0
}

// All returns the fields of a name, which has to be in lower case.
func (m Message) All(name string) []Field {
	var fields []Field
	for _, field := range m.Fields {
		if field.Name == name {
			fields = append(fields, field)
		}
	}
	return fields
}

// Count returns the number of fields of a name, which has to be in lower case.
func (m Message) Count(name string) int { return len(m.All(name)) }

// Unambiguous returns ErrAmbiguous where programs may take the header apart
// differently, and no error otherwise.
func (m Message) Unambiguous() error {
	for at := 0; ; at++ {
		found := bytes.IndexAny(m.lines[at:], "\r\x00")
		if found < 0 {
			return nil
		}
		at += found
		if m.lines[at] == 0 || at+1 == len(m.lines) || m.lines[at+1] != '\n' {
			return ErrAmbiguous
		}
	}
}

// Text returns what the field says, unfolded (RFC 5322, section 2.2.3). White space
// is one blank each, as the canonicalization relaxed has it (RFC 6376, section
// 3.4.2): so no change that a signature lets pass changes what is read.
func (f Field) Text() string {
	_, text, _ := bytes.Cut(f.Raw, []byte(":"))
	return string(bytes.Join(bytes.FieldsFunc(text, isWhite), []byte(" ")))
}

// isWhite is what Text takes for white space: that, and the breaks of folds.
func isWhite(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }
