package tlsrpt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// IsGzip tells gzip by its magic bytes (RFC 8460, section 6.5), since media
// types are often missing or wrong.
func IsGzip(body []byte) bool {
	return len(body) >= 2 && body[0] == 0x1f && body[1] == 0x8b
}

// Inflate gives the JSON text of a report that may be gzipped (RFC 8460,
// section 5.2). Several gzip members count as one text, as RFC 1952 has it.
// The error is a [*LimitError] or an [*InvalidError].
func Inflate(body []byte) ([]byte, error) {
	if !IsGzip(body) {
		return body, nil
	}
	reader := readers.Get().(*gzip.Reader)
	defer readers.Put(reader)
	if err := reader.Reset(bytes.NewReader(body)); err != nil {
		return nil, gzipError(err)
	}
	text, err := readAtMost(reader, make([]byte, 0, declaredSize(body)))
	if err != nil {
		return nil, gzipError(err)
	}
	return text, nil
}

var readers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// maxRatio is the most that deflate can shrink a text by.
const maxRatio = 1032

// InflatedSize is the most JSON that a body can turn out to be, in bytes.
func InflatedSize(body []byte) int {
	if !IsGzip(body) {
		return min(len(body), MaxSize)
	}
	return min(maxRatio*len(body), MaxSize)
}

// declaredSize is what the end of the gzip data says of the text's size
// (RFC 1952, section 2.3.1), and a little room. It need not be true.
func declaredSize(body []byte) int {
	const room = 512
	if len(body) < 4 {
		return room
	}
	declared := int(binary.LittleEndian.Uint32(body[len(body)-4:]))
	return min(declared, InflatedSize(body)) + room
}

// readAtMost reads to the end, or refuses as soon as there is more than
// MaxSize, so that a gzip bomb costs no more than a large report.
func readAtMost(r io.Reader, text []byte) ([]byte, error) {
	for {
		if len(text) == cap(text) { // By doubling: append grows large slices slowly, and so dearly.
			text = slices.Grow(text, min(len(text), MaxSize+1-len(text)))
		}
		n, err := r.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		switch {
		case len(text) > MaxSize:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return nil, err
		}
	}
}

func gzipError(err error) error {
	var limit *LimitError
	switch {
	case errors.As(err, &limit):
		return limit
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return invalid("", "the gzip data ends too early, or something else follows it: the report was cut off or added to on its way")
	default:
		return invalid("", fmt.Sprintf("the gzip data is damaged (%v)", err))
	}
}
