package mtasts_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

func TestParse(t *testing.T) {
	host := []string{"mx.example.com"}
	tests := []struct {
		name string // With the section of RFC 8461 that decides.
		text string
		want mtasts.Policy
	}{
		{"3.2: LF", "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 604800}},
		{"3.2: CRLF", "version: STSv1\r\nmode: testing\r\nmx: mx.example.com\r\nmax_age: 1\r\n",
			mtasts.Policy{Mode: mtasts.ModeTesting, MX: host, MaxAge: 1}},
		{"3.2: both, and no terminator at the end", "version: STSv1\r\nmode: enforce\nmx: mx.example.com\r\nmax_age: 1",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 1}},
		{"3.2: any order", "max_age: 1\nmx: mx.example.com\nmode: enforce\nversion: STSv1\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 1}},
		{"3.2: WSP after the colon or none, and at the end", "version:STSv1 \t\nmode:\t enforce\nmx:mx.example.com\t\nmax_age: 1 ",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 1}},
		{"3.2: several mx, wildcard, case kept", "version: STSv1\nmode: enforce\nmx: MX.example.com\nmx: *.example.net\nmax_age: 1\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: []string{"MX.example.com", "*.example.net"}, MaxAge: 1}},
		{"3.2: no mx needed in mode none", "version: STSv1\nmode: none\nmax_age: 86400\n",
			mtasts.Policy{Mode: mtasts.ModeNone, MaxAge: 86400}},
		{"3.2: unknown fields are ignored", "version: STSv1\nx-1.a_b: a: b c\u00fc\nmode: enforce\nMode: none\nmx: mx.example.com\nmax_age: 1\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 1}},
		{"3.2: the first of a repeated field counts", "version: STSv1\nmode: enforce\nmode: none\nversion: STSv2\nmx: mx.example.com\nmax_age: 1\nmax_age: x\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 1}},
		{"3.2: max_age of ten digits, leading zeros", "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 0031557600\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 31557600}},
		{"3.2: max_age over the limit is good grammar", "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 9999999999\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: host, MaxAge: 9999999999}},
		{"RFC 5321, 4.1.2: a Domain may be all digits", "version: STSv1\nmode: enforce\nmx: 192.0.2.1\nmax_age: 1\n",
			mtasts.Policy{Mode: mtasts.ModeEnforce, MX: []string{"192.0.2.1"}, MaxAge: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mtasts.Parse([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestParseError(t *testing.T) {
	const head = "version: STSv1\nmode: enforce\n"
	const tail = "mx: mx.example.com\nmax_age: 1\n"
	tests := []struct {
		name string // With the section of RFC 8461 that decides.
		text string
		line int
		want string // Part of the message.
	}{
		{"empty", "", 0, "nothing in it"},
		{"3.2: version required", "mode: enforce\n" + tail, 0, `"version" is missing`},
		{"3.2: mode required", "version: STSv1\n" + tail, 0, `"mode" is missing`},
		{"3.2: names are case-sensitive, that of mx too", head + "MX: mx.example.com\nmax_age: 1\n", 3, `"MX" counts for nothing`},
		{"3.2: max_age required", head + "mx: mx.example.com\n", 0, `"max_age" is missing`},
		{"3.2: mx required in enforce", head + "max_age: 1\n", 0, "mode enforce needs at least one mx"},
		{"3.2: blank line", head + "\n" + tail, 3, "blank"},
		{"3.2: blank line of CRLF at the end", head + tail + "\r\n", 5, "blank"},
		{"3.2: only a terminator", "\n", 1, "blank"},
		{"3.2: line of spaces", head + "  \n" + tail, 3, "no colon"},
		{"3.2: no colon", head + "hello\n" + tail, 3, `"hello" has no colon`},
		{"3.2: comment", "# ours\n" + head + tail, 1, "no colon"},
		{"3.2: comment with a colon", "# ours: x\n" + head + tail, 1, "not a field name"},
		{"3.2: space before the name", head + " mx: mx.example.com\nmax_age: 1\n", 3, "not a field name"},
		{"3.2: space before the colon", head + "mx : mx.example.com\nmax_age: 1\n", 3, "not a field name"},
		{"byte order mark", "\ufeff" + head + tail, 1, "not a field name"},
		{"UTF-16", "\xff\xfe" + strings.ReplaceAll(head, "", "\x00")[1:] + "\r\x00\n\x00", 1, "UTF-16"},
		{"3.2: extension name over 32", head + strings.Repeat("a", 33) + ": x\n" + tail, 3, "not a field name"},
		{"3.2: extension without value", head + "x: \n" + tail, 3, "is empty"},
		{"3.2: tab in an extension", head + "x: a\tb\n" + tail, 3, "control character"},
		{"3.2: DEL in an extension", head + "x: a\x7fb\n" + tail, 3, "control character"},
		{"RFC 3629: not UTF-8", head + "x: \xff\n" + tail, 3, "not UTF-8"},
		{"3.2: bare CR as terminator", "version: STSv1\rmode: enforce\r" + tail, 1, "a CR that no LF follows"},
		{"3.2: CR at the very end", head + "mx: mx.example.com\nmax_age: 1\r", 4, "a CR that no LF follows"},
		{"3.2: repeated field of no field's shape", head + "mode:\n" + tail, 3, "is empty"},
		{"3.2: version", "version: STSv2\nmode: enforce\n" + tail, 1, `"STSv2"`},
		{"3.2: version is case-sensitive", "version: stsv1\nmode: enforce\n" + tail, 1, `"stsv1"`},
		{"3.2: mode", "version: STSv1\nmode: Enforce\n" + tail, 2, `"Enforce"`},
		{"3.2: names are case-sensitive", "version: STSv1\nMode: enforce\n" + tail, 2, `"Mode" counts for nothing`},
		{"3.2: mx with trailing dot", head + "mx: mx.example.com.\nmax_age: 1\n", 3, "not an MX pattern"},
		{"3.2: bare wildcard", head + "mx: *\nmax_age: 1\n", 3, "not an MX pattern"},
		{"3.2: wildcard inside a label", head + "mx: mx*.example.com\nmax_age: 1\n", 3, "not an MX pattern"},
		{"3.2: wildcard not left-most", head + "mx: mx.*.example.com\nmax_age: 1\n", 3, "not an MX pattern"},
		{"3.2: U-label", head + "mx: mx.b\u00fccher.example\nmax_age: 1\n", 3, "not an MX pattern"},
		{"RFC 5321, 4.1.2: underscore", head + "mx: mx_1.example.com\nmax_age: 1\n", 3, "not an MX pattern"},
		{"RFC 5321, 4.1.2: hyphen at the end of a label", head + "mx: mx-.example.com\nmax_age: 1\n", 3, "not an MX pattern"},
		{"3.2: two hosts on a line", head + "mx: a.example b.example\nmax_age: 1\n", 3, "not an MX pattern"},
		{"3.2: max_age of eleven digits", head + "mx: mx.example.com\nmax_age: 00000000001\n", 4, "up to ten digits"},
		{"3.2: max_age negative", head + "mx: mx.example.com\nmax_age: -1\n", 4, "write seconds"},
		{"3.2: max_age with a unit", head + "mx: mx.example.com\nmax_age: 7d\n", 4, "write seconds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mtasts.Parse([]byte(tt.text))
			var syntax *mtasts.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error is %v, want a SyntaxError", err)
			}
			if syntax.Line != tt.line || !strings.Contains(syntax.Message, tt.want) {
				t.Errorf("got %q at line %d, want %q at line %d", syntax.Message, syntax.Line, tt.want, tt.line)
			}
		})
	}
}

func TestSyntaxErrorNamesTheLine(t *testing.T) {
	_, err := mtasts.Parse([]byte("version: STSv1\nmode: on\n"))
	if want := `line 2: the mode is "on": it must be enforce, testing or none`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// FuzzParse: what parses and may be published is written and read back as the
// same policy.
func FuzzParse(f *testing.F) {
	f.Add(sample.Render())
	f.Add([]byte("version:STSv1\r\nmode: none \r\nx: \u00fc\r\nmx: *.A.example\r\nmx: xn--bcher-kva.example\r\nmax_age: 086400"))
	f.Add([]byte("max_age: 31557600\nmode: testing\nmode: x\nmx: mx.example.com\nversion: STSv1\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := mtasts.Parse(text)
		if err != nil {
			return
		}
		policy := parsed.Normalize()
		if policy.Check() != nil {
			return
		}
		body := policy.Render()
		again, err := mtasts.Parse(body)
		if err != nil {
			t.Fatalf("published policy does not parse: %v\n%s", err, body)
		}
		if !reflect.DeepEqual(again, policy) {
			t.Fatalf("got %+v, want %+v", again, policy)
		}
		if problems := again.Check(); problems != nil {
			t.Fatalf("problems after a round trip: %v", problems)
		}
	})
}
