package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/localdir"
	"sealpost/internal/mbox"
	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// filed is one thing in a file: a report, as JSON or gzip, or a mail.
type filed struct {
	file   string
	number int // Of the mail in an mbox, from 1; 0 elsewhere.
	body   []byte
	isMail bool
}

// String names it for people.
func (f filed) String() string {
	if f.number == 0 {
		return f.file
	}
	return fmt.Sprintf("%s, mail %d", f.file, f.number)
}

// submission: the file does not say how the report came, so nothing vouches for
// it, as by HTTPS.
func (f filed) submission() reportintake.Submission {
	return reportintake.Submission{
		Body:     f.body,
		Channel:  archive.ChannelHTTPS,
		Trust:    archive.TrustNone,
		Filename: filepath.Base(f.file),
	}
}

// mail came when its last server says so, if that is before now.
func (f filed) mail(now time.Time) reportintake.Mail {
	return reportintake.Mail{Raw: f.body, ReceivedAt: receivedAt(f.body, now)}
}

// stdinName stands for standard input among files.
const stdinName = "-"

// allIn gives what is in a file, and ends after the first error. What is more
// than is ever read of a report or mail is cut off, and so refused for its size.
func allIn(name string, stdin io.Reader) iter.Seq2[filed, error] {
	return func(yield func(filed, error) bool) {
		reader := bufio.NewReader(stdin)
		if name == stdinName {
			name = "standard input"
		} else {
			file, err := openRegular(name)
			if err != nil {
				yield(filed{}, err)
				return
			}
			defer file.Close()
			reader = bufio.NewReader(file)
		}
		beginning, err := reader.Peek(len(mbox.Begin))
		if err == nil && string(beginning) == mbox.Begin {
			number := 0
			for mail, err := range mbox.Mails(reader, tlsrpt.MaxMail) {
				number++
				if !yield(filed{file: name, number: number, body: mail, isMail: true}, err) || err != nil {
					return
				}
			}
			return
		}
		body, err := io.ReadAll(io.LimitReader(reader, tlsrpt.MaxMail+1))
		yield(filed{file: name, body: body, isMail: looksLikeMail(name, body)}, err)
	}
}

func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // To open a pipe could wait for ever.
		return nil, fmt.Errorf("%s is %s; name a file", name, localdir.KindOf(info.Mode()))
	}
	return os.Open(name)
}

// filesIn gives the files that the names stand for: each file, and below each
// folder every file, or link to one, that is not hidden or a note of quarantine; of a Maildir the mails.
func filesIn(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		if name == stdinName {
			files = append(files, name)
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		below, err := filesBelow(name)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

func filesBelow(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isMaildir(path):
			mails, err := mailsOfMaildir(path)
			files = append(files, mails...)
			if err != nil {
				return err
			}
			return fs.SkipDir
		case path == folder:
			return nil
		case strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(entry.Name(), "."), archive.IsNote(entry.Name()):
			return nil
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
