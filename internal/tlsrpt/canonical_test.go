package tlsrpt_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
)

func canonical(tb testing.TB, text string) []byte {
	tb.Helper()
	line, err := tlsrpt.Canonical([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return line
}

func key(tb testing.TB, text string) string {
	tb.Helper()
	return tlsrpt.Key(canonical(tb, text))
}

func TestCanonical(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"white space", " {\r\n\t\"a\" : [ 1 , 2 ] }\n", `{"a":[1,2]}`},
		{"white space in texts stays", `{"a b": " c "}`, `{"a b":" c "}`},
		{"byte order mark", "\ufeff{}", `{}`},
		{"order stays", `{"b": 1, "a": 2}`, `{"b":1,"a":2}`},
		{"numbers stay", `[1.0, 1e3, -0, 9007199254740993]`, `[1.0,1e3,-0,9007199254740993]`},
		{"escapes stay", `["\u0041\/", "<é>"]`, `["\u0041\/","<é>"]`},
	} {
		if got := canonical(t, test.text); string(got) != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	for _, broken := range []string{"", "{", `{"a" 1}`, "{}{}"} {
		if got, err := tlsrpt.Canonical([]byte(broken)); err == nil {
			t.Errorf("%q: got %s, want an error", broken, got)
		}
	}
}

func TestCanonicalLeavesTheTextAlone(t *testing.T) {
	text := "\ufeff" + example(t)
	given := []byte(text)
	if _, err := tlsrpt.Canonical(given); err != nil || string(given) != text {
		t.Errorf("the text has become %q, %v", given, err)
	}
}

func TestKeyIsFixed(t *testing.T) {
	const want = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
	if got := key(t, "{ }"); got != want {
		t.Errorf("got %s, want the SHA-256 of {}, %s", got, want)
	}
}

func TestSameKey(t *testing.T) {
	want := key(t, example(t))
	var line, spread bytes.Buffer
	if err := json.Compact(&line, []byte(example(t))); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&spread, []byte(example(t)), "", "\t\t"); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"on one line":            line.String(),
		"indented":               spread.String(),
		"with CRLF":              strings.ReplaceAll(example(t), "\n", "\r\n"),
		"with a byte order mark": "\ufeff" + example(t),
	} {
		if got := key(t, text); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestOtherKey changes every letter and digit of the example in turn.
func TestOtherKey(t *testing.T) {
	text := example(t)
	keys := map[string]int{key(t, text): -1}
	for i, c := range []byte(text) {
		changed := []byte(text)
		switch {
		case 'b' <= c && c <= 'z' || '1' < c && c <= '9':
			changed[i]--
		default:
			continue
		}
		got := key(t, string(changed))
		if other, taken := keys[got]; taken {
			t.Errorf("changes at bytes %d and %d give the same key", i, other)
		}
		keys[got] = i
	}
	if len(keys) < 500 {
		t.Errorf("only %d changes were tried", len(keys))
	}
}
