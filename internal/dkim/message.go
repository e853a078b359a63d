package dkim

import (
	"bytes"
	"fmt"
	"strings"
)

const signatureField = "DKIM-Signature"

// message is a mail, its header cut into fields as they came, with their folds
// and line ends.
type message struct {
	fields []string
	body   []byte
}

// split cuts a mail up. The problem is that the header is absurd: to verify it
// would take time by the square of its size.
func split(mail []byte) (m message, problem string) {
	lines, size := 0, 0
	for rest := mail; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		line := rest[:end]
		rest = rest[end:]
		if len(withoutBreak(line)) == 0 {
			m.body = rest
			break
		}
		size += len(line)
		if lines++; lines > MaxLines || size > MaxHeader {
			return message{}, fmt.Sprintf("the header of the mail is over the limit of %d lines and %d bytes", MaxLines, MaxHeader)
		}
		isFolded := line[0] == ' ' || line[0] == '\t'
		if last := len(m.fields) - 1; isFolded && last >= 0 {
			m.fields[last] += finished(line)
			continue
		}
		m.fields = append(m.fields, finished(line))
	}
	return m, ""
}

func withoutBreak(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

// finished is a line with its end, which the last of a mail may lack.
func finished(line []byte) string {
	if bytes.HasSuffix(line, []byte("\n")) {
		return string(line)
	}
	return string(line) + "\r\n"
}

func (m message) count(name string) int {
	n := 0
	for _, field := range m.fields {
		if isNamed(field, name) {
			n++
		}
	}
	return n
}

// withFirst gives the mail's header with one field before the others, which
// the library takes for the only signature to look at.
func (m message) withFirst(i int) string {
	return m.fields[i] + strings.Join(m.fields[:i], "") + strings.Join(m.fields[i+1:], "") + "\r\n"
}

func isNamed(field, name string) bool {
	before, _, found := strings.Cut(field, ":")
	return found && strings.EqualFold(strings.TrimSpace(before), name)
}
