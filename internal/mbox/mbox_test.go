package mbox_test

import (
	"bufio"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/mbox"
)

func mailsOf(t testing.TB, text string) []string {
	t.Helper()
	var all []string
	for mail, err := range mbox.Mails(bufio.NewReaderSize(strings.NewReader(text), 16), 1<<20) { // Lines come in pieces.
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(mail))
	}
	return all
}

func TestMails(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"two":                 {"From a b\nSubject: 1\n\none\n\nFrom c d\nSubject: 2\n\ntwo\n\n", []string{"Subject: 1\n\none\n", "Subject: 2\n\ntwo\n"}},
		"CRLF":                {"From a b\r\nSubject: 1\r\n\r\none\r\n\r\nFrom c d\r\nSubject: 2\r\n\r\n", []string{"Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n"}},
		"quoted":              {"From a b\n\n>From here\n>>From there\n> From\n", []string{"\nFrom here\n>From there\n> From\n"}},
		"within a paragraph":  {"From a b\n\nso\nFrom here\n", []string{"\nso\nFrom here\n"}},
		"the end is missing":  {"From a b\n\nlast", []string{"\nlast"}},
		"a long line":         {"From a b\n\n" + strings.Repeat("x", 100) + "\n\nFrom c d\n\n", []string{"\n" + strings.Repeat("x", 100) + "\n", "\n"}},
		"nothing in a mail":   {"From a b\n", []string{""}},
		"empty lines between": {"From a b\n\none\n\n\n\nFrom c d\n\ntwo\n", []string{"\none\n\n\n", "\ntwo\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mailsOf(t, test.text); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// likeBeginning is what a line looks like that is not to be taken for the
// beginning of a mail.
var likeBeginning = regexp.MustCompile(`(?m)^>*From `)

// inMbox gives a mail as it stands in an mbox.
func inMbox(mail string) string {
	return "From somebody@sender.example Tue Nov 17 10:00:00 2026\n" + likeBeginning.ReplaceAllString(mail, ">$0") + "\n"
}

// FuzzMails: whatever two mails say, they come out of an mbox as they went in.
func FuzzMails(f *testing.F) {
	f.Add("Subject: 1\n\nFrom here\n>From there\n", "\n\n")
	f.Add("", "From ")
	f.Fuzz(func(t *testing.T, first, second string) {
		first, second = first+"\n", second+"\n"
		for _, mail := range []string{first, second} {
			if strings.HasSuffix(mail, "\r\n\n") || strings.Contains(mail, "\r") {
				return // Line ends of two kinds.
			}
		}
		if got := mailsOf(t, inMbox(first)+inMbox(second)); !slices.Equal(got, []string{first, second}) {
			t.Errorf("got %q, want %q", got, []string{first, second})
		}
	})
}

// TestTooLarge: of a mail that is too large enough is given to tell.
func TestTooLarge(t *testing.T) {
	large := "From a b\n\n" + strings.Repeat("x\n", 1000) + "\nFrom c d\n\n"
	var sizes []int
	for mail, err := range mbox.Mails(bufio.NewReader(strings.NewReader(large)), 100) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(mail))
	}
	if !slices.Equal(sizes, []int{101, 1}) {
		t.Errorf("mails of %d bytes", sizes)
	}
}
