// Package mbox reads mails that are kept one after the other in a file (RFC 4155).
package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
)

// Begin is how an mbox begins: with the line before its first mail.
const Begin = "From "

// Mails cuts an mbox into its mails, and takes off what was put before lines in
// them that look like the beginning of another. A mail of more than most bytes is
// cut off somewhere after them. It ends after the first error.
func Mails(r *bufio.Reader, most int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var mail []byte
		begun, afterEmpty := false, true
		for {
			line, err := readLine(r, most)
			isEnd := errors.Is(err, io.EOF) && len(line) == 0
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, err)
				return
			}
			if isEnd || afterEmpty && bytes.HasPrefix(line, []byte(Begin)) {
				if begun && !yield(withoutLastEmpty(mail), nil) || isEnd {
					return
				}
				mail, begun, afterEmpty = nil, true, false
				continue
			}
			afterEmpty = len(bytes.TrimRight(line, "\r\n")) == 0
			if len(mail) <= most {
				mail = append(mail, unquoted(line)...)
			}
		}
	}
}

// readLine gives a line with its end. Of a line that is longer than any mail
// may be, only so much is kept.
func readLine(r *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if len(line) <= most {
			line = append(line, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// unquoted takes off the > that stands before a line of a mail, however many
// there are, so that it is not taken for the beginning of the next.
func unquoted(line []byte) []byte {
	if quotes := len(line) - len(bytes.TrimLeft(line, ">")); quotes > 0 && bytes.HasPrefix(line[quotes:], []byte(Begin)) {
		return line[1:]
	}
	return line
}

// withoutLastEmpty takes off the empty line that ends a mail in an mbox.
func withoutLastEmpty(mail []byte) []byte {
	if without, had := bytes.CutSuffix(mail, []byte("\r\n\r\n")); had {
		return append(without, "\r\n"...)
	}
	if bytes.HasSuffix(mail, []byte("\n\n")) {
		return mail[:len(mail)-1]
	}
	return mail
}
