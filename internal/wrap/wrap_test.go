package wrap_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sealpost/internal/wrap"
)

func TestLines(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{" \n ", []string{""}},
		{"one two three", []string{"one two", "three"}},
		{"one  two\nthree", []string{"one two", "three"}},
		{"eight888 x", []string{"eight888", "x"}},
		{"a nine99999", []string{"a", "nine9999", "9"}},
		{"seventeen99999999 b", []string{"seventee", "n9999999", "9 b"}},
		{"ä ööööööö ü", []string{"ä", "ööööööö", "ü"}},
	} {
		if got := wrap.Lines(test.text, 8); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestHang(t *testing.T) {
	for _, test := range []struct{ lead, text, want string }{
		{"- ", strings.Repeat("word ", 16), "- " + strings.Repeat("word ", 14) + "word\n  word\n"},
		{"Seen  ", "", "Seen\n"},
		{"", "word", "word\n"},
		{"é: ", strings.Repeat("x", wrap.Width), "é: " + strings.Repeat("x", wrap.Width-3) + "\n   xxx\n"},
	} {
		var got strings.Builder
		if wrap.Hang(&got, test.lead, test.text); got.String() != test.want {
			t.Errorf("got %q, want %q", got.String(), test.want)
		}
	}
}

// FuzzLines: no line is too long, and no word is lost.
func FuzzLines(f *testing.F) {
	f.Add("one two three", 8)
	f.Add("\xff\xfe a\u00a0b", 1)
	f.Fuzz(func(t *testing.T, text string, width int) {
		if width < 1 || width > 200 || !utf8.ValidString(text) {
			return
		}
		lines := wrap.Lines(text, width)
		for _, line := range lines {
			if utf8.RuneCountInString(line) > width {
				t.Errorf("%q has more than %d columns", line, width)
			}
		}
		if got := strings.Join(strings.Fields(strings.Join(lines, "")), ""); got != strings.Join(strings.Fields(text), "") {
			t.Errorf("%q became %q", text, lines)
		}
	})
}
