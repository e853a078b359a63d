package tlsrpt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/go-json-experiment/json/jsontext"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// TrimByteOrderMark takes off what RFC 8259, section 8.1, forbids writers and
// lets readers ignore.
func TrimByteOrderMark(text []byte) []byte { return bytes.TrimPrefix(text, byteOrderMark) }

// Canonical gives a report as sent, on one line: white space between values
// and a byte order mark are gone, and everything else is as it was. It takes
// JSON that is not I-JSON, too. The error is an [*InvalidError].
func Canonical(text []byte) ([]byte, error) {
	trimmed := TrimByteOrderMark(text)
	// The encoder writes into the buffer itself, and wants a quarter of it free at the end: else it makes one twice as large.
	canonical := bytes.NewBuffer(make([]byte, 0, len(trimmed)/4*5+64))
	encoder := jsontext.NewEncoder(canonical,
		jsontext.PreserveRawStrings(true),
		jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true))
	if err := encoder.WriteValue(trimmed); err != nil {
		return nil, notJSON(err, len(text)-len(trimmed))
	}
	return bytes.TrimSuffix(canonical.Bytes(), []byte("\n")), nil
}

// Key names a report by its content: the SHA-256 of its canonical form, in 64
// hex digits. The same report sent again has the same key, and nobody can
// choose one. Members are not sorted (RFC 8785): reporters that send a report
// again send the same bytes, and a reader can check the key with nothing but
// the report as it is kept.
func Key(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
