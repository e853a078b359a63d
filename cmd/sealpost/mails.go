package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sealpost/internal/tlsrpt"
)

// field is how a header field begins (RFC 5322, section 2.2). A quote or a
// brace begins JSON.
var field = regexp.MustCompile(`^[!#-9;-z|~]+[ \t]*:`)

// looksLikeMail tells mails from reports, which may both lie about under any name.
func looksLikeMail(name string, body []byte) bool {
	return strings.EqualFold(filepath.Ext(name), ".eml") || field.Match(body)
}

// mboxLine begins the line before each mail in an mbox (RFC 4155).
const mboxLine = "From "

// mails cuts an mbox into its mails, and takes off what was put before lines in
// them that look like such a line. It ends after the first error.
func mails(r *bufio.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var mail []byte
		begun, afterEmpty := false, true
		for {
			line, err := readLine(r)
			isEnd := errors.Is(err, io.EOF) && len(line) == 0
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, err)
				return
			}
			if isEnd || afterEmpty && bytes.HasPrefix(line, []byte(mboxLine)) {
				if begun && !yield(withoutLastEmpty(mail), nil) || isEnd {
					return
				}
				mail, begun, afterEmpty = nil, true, false
				continue
			}
			afterEmpty = len(bytes.TrimRight(line, "\r\n")) == 0
			if len(mail) <= tlsrpt.MaxMail {
				mail = append(mail, unquoted(line)...)
			}
		}
	}
}

// readLine gives a line with its end. Of a line that is longer than any mail
// may be, only so much is kept.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if len(line) <= tlsrpt.MaxMail {
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
	if quotes := len(line) - len(bytes.TrimLeft(line, ">")); quotes > 0 && bytes.HasPrefix(line[quotes:], []byte(mboxLine)) {
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

// firstYear is before the first report by RFC 8460.
const firstYear = 2018

// receivedAt is when the last server took the mail in, by the date at the end of
// the first Received field (RFC 5321, section 4.4); the zero time where there is
// none, or none that can be.
func receivedAt(raw []byte, now time.Time) time.Time {
	received, in := "", false
	for line := range bytes.Lines(raw[:min(len(raw), tlsrpt.MaxMailHeader)]) {
		text := strings.TrimRight(string(line), "\r\n")
		if in && !strings.HasPrefix(text, " ") && !strings.HasPrefix(text, "\t") || text == "" {
			break
		}
		if name, _, is := strings.Cut(text, ":"); is && strings.EqualFold(strings.TrimSpace(name), "Received") {
			in = true
		}
		if in {
			received += text
		}
	}
	at, err := mail.ParseDate(strings.TrimSpace(received[strings.LastIndexByte(received, ';')+1:]))
	if err != nil || at.Year() < firstYear || at.After(now) {
		return time.Time{}
	}
	return at
}

// maildirFolders are those that make a folder a Maildir. What is in tmp has not
// come whole.
var maildirFolders = []string{"cur", "new", "tmp"}

func isMaildir(folder string) bool {
	for _, name := range maildirFolders {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// mailsOfMaildir gives the mails in a Maildir, and in the folders within it,
// which are Maildirs with names that begin with a dot.
func mailsOfMaildir(folder string) ([]string, error) {
	var files []string
	for _, name := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
				files = append(files, filepath.Join(folder, name, entry.Name()))
			}
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if entry.Type() != fs.ModeDir || !isMaildir(path) {
			continue
		}
		within, err := mailsOfMaildir(path)
		if err != nil {
			return nil, err
		}
		files = append(files, within...)
	}
	return files, nil
}
