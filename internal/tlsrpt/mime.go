package tlsrpt

import (
	"bytes"
	"encoding/base64"
	"io"
	"iter"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"

	"sealpost/internal/message"
)

// The parts of a mail are cut out of it where they lie, without copies. The
// standard library's readers give a mail up at the first line of a header that
// is none; here such a line is passed over.

// partHeader is a mail or a part of one, seen from its header.
type partHeader struct{ message.Message }

// maxField is how long a field may be that is taken apart: no field that matters
// here is half as long.
const maxField = 8 << 10

// first gives a field, and of several the first, as all readers of MIME do.
func (h partHeader) first(name string) string {
	for _, field := range h.Fields {
		if field.Name == name {
			return field.Text()
		}
	}
	return ""
}

// only gives a field in plain text, and of several none.
func (h partHeader) only(name string) string {
	fields := h.All(name)
	if len(fields) != 1 {
		return ""
	}
	return plainText(fields[0].Text())
}

// author is the address in From; empty unless there is just one (RFC 5322,
// section 3.6.2, allows several).
func (h partHeader) author() string {
	from := h.first("from")
	if h.Count("from") != 1 || len(from) > maxField {
		return ""
	}
	parser := mail.AddressParser{WordDecoder: &words}
	addresses, err := parser.ParseList(from)
	switch {
	case err != nil:
		return onlyAngled(from)
	case len(addresses) != 1:
		return ""
	}
	return addresses[0].Address
}

// onlyAngled gives the address in angle brackets where there is just one of
// them, at the end: many a name before it is not quoted as its characters ask.
func onlyAngled(from string) string {
	from, isAngled := strings.CutSuffix(from, ">")
	_, address, found := strings.Cut(from, "<")
	if !isAngled || !found || strings.ContainsAny(address, "<>,;\"") {
		return ""
	}
	return strings.TrimSpace(address)
}

// mediaType gives the media type, in lower case, and its parameters.
func (h partHeader) mediaType() (string, map[string]string) {
	field := h.first(contentType)
	if h.Count(contentType) == 0 { // One that is there and empty may be signed, and the other one added by anybody.
		field = h.first(contentTypeBroken)
	}
	mediaType, _, _ := strings.Cut(withoutComments(field), ";")
	return strings.ToLower(strings.TrimSpace(mediaType)), parameters(field)
}

// filename gives the name of the attachment. Blanks in it come from folding, as
// in the example of RFC 8460, section 5.3.1.
func (h partHeader) filename(ofMediaType map[string]string) string {
	name := parameters(h.first(contentDisposition))["filename"]
	if name == "" {
		name = ofMediaType["name"]
	}
	return strings.Join(strings.Fields(plainText(name)), "")
}

// parameters gives the parameters of a field (RFC 2045, section 5.1, and RFC
// 2231), and those that can be made out where its grammar is broken.
func parameters(field string) map[string]string {
	if len(field) > maxField {
		return nil
	}
	field = inUTF8.ReplaceAllString(withoutComments(field), "${1}utf-8'")
	if _, found, err := mime.ParseMediaType(field); err == nil {
		return found
	}
	found := make(map[string]string)
	for _, match := range brokenParameter.FindAllStringSubmatch(field, -1) {
		if name := strings.ToLower(match[1]); found[name] == "" {
			found[name] = match[2] + strings.TrimSpace(match[3])
		}
	}
	return found
}

// inUTF8 finds the charset of a parameter (RFC 2231, section 4). The standard
// library knows but two; what matters here is ASCII in each.
var inUTF8 = regexp.MustCompile(`(\*=\s*"?)[A-Za-z0-9_.:+-]*'`)

// withoutComments takes comments out of a field (RFC 2045, section 5.1, and RFC
// 5322, section 3.2.2), such as (this one). A parenthesis right after a word is
// part of it: nobody writes comments so, and some do not quote boundaries.
func withoutComments(field string) string {
	var rest strings.Builder
	depth, isQuoted := 0, false
	for i := 0; i < len(field); i++ {
		c, text := field[i], field[i:i+1]
		switch {
		case c == '\\':
			text = field[i:min(i+2, len(field))]
			i++
		case depth == 0 && c == '"':
			isQuoted = !isQuoted
		case depth > 0 && c == '(', !isQuoted && c == '(' && (i == 0 || strings.IndexByte(" \t;", field[i-1]) >= 0):
			depth++
		case depth > 0 && c == ')':
			depth--
			text = " "
		}
		if depth == 0 {
			rest.WriteString(text)
		}
	}
	return strings.TrimSpace(rest.String())
}

var brokenParameter = regexp.MustCompile(`;\s*([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^;"]*))`)

// decoded undoes the Content-Transfer-Encoding (RFC 2045, section 6).
func (h partHeader) decoded(body []byte) []byte {
	switch h.encoding() {
	case "base64":
		return fromBase64(body)
	case quotedPrintable:
		return fromQuotedPrintable(body)
	default: // 7bit, 8bit, binary, and none.
		return body
	}
}

// decodedSize is the most that is made of a body by decoding it; 0 where it stays where it is.
func (h partHeader) decodedSize(body []byte) int {
	switch encoding := h.encoding(); {
	case encoding == quotedPrintable:
		return len(body)
	case encoding == "base64", showsBase64(body):
		return base64.RawStdEncoding.DecodedLen(len(body))
	default:
		return 0
	}
}

// decodedReport is decoded, and undoes, too, the encoding that a report shows,
// whose field is lost or says something else.
func (h partHeader) decodedReport(body []byte) []byte {
	if showsBase64(body) {
		return fromBase64(body)
	}
	return h.decoded(body)
}

func showsBase64(body []byte) bool {
	text := bytes.TrimLeft(body, blanks)
	return bytes.HasPrefix(text, gzipInBase64) || isJSONInBase64(text)
}

// isJSONInBase64 reports whether a text begins as an object of JSON does in base64.
func isJSONInBase64(text []byte) bool {
	const enough = 16 // Digits, which are 12 bytes.
	line := text[:min(len(text), enough)]
	if len(line) < enough || line[0] != 'e' || bytes.ContainsFunc(line, func(r rune) bool { return r > 127 || !isBase64[r] }) {
		return false
	}
	return jsonObject.Match(fromBase64(line))
}

// jsonObject is how an object of JSON begins that has a member.
var jsonObject = regexp.MustCompile(`^\{[ \t\r\n]*("|$)`)

const quotedPrintable = "quoted-printable"

func (h partHeader) encoding() string {
	return strings.ToLower(encodingName.FindString(withoutComments(h.first(contentTransferEncoding))))
}

// encodingName is what counts of the field: quotes and parameters, which it
// cannot have, are passed over.
var encodingName = regexp.MustCompile(`[A-Za-z0-9-]+`)

// gzipInBase64 begins all gzip data: its magic bytes and its one method (RFC 1952,
// section 2.3.1).
var gzipInBase64 = []byte("H4sI")

const blanks = " \t\r\n"

// fromBase64 passes over whatever does not belong into base64, and takes the
// first padding for the end (RFC 2045, section 6.8). JSON is no base64, whoever
// says so.
func fromBase64(body []byte) []byte {
	if bytes.HasPrefix(bytes.TrimLeft(body, blanks), []byte("{")) {
		return body
	}
	digits := 0
	for _, c := range body {
		if c == '=' {
			break
		}
		if isBase64[c] {
			digits++
		}
	}
	if digits%4 == 1 {
		digits-- // Six bits are no byte.
	}
	decoded := make([]byte, 0, base64.RawStdEncoding.DecodedLen(digits))
	var piece [4096]byte // A multiple of four digits.
	for read := 0; digits > 0; {
		n := 0
		for ; n < min(digits, len(piece)); read++ {
			if isBase64[body[read]] {
				piece[n] = body[read]
				n++
			}
		}
		digits -= n
		var err error
		if decoded, err = base64.RawStdEncoding.AppendDecode(decoded, piece[:n]); err != nil {
			return nil // Nothing but digits is left, so there is none.
		}
	}
	return decoded
}

var isBase64 = func() (is [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		is[c] = true
	}
	return is
}()

// fromQuotedPrintable gives a text that is not quoted-printable as it is.
func fromQuotedPrintable(body []byte) []byte {
	decoded := bytes.NewBuffer(make([]byte, 0, len(body)+bytes.MinRead)) // What is decoded is never longer.
	if _, err := decoded.ReadFrom(quotedprintable.NewReader(bytes.NewReader(body))); err != nil {
		return body
	}
	return decoded.Bytes()
}

// parts gives the parts of a multipart body (RFC 2046, section 5.1). The last
// one needs no end: Mail.ru's has none.
func parts(body []byte, boundary string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := -1
		for delimiter := range delimiters(body, boundary) {
			if start >= 0 && !yield(withoutLastBreak(body[start:delimiter.start])) || delimiter.isLast {
				return
			}
			start = delimiter.end
		}
		if start >= 0 {
			yield(body[start:])
		}
	}
}

// hasPart: without, the body is not what its media type says.
func hasPart(body []byte, boundary string) bool {
	for delimiter := range delimiters(body, boundary) {
		return !delimiter.isLast
	}
	return false
}

// delimiter is a line that parts the parts.
type delimiter struct {
	start, end int
	isLast     bool
}

func delimiters(body []byte, boundary string) iter.Seq[delimiter] {
	return func(yield func(delimiter) bool) {
		dashes := []byte("--" + boundary)
		for at := 0; boundary != ""; {
			found := bytes.Index(body[at:], dashes)
			if found < 0 {
				return
			}
			start := at + found
			at = start + len(dashes)
			if start > 0 && body[start-1] != '\n' {
				continue
			}
			line, _, _ := bytes.Cut(body[at:], []byte("\n"))
			end := min(at+len(line)+1, len(body))
			switch string(bytes.TrimRight(line, " \t\r")) {
			case "":
				if !yield(delimiter{start, end, false}) {
					return
				}
			case "--":
				yield(delimiter{start, end, true})
				return
			}
			at = end // Another, longer boundary begins like this one.
		}
	}
}

// withoutLastBreak takes off the line break that belongs to the delimiter after
// it (RFC 2046, section 5.1.1).
func withoutLastBreak(part []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(part, []byte("\n")), []byte("\r"))
}

// plainText undoes encoded words (RFC 2047), and leaves what is none as it is.
func plainText(s string) string {
	if decoded, err := words.DecodeHeader(s); err == nil {
		return decoded
	}
	return s
}

// anyCharset: what matters here is ASCII in each charset that mails are in.
func anyCharset(_ string, text io.Reader) (io.Reader, error) { return text, nil }
