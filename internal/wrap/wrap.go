// Package wrap breaks text into lines for terminals and plain mails.
package wrap

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Width is how many columns of a line every terminal and mail program shows.
const Width = 78

// Lines breaks s into lines at its spaces, and in a word only where the word
// alone is too long for a line. There is at least one line.
func Lines(s string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > width {
			lines, line, used = append(lines, line), "", 0
		}
		for ; n > width; n -= width {
			head := string([]rune(word)[:width])
			lines, word = append(lines, head), word[len(head):]
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// Hang writes s behind a lead, which is to be shorter than a line, and what does
// not fit there below s.
func Hang(w io.Writer, lead, s string) {
	var hung strings.Builder
	columns := utf8.RuneCountInString(lead)
	for _, line := range Lines(s, Width-columns) {
		hung.WriteString(strings.TrimRight(lead+line, " ") + "\n")
		lead = strings.Repeat(" ", columns)
	}
	fmt.Fprint(w, hung.String())
}
