package tlsrpt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// TrimByteOrderMark takes off what RFC 8259, section 8.1, forbids writers and
// lets readers ignore.
func TrimByteOrderMark(text []byte) []byte { return bytes.TrimPrefix(text, byteOrderMark) }

// Compact gives the report as sent, on one line: white space between values
// and a byte order mark are gone, and everything else is as it was.
func Compact(text []byte) ([]byte, error) {
	compact := jsontext.Value(bytes.Clone(TrimByteOrderMark(text)))
	if err := compact.Compact(jsontext.PreserveRawStrings(true)); err != nil {
		return nil, fmt.Errorf("compact the report: %w", err)
	}
	return compact, nil
}

// Key names a report by its content: the SHA-256 of the JSON in the canonical
// form of RFC 8785, in 64 hex digits. The same report sent again, in other
// white space or order, has the same key; nobody can choose one.
func Key(text []byte) (string, error) {
	canonical := jsontext.Value(bytes.Clone(TrimByteOrderMark(text)))
	if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		return "", fmt.Errorf("bring the report into canonical form: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
