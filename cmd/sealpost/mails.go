package main

import (
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sealpost/internal/message"
)

// field is how a header field begins (RFC 5322, section 2.2). A quote or a
// brace begins JSON.
var field = regexp.MustCompile(`^[!#-9;-z|~]+[ \t]*:`)

// looksLikeMail tells mails from reports, which may both lie about under any name.
func looksLikeMail(name string, body []byte) bool {
	return strings.EqualFold(filepath.Ext(name), ".eml") || field.Match(body)
}

// firstYear is before the first report by RFC 8460.
const firstYear = 2018

// receivedAt is when the last server took the mail in, by the date at the end of
// the first Received field (RFC 5321, section 4.4); the zero time where there is
// none, or none that can be. No signature covers that field: it is as true as the
// file that it is in.
func receivedAt(raw []byte, now time.Time) time.Time {
	cut, err := message.Cut(raw)
	if err != nil {
		return time.Time{}
	}
	fields := cut.All("received")
	if len(fields) == 0 {
		return time.Time{}
	}
	text := withoutComments(fields[0].Text())
	at, err := mail.ParseDate(strings.TrimSpace(text[strings.LastIndexByte(text, ';')+1:]))
	if err != nil || at.Year() < firstYear || at.After(now) {
		return time.Time{}
	}
	return at
}

// withoutComments leaves out what is in parentheses (RFC 5322, section 3.2.2),
// where a semicolon parts nothing.
func withoutComments(text string) string {
	var rest strings.Builder
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			rest.WriteByte(c)
		}
	}
	return rest.String()
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
