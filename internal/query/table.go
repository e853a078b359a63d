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

// Table writes the answer for people: as a table, or where that is wider than a
// line, row by row with a line for each column. One row is shown so too, whole. A
// width of 0 is any. What reporters wrote is made safe for a terminal.
func (a Answer) Table(w io.Writer, width int) error {
	out := bufio.NewWriter(w)
	switch len(a.Rows) {
	case 0:
		fmt.Fprintln(out, "No rows.")
	case 1:
		writeRecord(out, a.cells(math.MaxInt), 0)
	default:
		cells := a.cells(maxCell)
		if widths := widthsOf(cells); width > 0 && lineWidth(widths) > width {
			for row := range a.Rows {
				writeRecord(out, cells, row)
				fmt.Fprintln(out)
			}
		} else {
			a.writeTable(out, cells, widths)
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%d rows.\n", len(a.Rows))
		if !slices.EqualFunc(cells, a.cells(math.MaxInt), slices.Equal) {
			fmt.Fprintf(out, "Of texts the first %d characters are shown; -json has them whole, as they were sent.\n", maxCell)
		}
	}
	return out.Flush()
}

// cells gives the names of the columns, and each row below them, as texts of so
// many characters at most.
func (a Answer) cells(longest int) [][]string {
	cells := [][]string{make([]string, len(a.Columns))}
	for i, name := range a.Columns {
		cells[0][i] = digest.Readable(name, maxCell)
	}
	for _, row := range a.Rows {
		texts := make([]string, len(row))
		for i := range row {
			texts[i] = digest.Readable(Text(row[i]), longest)
		}
		cells = append(cells, texts)
	}
	return cells
}

// widthsOf gives the width of the widest cell of each column.
func widthsOf(cells [][]string) []int {
	widths := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// gap stands between two columns.
const gap = "  "

func lineWidth(widths []int) int {
	width := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		width += w
	}
	return width
}

// writeRecord writes one row, a line for each column.
func writeRecord(w io.Writer, cells [][]string, row int) {
	widest := slices.Max(append(widthsOf(cells[:1]), 0))
	for i, name := range cells[0] {
		line := fmt.Sprintf("%-*s%s%s", widest, name, gap, cells[row+1][i])
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func (a Answer) writeTable(w io.Writer, cells [][]string, widths []int) {
	for _, row := range cells {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString(gap)
			}
			if a.isOfNumbers(i) {
				line.WriteString(padding + cell)
			} else {
				line.WriteString(cell + padding)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
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
