package digest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The most characters of a reporter's text that a digest shows.
const (
	nameLength = 60
	textLength = 120
)

// Readable returns s safe to show on a terminal, in at most length characters.
// What can't be seen, such as a control character or a mark that turns the
// direction of the text, becomes visible as \u00XX. A text too long ends in "…".
func Readable(s string, length int) string {
	if len(s) <= length && utf8.ValidString(s) && !strings.ContainsFunc(s, isHidden) {
		return s // As nearly always.
	}
	var b strings.Builder
	used, fits := 0, 0 // fits is where to cut so that "…" still has room.
	for _, r := range s {
		shown := visible(r)
		used += utf8.RuneCountInString(shown)
		if used > length {
			return b.String()[:fits] + "…"
		}
		b.WriteString(shown)
		if used < length {
			fits = b.Len()
		}
	}
	return b.String()
}

func isHidden(r rune) bool {
	return !unicode.IsPrint(r)
}

func visible(r rune) string {
	switch {
	case !isHidden(r):
		return string(r)
	case r > 0xFFFF:
		return fmt.Sprintf(`\U%08X`, r)
	default:
		return fmt.Sprintf(`\u%04X`, r)
	}
}
