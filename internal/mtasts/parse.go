package mtasts

import (
	"fmt"
	"regexp"
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
	policy Policy
	lines  map[string]int // Line of each field read, by the names of [Problem.Field].
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
	name, value, found := strings.Cut(line, ":")
	value = strings.Trim(value, " \t")
	message := ""
	switch {
	case line == "":
		message = "the line is blank: take it out"
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
	// RFC 8461, section 3.2: only the first of a repeated field counts.
	if p.lines[key] != 0 {
		return ""
	}
	switch name {
	case "version":
		if value != version {
			return fmt.Sprintf("the version is %.60q: it must be %s", value, version)
		}
	case "mode":
		p.policy.Mode = Mode(value)
		if !p.policy.Mode.Known() {
			return fmt.Sprintf("the mode is %.60q: it must be enforce, testing or none", value)
		}
	case "mx":
		if !mxValue.MatchString(value) {
			return fmt.Sprintf("%.60q is not an MX pattern: write a host name, or *. and a domain", value)
		}
		p.policy.MX = append(p.policy.MX, value)
	case "max_age":
		if !maxAgeValue.MatchString(value) {
			return fmt.Sprintf("max_age is %.60q: write seconds, up to ten digits", value)
		}
		p.policy.MaxAge, _ = strconv.Atoi(value) // Ten digits fit.
	default:
		return "" // RFC 8461, section 3.2: unknown fields are ignored.
	}
	p.mark(key, number)
	return ""
}

func (p *parser) mark(key string, number int) {
	if p.lines == nil {
		p.lines = make(map[string]int)
	}
	p.lines[key] = number
}

// finish checks that all required fields were there.
func (p *parser) finish() (Policy, *SyntaxError) {
	for _, name := range []string{"version", "mode", "max_age"} {
		if p.lines["/"+name] == 0 {
			return Policy{}, &SyntaxError{Message: fmt.Sprintf("the field %q is missing", name)}
		}
	}
	if len(p.policy.MX) == 0 && p.policy.Mode != ModeNone {
		return Policy{}, &SyntaxError{Message: fmt.Sprintf("mode %s needs at least one mx field", p.policy.Mode)}
	}
	return p.policy, nil
}
