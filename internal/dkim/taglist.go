package dkim

import "strings"

// tag is one of a tag-list (RFC 6376, section 3.2).
type tag struct {
	value      string // Without the white space around it.
	start, end int    // Where in the text the value is, with the white space around it.
}

// tags are those of a tag-list, by name.
type tags map[string]tag

// maxTags is how many tags of a list are read. RFC 6376 knows fourteen.
const maxTags = 50

// parseTags reads a tag-list. A doubled tag, or what is none, invalidates
// the whole of it, and so does a tag beyond maxTags.
func parseTags(text string) (tags, bool) {
	found := make(tags)
	for start := 0; start <= len(text); {
		end := len(text)
		if i := strings.IndexByte(text[start:], ';'); i >= 0 {
			end = start + i
		}
		spec := text[start:end]
		name, value, isTag := strings.Cut(spec, "=")
		switch name := trim(name); {
		case !isTag && name == "": // Lists end with a semicolon, or with two.
		case !isTag || !isTagName(name):
			return nil, false
		default:
			if _, twice := found[name]; twice || len(found) == maxTags {
				return nil, false
			}
			found[name] = tag{trim(value), end - len(value), end}
		}
		start = end + 1
	}
	return found, true
}

func isTagName(name string) bool {
	for i, c := range []byte(name) {
		isLetter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !isLetter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}

// get returns the value of a tag, and whether there is one.
func (t tags) get(name string) (string, bool) {
	found, is := t[name]
	return found.value, is
}

// maxElements is how many elements of a list are told apart: one more than any may
// have.
const maxElements = maxSigned + 1

// list returns the elements of a value that is a list with colons. Those beyond
// maxElements are one with the last.
func (t tags) list(name string) []string {
	elements := strings.SplitN(t[name].value, ":", maxElements)
	for i, element := range elements {
		elements[i] = trim(element)
	}
	return elements
}

// white is what folding white space is made of (RFC 6376, section 2.8), and no
// other white space that Unicode knows.
const white = " \t\r\n"

func trim(s string) string { return strings.Trim(s, white) }

// withoutWhite takes out folding white space, which may be anywhere in base64
// (RFC 6376, section 2.10).
func withoutWhite(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(white, r) {
			return -1
		}
		return r
	}, s)
}

// lower returns ASCII letters in lower case, and leaves all others as they are: a
// Kelvin sign is no k.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
