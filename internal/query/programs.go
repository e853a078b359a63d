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

// CSV writes the answer for spreadsheets. What a spreadsheet would take for a
// formula, a reporter's text that begins with = for one, has an apostrophe before
// it; what can't be seen is written as \u00XX. JSON has every text as it is.
func (a Answer) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(a.Columns); err != nil {
		return err
	}
	for _, row := range a.Rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = digest.Readable(Text(value), math.MaxInt)
			if !isNumber(value) && cells[i] != "" && strings.ContainsRune("=+-@", rune(cells[i][0])) {
				cells[i] = "'" + cells[i]
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

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
