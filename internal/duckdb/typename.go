package duckdb

import (
	"regexp"
	"strings"
)

// typeName is a type as DuckDB names it: VARCHAR, DATE[], STRUCT("a" DATE, "b" UUID).
type typeName string

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

// member is the type of a member of a struct or a union.
func (t typeName) member(name string) typeName {
	quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `" `
	for _, part := range t.parts() {
		if rest, is := strings.CutPrefix(part, quoted); is {
			return typeName(rest)
		}
	}
	return ""
}

// parts splits what stands in parentheses. Commas of parts within parts and of
// quoted names are theirs.
func (t typeName) parts() []string {
	_, text, _ := strings.Cut(strings.TrimSuffix(string(t), ")"), "(")
	var parts []string
	begin, depth, isQuoted := 0, 0, false
	for i, c := range text {
		switch {
		case c == '"':
			isQuoted = !isQuoted
		case isQuoted:
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
