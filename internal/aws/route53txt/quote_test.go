package route53txt

import (
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for value, want := range map[string]string{
		"":                               `""`,
		"v=STSv1; id=20260101;":          `"v=STSv1; id=20260101;"`,
		`a"b\c`:                          `"a\"b\\c"`,
		"\x00 \n~\x7f\u00fc\xff":         `"\000 \012~\177\303\274\377"`,
		strings.Repeat("a", 255):         `"` + strings.Repeat("a", 255) + `"`,
		strings.Repeat("a", 255) + "b":   `"` + strings.Repeat("a", 255) + `" "b"`,
		strings.Repeat(`"`, 256):         `"` + strings.Repeat(`\"`, 255) + `" "\""`,
		strings.Repeat("\u00fc", 128):    `"` + strings.Repeat(`\303\274`, 127) + `\303" "\274"`,
		strings.Repeat("abc", 255) + "d": `"` + strings.Repeat("abc", 85) + `" "` + strings.Repeat("abc", 85) + `" "` + strings.Repeat("abc", 85) + `" "d"`,
	} {
		if got := quote(value); got != want {
			t.Errorf("%.20q becomes %s; want %s", value, got, want)
		}
		if got := unquote(want); got != value {
			t.Errorf("%s is read as %q; want %q", want, got, value)
		}
	}
}

// TestUnquote reads what others may have written.
func TestUnquote(t *testing.T) {
	for quoted, want := range map[string]string{
		`"v=STSv1;" "id=1;"`:   "v=STSv1;id=1;",
		`"v=STSv1;""id=1;"`:    "v=STSv1;id=1;",
		`"v=STSv1;"	" id=1;" `: "v=STSv1; id=1;",
		`"\075\"\\\x"`:         `="\x`,
		`"\400\08a"`:           "40008a",
		`"\07"`:                `07`, // The mark behind is no digit.
		`v=STSv1;`:             "v=STSv1;",
		`"open`:                "open",
		`"open\`:               `open\`,
		`\1`:                   "1",
		``:                     "",
	} {
		if got := unquote(quoted); got != want {
			t.Errorf("%s is read as %q; want %q", quoted, got, want)
		}
	}
}

func FuzzUnquote(f *testing.F) {
	f.Add(`"v=STSv1; id=1;"`)
	f.Add(`"\303\274" "\"\\`)
	f.Fuzz(func(t *testing.T, text string) {
		if got := unquote(quote(text)); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
		if read := unquote(text); len(read) > len(text) {
			t.Errorf("%q is read as more: %q", text, read)
		}
	})
}
