package digest

import (
	"strings"
	"unicode"

	"sealpost/internal/mtasts"
)

// SignedReporter names the reporter of an authenticated report for people: by the
// domain that signed, which is proved, and then by its own name in quotation marks.
// So no name of an organization reads as that of another, or as several:
//
//	google.com ("Google Inc.")
func SignedReporter(signer, organization string) string {
	return SigningDomain(signer) + " (" + Quoted(organization) + ")"
}

// UnauthenticatedReporter names the reporter of a report that is not
// authenticated.
func UnauthenticatedReporter(organization string) string {
	return "unauthenticated (" + Quoted(organization) + ")"
}

// DistrustedReporter names the reporter of a report that is authenticated, but counts
// as unauthenticated, since its signer is distrusted.
func DistrustedReporter(signer, organization string) string {
	return SigningDomain(signer) + " (distrusted, " + Quoted(organization) + ")"
}

func reporterName(organization, signer string, distrusted bool) string {
	switch {
	case distrusted:
		return DistrustedReporter(signer, organization)
	case signer == "":
		return UnauthenticatedReporter(organization)
	default:
		return SignedReporter(signer, organization)
	}
}

// SigningDomain writes a domain so that it reads as nothing else: as A-labels, and
// what is no domain in quotation marks.
func SigningDomain(signer string) string {
	if domain, err := mtasts.ParseDomain(signer); err == nil {
		return domain
	}
	return Quoted(signer)
}

// Quoted writes a text of strangers so that its end is visible: nothing in it looks
// like a quotation mark, and text from right to left does not reach beyond it.
func Quoted(text string) string {
	if text == "" {
		return "no name given"
	}
	return quoted(text, nameLength)
}

// Word writes what a report has where one word belongs, such as a host, an address
// or a code. One word is written as it is, and everything else is quoted: a host may
// not call itself a sentence, with other reporters and a link in it.
func Word(text string) string {
	if isWord(text) {
		return text
	}
	return Quoted(text)
}

func isWord(text string) bool {
	const ofWords = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+*[]"
	return text != "" && len(text) <= maxDomainLength && strings.Trim(text, ofWords) == ""
}

func quoted(text string, length int) string {
	text = strings.Map(unquote, Readable(text, length))
	if strings.ContainsFunc(text, isRightToLeft) {
		text = firstStrongIsolate + text + popDirectionalIsolate
	}
	return `"` + text + `"`
}

// Characters that keep the direction of a text from reaching beyond it (Unicode
// Standard Annex #9, section 2.4).
const (
	firstStrongIsolate    = "\u2068"
	popDirectionalIsolate = "\u2069"
)

// lookLikeQuotes are no quotation marks to Unicode, and look like some.
const lookLikeQuotes = "\u02ba\u02dd\u02ee\u02f6\u05f4\u2033\u2036\u3003"

// unquote returns an apostrophe for a character that looks like a quotation mark.
func unquote(r rune) rune {
	if unicode.Is(unicode.Quotation_Mark, r) || strings.ContainsRune(lookLikeQuotes, r) {
		return '\''
	}
	return r
}

// isRightToLeft reports whether a character turns the direction of the text
// around it. All scripts that do are in these ranges (DerivedBidiClass.txt).
func isRightToLeft(r rune) bool {
	return 0x0590 <= r && r <= 0x08FF || 0xFB1D <= r && r <= 0xFDFF || 0xFE70 <= r && r <= 0xFEFF ||
		0x10800 <= r && r <= 0x10FFF || 0x1E800 <= r && r <= 0x1EFFF
}
