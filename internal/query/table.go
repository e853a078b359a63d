package query

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"sealpost/internal/digest"
)

// maxCell is how many characters of a text a table shows.
const maxCell = 64 // A report_key, whole.

// Table writes the answer for people: as a table, or where there is one row, whole, a
// line for each column. What reporters wrote is made safe for a terminal.
func (a Answer) Table(w io.Writer) error {
	out := bufio.NewWriter(w)
	switch len(a.Rows) {
	case 0:
		fmt.Fprintln(out, "No rows.")
	case 1:
		a.writeRow(out)
	default:
		a.writeTable(out)
	}
	return out.Flush()
}

func (a Answer) writeRow(w io.Writer) {
	widest := 0
	for _, name := range a.Columns {
		widest = max(widest, utf8.RuneCountInString(name))
	}
	for i, name := range a.Columns {
		line := fmt.Sprintf("%-*s  %s", widest, digest.Readable(name, maxCell), digest.Readable(Text(a.Rows[0][i]), math.MaxInt))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func (a Answer) writeTable(w io.Writer) {
	cells := make([][]string, 0, len(a.Rows)+1)
	cells = append(cells, slices.Clone(a.Columns))
	for _, row := range a.Rows {
		texts := make([]string, len(row))
		for i := range row {
			texts[i] = Text(row[i])
		}
		cells = append(cells, texts)
	}
	widths := make([]int, len(a.Columns))
	for _, row := range cells {
		for i := range row {
			row[i] = digest.Readable(row[i], maxCell)
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range cells {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if a.isOfNumbers(i) {
				line.WriteString(padding + cell)
			} else {
				line.WriteString(cell + padding)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
	fmt.Fprintf(w, "\n%d rows.\n", len(a.Rows))
}

// isOfNumbers says whether a column has numbers, which stand to the right.
func (a Answer) isOfNumbers(column int) bool {
	for _, row := range a.Rows {
		if row[column] != nil {
			return isNumber(row[column])
		}
	}
	return false
}

func isNumber(value any) bool {
	switch value.(type) {
	case json.Number, float32, float64:
		return true
	default:
		return false
	}
}
