package mtasts

import (
	"fmt"
	"strings"
)

// Trait is a property of a policy text on which senders differ.
type Trait string

const (
	TraitSyntax           Trait = "syntax" // Breaks the grammar in a way that no other trait explains.
	TraitByteOrderMark    Trait = "byte-order-mark"
	TraitCROnly           Trait = "cr-only"
	TraitBlankLine        Trait = "blank-line"
	TraitComment          Trait = "comment"
	TraitSpaceBeforeColon Trait = "space-before-colon"
	TraitMXTrailingDot    Trait = "mx-trailing-dot"
	TraitColonInExtension Trait = "colon-in-extension"
	TraitRepeatedField    Trait = "repeated-field"         // Of those that count once, with another value.
	TraitRepeatedInvalid  Trait = "repeated-field-invalid" // Likewise, with a value that it cannot have.
	TraitNoneWithoutMX    Trait = "none-without-mx"
	TraitMaxAgeZero       Trait = "max-age-zero"
	TraitMaxAgeUnusual    Trait = "max-age-unusual"
	TraitMaxAgeTooLong    Trait = "max-age-too-long"
	TraitOver10KiB        Trait = "over-10-kib"
	TraitOver64KiB        Trait = "over-64-kib"
)

// maxAgeUsualMin and maxAgeUsualMax bound what Stalwart takes as it is.
const (
	maxAgeUsualMin = 3600
	maxAgeUsualMax = 31557599
)

// sighting is the first place where a text has a trait.
type sighting struct {
	trait   Trait
	line    int // 0: no line in particular.
	message string
}

// scanner reads a text as the most lenient sender would: it mends the line
// under every trait it knows, notes it, and leaves the rest to the grammar.
type scanner struct {
	parser    parser
	broken    bool // The grammar has failed; what follows proves nothing about it.
	sightings []sighting
}

func scan(text string) []sighting {
	s := read(text)
	return s.sightings
}

func gist(text string) (Policy, bool) {
	s := read(text)
	return s.parser.policy, !s.broken
}

func read(text string) scanner {
	var s scanner
	s.size(len(text))
	text, marked := strings.CutPrefix(text, "\ufeff")
	if marked {
		s.note(TraitByteOrderMark, 1, "a byte order mark: save the file as UTF-8 without one")
	}
	if strings.Contains(text, "\r") && !strings.Contains(text, "\n") {
		s.note(TraitCROnly, 1, "lines that end in CR alone: end them in LF or CRLF")
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		s.line(number, trimTerminator(line))
	}
	s.finish()
	return s
}

// note keeps the first sighting of each trait: one is enough for a sender.
func (s *scanner) note(t Trait, line int, format string, args ...any) {
	for _, known := range s.sightings {
		if known.trait == t {
			return
		}
	}
	s.sightings = append(s.sightings, sighting{t, line, fmt.Sprintf(format, args...)})
}

func (s *scanner) size(n int) {
	if n > MaxPolicySize {
		s.note(TraitOver10KiB, 0, "%d bytes, over 10 KiB: shorten the policy", n)
	}
	if n > 64<<10 {
		s.note(TraitOver64KiB, 0, "%d bytes, over 64 KiB: shorten the policy", n)
	}
}

func (s *scanner) line(number int, line string) {
	switch {
	case line == "":
		s.note(TraitBlankLine, number, "a blank line: take it out")
	case strings.HasPrefix(line, "#"):
		s.note(TraitComment, number, "a comment: policies have none, take it out")
	default:
		s.field(number, line)
	}
}

func (s *scanner) field(number int, line string) {
	name, value, found := strings.Cut(line, ":")
	if trimmed := strings.TrimRight(name, " \t"); found && trimmed != name {
		s.note(TraitSpaceBeforeColon, number, "a space before the colon: take it out")
		name = trimmed
	}
	value = strings.Trim(value, " \t")
	switch name {
	case "version", "mode", "max_age":
	case "mx":
		if host, dotted := strings.CutSuffix(value, "."); dotted {
			s.note(TraitMXTrailingDot, number, "a dot at the end of the mx: take it off")
			value = host
		}
	default:
		if strings.Contains(value, ":") {
			s.note(TraitColonInExtension, number, "a colon in the value of the extension field %.40q", name)
		}
	}
	if found {
		line = name + ":" + value
	}
	s.check(s.parser.read(number, line))
}

// check takes the grammar's word on a mended line, until the first error.
func (s *scanner) check(syntax *SyntaxError) {
	if syntax != nil && !s.broken {
		s.broken = true
		s.note(TraitSyntax, syntax.Line, "%s", syntax.Message)
	}
}

// finish looks at the policy as a whole.
func (s *scanner) finish() {
	policy, syntax := s.parser.finish()
	s.check(syntax)
	if s.broken {
		return
	}
	for _, line := range s.parser.ignored {
		switch {
		case !line.isRepeat():
		case line.invalid:
			s.note(TraitRepeatedInvalid, line.line, "%s", line)
		case line.differs:
			s.note(TraitRepeatedField, line.line, "%s", line)
		}
	}
	if policy.Mode == ModeNone && len(policy.MX) == 0 {
		s.note(TraitNoneWithoutMX, s.parser.lines["/mode"], "mode none and no mx: list the hosts all the same")
	}
	line := s.parser.lines["/max_age"]
	if policy.MaxAge == 0 {
		s.note(TraitMaxAgeZero, line, "max_age 0: write at least %d", MinMaxAge)
	}
	switch {
	case policy.MaxAge > MaxMaxAge:
		s.note(TraitMaxAgeTooLong, line, "max_age %d, over %d (a year)", policy.MaxAge, MaxMaxAge)
	case policy.MaxAge < maxAgeUsualMin || policy.MaxAge > maxAgeUsualMax:
		s.note(TraitMaxAgeUnusual, line, "max_age %d, outside %d to %d", policy.MaxAge, maxAgeUsualMin, maxAgeUsualMax)
	}
}
