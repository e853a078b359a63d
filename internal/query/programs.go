package query

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"sealpost/internal/digest"
)

// CSV writes the answer for spreadsheets. A text that one would take for a formula,
// such as a reporter's that begins with =, gets an apostrophe before it. Invisible
// characters are written as \u00XX. Numbers stay numbers. JSON has every text as it
// is.
func (a Answer) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	names := make([]string, len(a.Columns))
	for i, name := range a.Columns { // PIVOT makes names of what reporters wrote.
		names[i] = csvText(name)
	}
	if err := out.Write(names); err != nil {
		return err
	}
	for _, row := range a.Rows {
		cells := make([]string, len(row))
		for i, value := range row {
			if cells[i] = Text(value); !isNumber(value) {
				cells[i] = csvText(cells[i])
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvText(text string) string { return digest.Readable(escapedFormulas(text), math.MaxInt) }

// JSON writes the answer for programs: a list of objects, one a line. No two
// columns may have one name: of two such members most programs see the last.
func (a Answer) JSON(w io.Writer) error {
	for i, name := range a.Columns {
		if slices.Contains(a.Columns[:i], name) {
			return fmt.Errorf("two columns are named %q, which JSON has no place for: give one another name by AS", name)
		}
	}
	out := bufio.NewWriter(w)
	out.WriteString("[") //nolint:errcheck // Flush gives the error.
	for n, row := range a.Rows {
		if n > 0 {
			out.WriteString(",") //nolint:errcheck // As above.
		}
		out.WriteString("\n{") //nolint:errcheck // As above.
		for i, value := range row {
			if i > 0 {
				out.WriteString(",") //nolint:errcheck // As above.
			}
			name, err := json.Marshal(a.Columns[i])
			if err != nil {
				return err
			}
			text, err := json.Marshal(value)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s:%s", escaped(name), escaped(text))
		}
		out.WriteString("}") //nolint:errcheck // As above.
	}
	out.WriteString("\n]\n") //nolint:errcheck // As above.
	return out.Flush()
}

// escaped writes what can't be seen the other way that JSON has for it: it would
// steer the terminal of whoever looks at it.
func escaped(jsonText []byte) string {
	s := string(jsonText)
	if !strings.ContainsFunc(s, isHidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !isHidden(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func isHidden(r rune) bool { return !unicode.IsPrint(r) }
