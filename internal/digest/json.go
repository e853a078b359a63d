package digest

import (
	"encoding/json"
	"io"
)

// JSON writes the digest for programs, as docs/digest.md has it.
func (d Digest) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(d)
}
