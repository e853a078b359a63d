package archive

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// encode gives a line as it lies in the bucket: one line of JSON, gzipped.
func encode(line Line) ([]byte, error) {
	c := compressors.Get().(*compressor)
	defer compressors.Put(c)
	c.object.Reset()
	c.gzip.Reset(&c.object)
	if err := c.writeLine(line); err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	if err := c.gzip.Close(); err != nil {
		return nil, fmt.Errorf("compress the report: %w", err)
	}
	return bytes.Clone(c.object.Bytes()), nil
}

// writeLine writes a line as JSON. The report as sent, its last member, is quoted in pieces: an encoder holds each string
// whole, and quoting can double the bytes.
func (c *compressor) writeLine(line Line) error {
	report := line.ReportJSON
	line.ReportJSON = ""
	withoutEnd := holdBack{w: c.gzip, n: len(endOfLine), held: c.held[:0]}
	if err := json.MarshalWrite(&withoutEnd, line); err != nil {
		return err
	}
	if end := string(withoutEnd.held); end != endOfLine {
		return fmt.Errorf("the line ends with %q, not with an empty report_json", end)
	}
	for len(report) > 0 {
		piece := report[:endOfRune(report, quotedAtOnce)]
		report = report[len(piece):]
		var err error
		if c.quoted, err = jsontext.AppendQuote(c.quoted[:0], piece); err != nil {
			return err
		}
		if _, err := c.gzip.Write(c.quoted[1 : len(c.quoted)-1]); err != nil {
			return err
		}
	}
	_, err := io.WriteString(c.gzip, endOfLine+"\n")
	return err
}

const (
	endOfLine    = `"}` // Of an empty report_json, and of the object.
	quotedAtOnce = 64 << 10
)

// endOfRune returns the largest index up to end at which no character is cut.
func endOfRune(s string, end int) int {
	if len(s) <= end {
		return len(s)
	}
	for i := end; i > end-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return end
}

// holdBack passes on what is written to it, all but the last n bytes.
type holdBack struct {
	w    io.Writer
	n    int
	held []byte
}

func (h *holdBack) Write(p []byte) (int, error) {
	keep := p[max(0, len(p)-h.n):]
	pass := max(0, len(h.held)+len(keep)-h.n)
	if _, err := h.w.Write(h.held[:pass]); err != nil {
		return 0, err
	}
	if _, err := h.w.Write(p[:len(p)-len(keep)]); err != nil {
		return 0, err
	}
	h.held = append(h.held[:copy(h.held, h.held[pass:])], keep...)
	return len(p), nil
}

// compressor holds what would otherwise be made anew, at some cost, for each
// report.
type compressor struct {
	object bytes.Buffer
	gzip   *gzip.Writer
	held   [len(endOfLine)]byte // Of the end of a line without a report.
	quoted []byte               // A piece of the report.
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
