package mtasts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// version is the only one there is (RFC 8461, sections 3.1 and 3.2).
const version = "STSv1"

// SyntaxError says where and why a policy text breaks the grammar of RFC 8461,
// section 3.2. Line is 0 where no line is to blame.
type SyntaxError struct {
	Line    int
	Message string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

// Parse reads a policy by the grammar of RFC 8461, section 3.2, and demands
// nothing else; [Policy.Check] says whether it may be published. The error is
// a [*SyntaxError]. The caller limits the size of the text.
func Parse(text []byte) (Policy, error) {
	var p parser
	policy, syntax := p.parse(string(text))
	if syntax != nil {
		return Policy{}, syntax
	}
	return policy, nil
}

// trimTerminator takes LF or CRLF from the end. A bare CR is not a terminator.
func trimTerminator(line string) string {
	if s, ok := strings.CutSuffix(line, "\n"); ok {
		return strings.TrimSuffix(s, "\r")
	}
	return line
}

// parser collects the fields of a policy line by line.
type parser struct {
	policy  Policy
	count   int               // Of lines.
	lines   map[string]int    // Line of each field read, by the names of [Problem.Field].
	values  map[string]string // Of each, likewise.
	ignored []ignored
}

// ignored is a line that counts for nothing, and was meant to: the first of its
// kind.
type ignored struct {
	line    int
	key     string // Of the field that it was meant for.
	name    string // As it stands there.
	differs bool   // From what counts in its place.
	invalid bool   // Its value is none for that field.
}

// isRepeat tells a field that is there already from a name that is misspelt.
func (i ignored) isRepeat() bool { return i.key == "/"+i.name }

// String says what is there, and how to mend it.
func (i ignored) String() string {
	switch {
	case !i.isRepeat():
		return fmt.Sprintf("%q counts for nothing: names are in lower case (RFC 8461, section 3.2), write %q", i.name, i.key[1:])
	case i.invalid:
		return fmt.Sprintf("a second %s, with a value that it cannot have: only the first counts (RFC 8461, section 3.2), take this one out", i.name)
	case i.differs:
		return fmt.Sprintf("a second %s, with another value: only the first counts (RFC 8461, section 3.2), take this one out", i.name)
	default:
		return fmt.Sprintf("a second %s: only the first counts (RFC 8461, section 3.2), take this one out", i.name)
	}
}

// The pieces of the grammar, in its own terms.
var (
	extName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$`)
	mxValue     = regexp.MustCompile(`^(\*\.)?` + subDomain + `(\.` + subDomain + `)*$`)
	maxAgeValue = regexp.MustCompile(`^[0-9]{1,10}$`)
)

// subDomain is a label of a Domain (RFC 5321, section 4.1.2).
const subDomain = `[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?`

func (p *parser) parse(text string) (Policy, *SyntaxError) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		if err := p.read(number, trimTerminator(line)); err != nil {
			return Policy{}, err
		}
	}
	return p.finish()
}

// read takes one line, without its terminator.
func (p *parser) read(number int, line string) *SyntaxError {
	p.count++
	name, value, found := strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	message := ""
	switch {
	case line == "":
		message = "the line is blank: take it out"
	case strings.Contains(line, "\x00"): // Some editors write UTF-16 where they are asked for Unicode.
		message = "bytes that are 0, as text in UTF-16 has: save the file as UTF-8"
	case strings.Contains(line, "\r"):
		message = "a CR that no LF follows: end each line in LF or CRLF"
	case !found:
		message = fmt.Sprintf("%.60q has no colon: write it as name: value", line)
	case !extName.MatchString(name):
		message = fmt.Sprintf("%.60q is not a field name: letters, digits, _, - and . only, up to the colon", name)
	case !isExtValue(value):
		message = fmt.Sprintf("the value of %q is empty, has a control character, or is not UTF-8", name)
	default:
		message = p.field(number, name, value)
	}
	if message != "" {
		return &SyntaxError{Line: number, Message: message}
	}
	return nil
}

// isExtValue reports whether s is an sts-policy-ext-value. What the other fields may
// hold is a part of that.
func isExtValue(s string) bool {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

// field takes one field of the shape of an extension and returns what is wrong
// with it.
func (p *parser) field(number int, name, value string) string {
	key := "/" + name
	if name == "mx" {
		key = mxField(len(p.policy.MX))
	}
	wrong := wrongValue(name, value)
	switch {
	case p.lines[key] != 0: // RFC 8461, section 3.2: only the first of a repeated field counts.
		p.ignore(ignored{number, key, name, p.values[key] != value, wrong != ""})
		return ""
	case slices.Contains(fields, name):
		p.set(name, value)
		p.mark(key, number, value)
		return wrong
	case slices.Contains(fields, strings.ToLower(name)):
		p.ignore(ignored{number, "/" + strings.ToLower(name), name, true, false})
		return ""
	default: // RFC 8461, section 3.2: unknown fields are ignored.
		return ""
	}
}

func (p *parser) set(name, value string) {
	switch name {
	case "mode":
		p.policy.Mode = Mode(value)
	case "mx":
		p.policy.MX = append(p.policy.MX, value)
	case "max_age":
		p.policy.MaxAge, _ = strconv.Atoi(value) // Ten digits fit.
	}
}

// wrongValue says what is wrong with the value of a field.
func wrongValue(name, value string) string {
	switch {
	case name == "version" && value != version:
		return fmt.Sprintf("the version is %.60q: it must be %s", value, version)
	case name == "mode" && !Mode(value).Known():
		return fmt.Sprintf("the mode is %.60q: it must be enforce, testing or none", value)
	case name == "mx" && !mxValue.MatchString(value):
		return fmt.Sprintf("%.60q is not an MX pattern: write a host name, or *. and a domain", value)
	case name == "max_age" && !maxAgeValue.MatchString(value):
		return fmt.Sprintf("max_age is %.60q: write seconds, up to ten digits", value)
	default:
		return ""
	}
}

// fields are those that the standard defines.
var fields = []string{"version", "mode", "max_age", "mx"}

func (p *parser) mark(key string, number int, value string) {
	if p.lines == nil {
		p.lines, p.values = make(map[string]int), make(map[string]string)
	}
	p.lines[key], p.values[key] = number, value
}

// ignore notes the first line of each kind.
func (p *parser) ignore(line ignored) {
	for _, known := range p.ignored {
		if known.key == line.key && known.isRepeat() == line.isRepeat() && known.differs == line.differs && known.invalid == line.invalid {
			return
		}
	}
	p.ignored = append(p.ignored, line)
}

// finish checks that all required fields were there.
func (p *parser) finish() (Policy, *SyntaxError) {
	if p.count == 0 {
		return Policy{}, &SyntaxError{Message: "there is nothing in it: a policy has the fields version, mode, mx and max_age"}
	}
	for _, name := range []string{"version", "mode", "max_age"} {
		if p.lines["/"+name] == 0 {
			return Policy{}, p.missing(name, fmt.Sprintf("the field %q is missing", name))
		}
	}
	if len(p.policy.MX) == 0 && p.policy.Mode != ModeNone {
		return Policy{}, p.missing("mx", fmt.Sprintf("mode %s needs at least one mx field", p.policy.Mode))
	}
	return p.policy, nil
}

// missing names the line that was meant for a field, if there is one.
func (p *parser) missing(name, message string) *SyntaxError {
	for _, line := range p.ignored {
		if line.key == "/"+name {
			return &SyntaxError{line.line, fmt.Sprintf("%s, and %s", message, line)}
		}
	}
	return &SyntaxError{Message: message}
}
