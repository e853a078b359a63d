package query

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// escapedFormulas returns a text with an apostrophe before each place where a spreadsheet
// could take it for a formula. That is its beginning, and also after a semicolon:
// where a comma is the decimal separator, spreadsheets split the lines of a CSV file there.
func escapedFormulas(text string) string {
	var b strings.Builder
	written, begin, begins := 0, 0, true
	for i, r := range text {
		plain := folded(r)
		switch {
		case plain == ';':
			begin, begins = i+len(string(r)), true
		case !begins || isPassedOver(plain):
		case isFormulaSign(plain):
			b.WriteString(text[written:begin] + "'")
			written, begins = begin, false
		default:
			begins = false
		}
	}
	return b.String() + text[written:]
}

// folded returns the character that programs may read a character as: = for the
// full-width ＝. Decomposition alone (NFKD) is right here, since composition would
// make one character of = and the stroke of ≠ after it.
func folded(r rune) rune {
	for _, plain := range norm.NFKD.String(string(r)) {
		return plain
	}
	return r
}

// isPassedOver reports whether programs may skip a character at the beginning of a cell:
// blanks, quotes, and what shows nothing. A mark combines with the character before it.
func isPassedOver(r rune) bool {
	const blankLetters = "\u115F\u1160\u2800" // Two fillers of Hangul, and braille without a dot.
	return unicode.IsSpace(r) || !unicode.IsPrint(r) || unicode.IsMark(r) || strings.ContainsRune(`"'`+blankLetters, r)
}

// isFormulaSign reports whether a spreadsheet may take what begins with a character
// for a formula, or for a call of another program (DDE).
func isFormulaSign(r rune) bool {
	const otherSigns = "\u2212\u02D7\u2795\u2796" // Minus, modifier minus, heavy plus, heavy minus.
	return strings.ContainsRune("=+-@|%"+otherSigns, r) || unicode.Is(unicode.Pd, r)
}
