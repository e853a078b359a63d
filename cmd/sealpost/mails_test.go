package main

import (
	"bufio"
	"slices"
	"strings"
	"testing"
	"time"
)

func mailsOf(t testing.TB, text string) []string {
	t.Helper()
	var all []string
	for mail, err := range mails(bufio.NewReaderSize(strings.NewReader(text), 16)) { // Lines come in pieces.
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(mail))
	}
	return all
}

func TestMbox(t *testing.T) {
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

// FuzzMbox: whatever two mails say, they come out of an mbox as they went in.
func FuzzMbox(f *testing.F) {
	f.Add("Subject: 1\n\nFrom here\n>From there\n", "\n\n")
	f.Add("", "From ")
	f.Fuzz(func(t *testing.T, first, second string) {
		first, second = first+"\n", second+"\n"
		for _, mail := range []string{first, second} {
			if strings.HasSuffix(mail, "\r\n\n") || strings.Contains(mail, "\r") {
				t.Skip("line ends of two kinds")
			}
		}
		if got := mailsOf(t, inMbox(first)+inMbox(second)); !slices.Equal(got, []string{first, second}) {
			t.Errorf("got %q, want %q", got, []string{first, second})
		}
	})
}

func TestReceivedAt(t *testing.T) {
	now := time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)
	tuesday := time.Date(2026, time.November, 17, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		mail string
		want time.Time
	}{
		"the first field":  {"Return-Path: <>\nReceived: from a by b; Tue, 17 Nov 2026 11:00:00 +0100 (CET)\nReceived: by c; Mon, 16 Nov 2026 10:00:00 +0000\n\n", tuesday},
		"folded":           {"received: from a\r\n\tby b; with c;\r\n Tue, 17 Nov 2026 10:00:00 +0000\r\nFrom: x\r\n\r\n", tuesday},
		"none":             {"Date: Tue, 17 Nov 2026 10:00:00 +0000\n\nReceived: by c; Tue, 17 Nov 2026 10:00:00 +0000\n", time.Time{}},
		"no date":          {"Received: by c\n\n", time.Time{}},
		"ahead":            {"Received: by c; Sat, 21 Nov 2026 10:00:00 +0000\n\n", time.Time{}},
		"before there was": {"Received: by c; Thu, 01 Jan 1970 00:00:00 +0000\n\n", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := receivedAt([]byte(test.mail), now); !got.Equal(test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestLooksLikeMail(t *testing.T) {
	for text, want := range map[string]bool{
		"Return-Path: <>\n": true, "X-A_b.c :\n": true, "{\"a\":1}": false, "\"a\":1": false, "[1]": false,
		"\x1f\x8b:": false, "no report: none": false, "": false, " From: x": false,
	} {
		if got := looksLikeMail("a", []byte(text)); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
	if !looksLikeMail("a.EML", nil) {
		t.Error("a.EML does not look like a mail")
	}
}
