package message_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sealpost/internal/message"
)

func TestCut(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		fields    string // Name and text of each.
		body      string
	}{
		{"plain", "From: a\r\nTo: b\r\n\r\nText.\r\n", "from=a|to=b", "Text.\r\n"},
		{"lines end with LF", "From: a\nTo: b\n\nText.\n", "from=a|to=b", "Text.\n"},
		{"lines end either way", "From: a\nTo: b\r\n\nText.", "from=a|to=b", "Text."},
		{"folded", "Subject: a\r\n  b\r\n\tc \r\n\r\n", "subject=a b c", ""},
		{"folded with white space only", "Subject: a\r\n \t\r\n b\r\n \r\nTo: c\r\n\r\nx", "subject=a b|to=c", "x"},
		{"runs of white space", "Subject: \t a  b\t\tc \r\n\r\n", "subject=a b c", ""},
		{"blanks before the colon", "Subject \t: a\r\n\r\n", "subject=a", ""},
		{"case", "SUBJECT: A\r\n\r\n", "subject=A", ""},
		{"nothing after the colon", "Subject:\r\n\r\n", "subject=", ""},
		{"no colon", "From: a\r\nnonsense\r\n that goes on: b\r\nTo: c\r\n\r\n", "from=a|to=c", ""},
		{"a line of mbox", "From a@heron.example Tue Nov 17 10:00:00 2026\r\nFrom: a\r\n\r\n", "from=a", ""},
		{"a blank in the name", "Content Type: a\r\nTo: b\r\n\r\n", "to=b", ""},
		{"no name", ": a\r\n:\r\nTo: b\r\n\r\n", "to=b", ""},
		{"folded from the first line", " a: b\r\nTo: c\r\n\r\n", "to=c", ""},
		{"not ASCII in the name", "Sub\u017fject: a\r\nSubje\u00a0ct: b\r\nTo\u00a0: c\r\n\r\n", "", ""},
		{"not ASCII after the colon", "Subject: B\u00fcro \xff\r\n\r\n", "subject=B\u00fcro \xff", ""},
		{"a Kelvin sign is no k", "D\u212aIM-Signature: a\r\n\r\n", "", ""},
		{"a byte order mark", "\ufeffFrom: a\r\nTo: b\r\n\r\n", "to=b", ""},
		{"no empty line", "From: a\r\nTo: b", "from=a|to=b", ""},
		{"no empty line before the parts", "From: a\r\n--b\r\nTo: b\r\n", "from=a|to=b", ""},
		{"nothing", "", "", ""},
		{"an empty line", "\r\n\r\nText.", "", "\r\nText."},
		{"a carriage return alone is no break", "From: a\rTo: b\r\n\r\n", "from=a To: b", ""},
		{"two before a line feed", "From: a\r\n\r\r\nTo: b\r\n\r\n", "from=a|to=b", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := message.Cut([]byte(test.raw))
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(m); got != test.fields || string(m.Body) != test.body {
				t.Errorf("got %q and %q, want %q and %q", got, m.Body, test.fields, test.body)
			}
		})
	}
}

func texts(m message.Message) string {
	var fields []string
	for _, field := range m.Fields {
		fields = append(fields, field.Name+"="+field.Text())
	}
	return strings.Join(fields, "|")
}

// TestCutPart: what the canonicalization relaxed takes for an empty line is one.
func TestCutPart(t *testing.T) {
	for _, raw := range []string{"\r\nContent-Type: a\r\n\r\nb", " \r\nContent-Type: a\r\n\r\nb", "\t \nContent-Type: a\n\nb"} {
		if m, err := message.CutPart([]byte(raw)); err != nil || len(m.Fields) > 0 || !bytes.HasPrefix(m.Body, []byte("Content-Type")) {
			t.Errorf("%q: got %q and %q, %v", raw, texts(m), m.Body, err)
		}
	}
	if m, err := message.CutPart([]byte("Content-Type: a;\r\n b\r\n \r\n c\r\n\r\nd")); err != nil || texts(m) != "content-type=a; b" || string(m.Body) != " c\r\n\r\nd" {
		t.Errorf("got %q and %q, %v", texts(m), m.Body, err)
	}
}

func TestCount(t *testing.T) {
	m, err := message.Cut([]byte("A: 1\r\nB: 2\r\na : 3\r\n\r\n"))
	if err != nil || m.Count("a") != 2 || m.Count("b") != 1 || m.Count("c") != 0 || m.All("a")[1].Text() != "3" {
		t.Errorf("got %q, %v", texts(m), err)
	}
}

func TestUnambiguous(t *testing.T) {
	for raw, want := range map[string]error{
		"From: a\r\n b\r\n\r\n\r\x00":  nil, // The body may have anything.
		"From: a\n\nb":                 nil,
		"From: a\r\nTo: b":             nil,
		"From: a\rTo: b\r\n\r\n":       message.ErrAmbiguous,
		"From: a\r\r\nTo: b\r\n\r\n":   message.ErrAmbiguous,
		"From: a\r":                    message.ErrAmbiguous,
		"From: a\x00\r\n\r\n":          message.ErrAmbiguous,
		"nonsense\r \r\nTo: b\r\n\r\n": message.ErrAmbiguous,
	} {
		m, err := message.Cut([]byte(raw))
		if got := m.Unambiguous(); err != nil || !errors.Is(got, want) {
			t.Errorf("%q: got %v, %v; want %v", raw, got, err, want)
		}
	}
}

func TestHeaderTooLong(t *testing.T) {
	whole := "A: " + strings.Repeat("b", message.MaxHeader-7) + "\r\n\r\n"
	if m, err := message.Cut([]byte(whole + "text")); err != nil || string(m.Body) != "text" {
		t.Errorf("got %d fields, %v", len(m.Fields), err)
	}
	if m, err := message.Cut([]byte(strings.Repeat("a:\r\n", message.MaxFields) + "no field\r\n\r\n")); err != nil || len(m.Fields) != message.MaxFields {
		t.Errorf("got %d fields, %v", len(m.Fields), err)
	}
	for _, raw := range []string{"b" + whole, strings.Repeat("a:\r\n", message.MaxFields+1), "A: b" + strings.Repeat("\r\n b", message.MaxHeader/4)} {
		if _, err := message.Cut([]byte(raw)); !errors.Is(err, message.ErrHeaderTooLong) {
			t.Errorf("%d bytes: got %v", len(raw), err)
		}
	}
}

// FuzzCut holds the cutting to what reader and verifier rely on:
// the pieces are those of the message, and no change that the canonicalization
// relaxed lets pass changes what is read.
func FuzzCut(f *testing.F) {
	for _, seed := range []string{
		"From: a\r\nTo: b\r\n\r\nText.", "A:\n b\n\n", " a\r\n\tb:c\r\n \r\n\r\n", "A\x00: b\rC: d\r\n\r\n", "From x\nA :b\n", "a:b\r", "\r\n", "A: b\r\n \r\nc: d",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, cut := range []func([]byte) (message.Message, error){message.Cut, message.CutPart} {
			m, err := cut(raw)
			if err != nil {
				if len(raw) <= message.MaxHeader && bytes.Count(raw, []byte(":")) <= message.MaxFields {
					t.Errorf("%d bytes: %v", len(raw), err)
				}
				continue
			}
			check(t, raw, m)
			if again, err := cut(relaxed(m)); err != nil || texts(again) != texts(m) || !bytes.Equal(again.Body, m.Body) {
				t.Errorf("%q is read as %q, and canonicalized as %q, %v", raw, texts(m), texts(again), err)
			}
		}
	})
}

// check holds the pieces to the message that they were cut from.
func check(t *testing.T, raw []byte, m message.Message) {
	t.Helper()
	at := 0
	for _, field := range m.Fields {
		found := bytes.Index(raw[at:], field.Raw)
		if found < 0 {
			t.Fatalf("%q is not in %q after %d", field.Raw, raw, at)
		}
		at += found + len(field.Raw)
		name, _, isField := bytes.Cut(field.Raw, []byte(":"))
		if !isField || !strings.EqualFold(strings.TrimRight(string(name), " \t"), field.Name) || field.Name == "" || strings.ContainsAny(field.Name, " \t\r\n\x00:") {
			t.Errorf("%q is called %q", field.Raw, field.Name)
		}
		if text := field.Text(); strings.ContainsAny(text, "\r\n\t") || strings.Contains(text, "  ") || strings.Trim(text, " ") != text {
			t.Errorf("%q says %q", field.Raw, text)
		}
		for _, line := range bytes.Split(bytes.TrimSuffix(field.Raw, []byte("\n")), []byte("\n"))[1:] {
			if len(line) == 0 || line[0] != ' ' && line[0] != '\t' {
				t.Errorf("%q has two fields in it", field.Raw)
			}
		}
	}
	if !bytes.HasSuffix(raw, m.Body) || at > len(raw)-len(m.Body) {
		t.Errorf("the body %q of %q begins within its header", m.Body, raw)
	}
}

// relaxed is a message with its fields canonicalized (RFC 6376, section 3.4.2).
func relaxed(m message.Message) []byte {
	var text bytes.Buffer
	for _, field := range m.Fields {
		text.WriteString(field.Name + ":" + field.Text() + "\r\n")
	}
	return append(append(text.Bytes(), "\r\n"...), m.Body...)
}
