package duckdb

import (
	"regexp"
	"strings"
)

// typeName is a type as DuckDB names it: VARCHAR, DATE[], STRUCT(a DATE, "b c" UUID).
type typeName string

// quotedOrJSON finds the type JSON, and what stands in quotes, which is no type.
// A member's name that has capital letters is always quoted.
var quotedOrJSON = regexp.MustCompile(`"[^"]*"|'[^']*'|\bJSON\b`)

func (t typeName) hasJSON() bool {
	return t.withText() != t
}

// withText has VARCHAR in the place of JSON.
func (t typeName) withText() typeName {
	return typeName(quotedOrJSON.ReplaceAllStringFunc(string(t), func(found string) string {
		if found == "JSON" {
			return "VARCHAR"
		}
		return found
	}))
}

// ofArray finds the end of an array's name, and of a list's.
var ofArray = regexp.MustCompile(`\[\d*\]$`)

// element is the type of the elements of a list or an array.
func (t typeName) element() typeName {
	return typeName(ofArray.ReplaceAllString(string(t), ""))
}

// entry gives the types of the keys and of the values of a map.
func (t typeName) entry() (key, value typeName) {
	parts := t.parts()
	if len(parts) != 2 {
		return "", ""
	}
	return typeName(parts[0]), typeName(parts[1])
}

// member is the type of a member of a struct or a union. Its name need not be
// quoted.
func (t typeName) member(name string) typeName {
	quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	for _, part := range t.parts() {
		for _, written := range []string{quoted, name} {
			if rest, is := strings.CutPrefix(part, written+" "); is {
				return typeName(rest)
			}
		}
	}
	return ""
}

// parts splits what stands in parentheses. Commas of parts within parts, of quoted
// names and of the values of an ENUM are theirs.
func (t typeName) parts() []string {
	_, text, _ := strings.Cut(strings.TrimSuffix(string(t), ")"), "(")
	var parts []string
	begin, depth := 0, 0
	var quote rune // That is open.
	for i, c := range text {
		switch {
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '"', c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, text[begin:i])
			begin = i + len(", ")
		}
	}
	return append(parts, text[begin:])
}
