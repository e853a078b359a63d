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
func Inflate(body []byte) ([]byte, error) { return InflateAtMost(body, MaxSize) }

// InflateAtMost is [Inflate] for texts of at most so many bytes; of longer ones
// that are gzipped it gives a [*LimitError].
func InflateAtMost(body []byte, most int) ([]byte, error) {
	if !IsGzip(body) {
		return body, nil
	}
	reader := readers.Get().(*gzip.Reader)
	defer readers.Put(reader)
	if err := reader.Reset(bytes.NewReader(body)); err != nil {
		return nil, gzipError(err)
	}
	text, err := readAtMost(reader, make([]byte, 0, min(DeclaredSize(body), most)+room), most)
	if err != nil {
		return nil, gzipError(err)
	}
	return text, nil
}

var readers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// maxRatio is the most that deflate can shrink a text by.
const maxRatio = 1032

// DeclaredSize is how much JSON a body says that it holds, in bytes, as far as
// that can be: the end of gzip data has the size of the last of its members
// (RFC 1952, section 2.3.1). It need not be true.
func DeclaredSize(body []byte) int {
	most := min(len(body), MaxSize)
	if IsGzip(body) {
		most = min(maxRatio*len(body), MaxSize)
	}
	if !IsGzip(body) || len(body) < 4 {
		return most
	}
	return min(int(binary.LittleEndian.Uint32(body[len(body)-4:])), most)
}

// room is what a reader takes besides to find the end.
const room = 512

// readAtMost reads to the end, or refuses as soon as there is more than
// most, so that a gzip bomb costs no more than a large report.
func readAtMost(r io.Reader, text []byte, most int) ([]byte, error) {
	for {
		if len(text) == cap(text) { // By doubling: append grows large slices slowly, and so dearly.
			text = slices.Grow(text, min(len(text), most+1-len(text)))
		}
		n, err := r.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		switch {
		case len(text) > most:
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
