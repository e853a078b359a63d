package route53txt

import (
	"fmt"
	"strconv"
	"strings"
)

const maxString = 255 // Bytes, of each string of a TXT record (RFC 1035, section 3.3).

// quote writes the value of a TXT record as Route 53 takes it: strings in
// quotation marks, with escapes in octal.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat
func quote(value string) string {
	var quoted strings.Builder
	quoted.WriteByte('"')
	for i := range len(value) {
		if i > 0 && i%maxString == 0 {
			quoted.WriteString(`" "`)
		}
		switch b := value[i]; {
		case b == '"' || b == '\\':
			quoted.WriteByte('\\')
			quoted.WriteByte(b)
		case b < ' ' || b > '~':
			fmt.Fprintf(&quoted, `\%03o`, b)
		default:
			quoted.WriteByte(b)
		}
	}
	quoted.WriteByte('"')
	return quoted.String()
}

// unquote reads what quote writes, and whatever else Route 53 lists; the
// strings of a value are joined. Of what stands outside of quotation marks only
// blanks are dropped.
func unquote(quoted string) string {
	var value strings.Builder
	inside := false
	for quoted != "" {
		b, size := quoted[0], 1
		switch {
		case b == '"':
			inside = !inside
		case b == '\\':
			b, size = unescape(quoted)
			value.WriteByte(b)
		case inside || b != ' ' && b != '\t':
			value.WriteByte(b)
		}
		quoted = quoted[size:]
	}
	return value.String()
}

// unescape reads the escape at the beginning of text, and says how long it is:
// a backslash before three octal digits, or before any other byte.
func unescape(text string) (b byte, size int) {
	if len(text) >= 4 {
		if code, err := strconv.ParseUint(text[1:4], 8, 8); err == nil {
			return byte(code), 4
		}
	}
	if len(text) >= 2 {
		return text[1], 2
	}
	return text[0], 1
}
