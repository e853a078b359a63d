package dkim

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"hash"
	"io"

	"sealpost/internal/message"
)

// Both canonicalizations also take a line feed alone for the end of a line:
// files and many programs have it so (RFC 6376, section 5.3, has signers turn it
// into CRLF). A carriage return alone is text.

var crlf = []byte("\r\n")

// writeField writes a field as it is hashed (RFC 6376, sections 3.4.1 and 3.4.2),
// without the break at its end.
func writeField(w io.Writer, field message.Field, relaxed bool) {
	if relaxed {
		io.WriteString(w, field.Name) //nolint:errcheck // A hash fails never.
		io.WriteString(w, ":")        //nolint:errcheck
		io.WriteString(w, field.Text())
		return
	}
	raw := bytes.TrimSuffix(bytes.TrimSuffix(field.Raw, []byte("\n")), []byte("\r"))
	for first := true; ; first = false {
		line, rest, isBroken := bytes.Cut(raw, []byte("\n"))
		if !first {
			w.Write(crlf)
		}
		if !isBroken {
			w.Write(line)
			return
		}
		w.Write(bytes.TrimSuffix(line, []byte("\r")))
		raw = rest
	}
}

// bodyKind is how a body is hashed: how it is canonicalized, and how much of it
// (l=).
type bodyKind struct {
	relaxed bool
	length  int64
}

// bodyHash is the hash of a body.
type bodyHash struct {
	sum    [sha256.Size]byte
	length int64 // Of the whole body, canonicalized.
}

// hashBody hashes a body line by line, without a copy of it.
func hashBody(body []byte, kind bodyKind) bodyHash {
	limited := &limitedHash{hash: sha256.New(), left: kind.length}
	w := bufio.NewWriterSize(limited, 8<<10)
	writeBody(w, body, kind.relaxed)
	w.Flush() //nolint:errcheck // A hash fails never.
	result := bodyHash{length: limited.length}
	limited.hash.Sum(result.sum[:0])
	return result
}

// limitedHash hashes what comes first, and counts all.
type limitedHash struct {
	hash   hash.Hash
	left   int64 // Bytes that are yet to be hashed; noLimit is all.
	length int64
}

func (l *limitedHash) Write(p []byte) (int, error) {
	l.length += int64(len(p))
	hashed := p
	if l.left != noLimit {
		hashed = p[:min(int64(len(p)), l.left)]
		l.left -= int64(len(hashed))
	}
	l.hash.Write(hashed)
	return len(p), nil
}

// writeBody writes a body as it is hashed (RFC 6376, sections 3.4.3 and 3.4.4):
// without empty lines at its end, and with a break at the end of its last line.
// An empty body is an empty line by simple, and nothing by relaxed.
func writeBody(w *bufio.Writer, body []byte, relaxed bool) {
	empty, written := 0, false
	for len(body) > 0 {
		line, rest, isBroken := bytes.Cut(body, []byte("\n"))
		if isBroken {
			line = bytes.TrimSuffix(line, []byte("\r"))
		}
		body = rest
		if relaxed {
			line = bytes.TrimRight(line, " \t")
		}
		if len(line) == 0 {
			empty++
			continue
		}
		for ; empty > 0; empty-- {
			w.Write(crlf)
		}
		if relaxed {
			writeCollapsed(w, line)
		} else {
			w.Write(line)
		}
		w.Write(crlf)
		written = true
	}
	if !relaxed && !written {
		w.Write(crlf)
	}
}

// writeCollapsed writes a line with each run of white space as one blank.
func writeCollapsed(w *bufio.Writer, line []byte) {
	written := 0
	for i := 0; i < len(line); i++ {
		if !isWhite(line[i]) || line[i] == ' ' && (i+1 == len(line) || !isWhite(line[i+1])) {
			continue // A single blank stays as it is.
		}
		w.Write(line[written:i])
		w.WriteByte(' ')
		for i+1 < len(line) && isWhite(line[i+1]) {
			i++
		}
		written = i + 1
	}
	w.Write(line[written:])
}

func isWhite(c byte) bool { return c == ' ' || c == '\t' }
