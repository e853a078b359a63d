package digest_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sealpost/internal/digest"
)

func TestReadable(t *testing.T) {
	tests := []struct {
		in     string
		length int
		want   string
	}{
		{"", 10, ""},
		{"Lark Mail", 9, "Lark Mail"},
		{"Lark Mails", 9, "Lark Mai…"},
		{"Käfer und Söhne", 15, "Käfer und Söhne"},
		{"鳥の郵便", 4, "鳥の郵便"},
		{"a\x1b[31mb", 20, `a\u001B[31mb`},
		{"line\r\nfeed", 30, `line\u000D\u000Afeed`},
		{"\u202egnp.exe", 20, `\u202Egnp.exe`},
		{"no\u00a0break", 20, `no\u00A0break`},
		{"tag \U000e0041", 20, `tag \U000E0041`},
		{"\xff", 10, "\ufffd"},
		{"ab\x00", 5, "ab…"}, // An escape is never cut in two.
		{strings.Repeat("A", 10_000), 3, "AA…"},
	}
	for _, test := range tests {
		if got := digest.Readable(test.in, test.length); got != test.want {
			t.Errorf("Readable(%.20q, %d) = %q, want %q", test.in, test.length, got, test.want)
		}
	}
}

func FuzzReadable(f *testing.F) {
	f.Add("Lark Mail", 60)
	f.Add("\x1b]0;title\x07\u202e\u2066", 12)
	f.Add("\xf0\x9f", 1)
	f.Fuzz(func(t *testing.T, s string, length int) {
		if length < 1 || length > 1000 {
			return
		}
		got := digest.Readable(s, length)
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q holds %U", got, r)
			}
		}
		if n := utf8.RuneCountInString(got); n > length || !utf8.ValidString(got) {
			t.Errorf("Readable(%q, %d) = %q, %d characters", s, length, got, n)
		}
		if again := digest.Readable(got, length); again != got {
			t.Errorf("%q becomes %q when read again", got, again)
		}
	})
}
