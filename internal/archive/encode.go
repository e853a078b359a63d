package archive

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"
)

// encode gives a line as it lies in the bucket: one line of JSON, gzipped.
func encode(line Line) ([]byte, error) {
	c := compressors.Get().(*compressor)
	defer compressors.Put(c)
	c.object.Reset()
	c.gzip.Reset(&c.object)
	if err := json.MarshalWrite(c.gzip, line); err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	if _, err := io.WriteString(c.gzip, "\n"); err != nil {
		return nil, fmt.Errorf("compress the report: %w", err)
	}
	if err := c.gzip.Close(); err != nil {
		return nil, fmt.Errorf("compress the report: %w", err)
	}
	return bytes.Clone(c.object.Bytes()), nil
}

// compressor holds what would otherwise be made anew, at some cost, for each
// report.
type compressor struct {
	object bytes.Buffer
	gzip   *gzip.Writer
}

var compressors = sync.Pool{New: func() any {
	// A higher level costs twice the time for a tenth of the size.
	writer, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // There is such a level.
	}
	return &compressor{gzip: writer}
}}

func decode(object []byte) (Line, error) {
	d := decompressors.Get().(*decompressor)
	defer decompressors.Put(d)
	d.text.Reset()
	if err := d.gzip.Reset(bytes.NewReader(object)); err != nil {
		return Line{}, fmt.Errorf("decompress: %w", err)
	}
	if _, err := d.text.ReadFrom(&d.gzip); err != nil {
		return Line{}, fmt.Errorf("decompress: %w", err)
	}
	return ParseLine(d.text.Bytes())
}

// ParseLine reads a line as [Archive.Keep] writes it, once it is decompressed.
func ParseLine(text []byte) (Line, error) {
	var line Line
	if err := json.Unmarshal(text, &line); err != nil {
		return Line{}, fmt.Errorf("decode: %w", err)
	}
	return line, nil
}

type decompressor struct {
	text bytes.Buffer
	gzip gzip.Reader
}

var decompressors = sync.Pool{New: func() any { return new(decompressor) }}
