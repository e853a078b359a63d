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
	var object bytes.Buffer
	compressor := compressors.Get().(*gzip.Writer)
	defer compressors.Put(compressor)
	compressor.Reset(&object)
	if err := json.MarshalWrite(compressor, line); err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	if _, err := compressor.Write([]byte("\n")); err != nil {
		return nil, fmt.Errorf("compress the report: %w", err)
	}
	if err := compressor.Close(); err != nil {
		return nil, fmt.Errorf("compress the report: %w", err)
	}
	return object.Bytes(), nil
}

func decode(object []byte) (Line, error) {
	decompressor, _ := decompressors.Get().(*gzip.Reader)
	if decompressor == nil {
		decompressor = new(gzip.Reader)
	}
	defer decompressors.Put(decompressor)
	if err := decompressor.Reset(bytes.NewReader(object)); err != nil {
		return Line{}, fmt.Errorf("decompress: %w", err)
	}
	text, err := io.ReadAll(decompressor)
	if err != nil {
		return Line{}, fmt.Errorf("decompress: %w", err)
	}
	var line Line
	if err := json.Unmarshal(text, &line); err != nil {
		return Line{}, fmt.Errorf("decode: %w", err)
	}
	return line, nil
}

var compressors = sync.Pool{New: func() any {
	compressor, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // The level is a good one.
	return compressor
}}

var decompressors sync.Pool
