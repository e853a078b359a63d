package digest_test

import (
	"strings"
	"testing"
	"unicode"

	"sealpost/internal/digest"
)

func TestReporterNames(t *testing.T) {
	for _, test := range []struct{ signer, organization, want string }{
		{"google.com", "Google Inc.", `google.com ("Google Inc.")`},
		{"google.com", "", `google.com (no name given)`},
		{"Google.COM.", "Google", `google.com ("Google")`},
		{"b\u00fccher.example", "B\u00fccher", "xn--bcher-kva.example (\"B\u00fccher\")"},
		{"evil.example", "google.com", `evil.example ("google.com")`},
		{"evil.example", `x"); google.com ("Google Inc.`, `evil.example ("x'); google.com ('Google Inc.")`},
		{"evil.example", "x\u201d); google.com (\uff02y", `evil.example ("x'); google.com ('y")`},
		{"evil.example", "a\u2033b\u02bac\u301ed\u00abe\u3003", `evil.example ("a'b'c'd'e'")`},
		{"evil.example", "Google, Microsoft and Yahoo", `evil.example ("Google, Microsoft and Yahoo")`},
		{"evil.example", "a\r\nReported by google.com", `evil.example ("a\u000D\u000AReported by google.com")`},
		{"evil.example", "\u202emoc.elgoog", `evil.example ("\u202Emoc.elgoog")`},
		{"evil.example", "\u2068x\u2069", `evil.example ("\u2068x\u2069")`},
		{"evil.example", "\u05d2\u05d5\u05d2\u05dc (1)", "evil.example (\"\u2068\u05d2\u05d5\u05d2\u05dc (1)\u2069\")"},
		{"evil.example", strings.Repeat("y", 100), `evil.example ("` + strings.Repeat("y", 59) + "\u2026\")"},
		{`evil.example" ("`, "x", `"evil.example' ('" ("x")`},
		{"_x.example", "x", `"_x.example" ("x")`},
	} {
		if got := digest.SignedReporter(test.signer, test.organization); got != test.want {
			t.Errorf("%q of %q: got %s; want %s", test.organization, test.signer, got, test.want)
		}
	}
	if got, want := digest.UnauthenticatedReporter("Google Inc."), `unauthenticated ("Google Inc.")`; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
	if got, want := digest.DistrustedReporter("evil.example", "Google Inc."), `evil.example (distrusted, "Google Inc.")`; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
}

// TestWord: what is one word reads as itself, and a sentence is quoted.
func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"mx1.example.com": "mx1.example.com", "*.mail.example": "*.mail.example", "[192.0.2.25]": "[192.0.2.25]", "2001:db8::25": "2001:db8::25",
		"starttls-not-supported": "starttls-not-supported", "2026-11-16T00:00:00Z_meadow.example": "2026-11-16T00:00:00Z_meadow.example",
		"mx1 at google.com":                            `"mx1 at google.com"`,
		`mx1: 9 failed; seen by google.com ("Google")`: `"mx1: 9 failed; seen by google.com ('Google')"`,
		"https://evil.example/fix":                     `"https://evil.example/fix"`,
		"mx1,google.com":                               `"mx1,google.com"`,
		"mx1\u200bx":                                   `"mx1\u200Bx"`,
		"mx1\u2024example":                             "\"mx1\u2024example\"",
		"":                                             "no name given",
		strings.Repeat("y", 253):                       strings.Repeat("y", 253),
		strings.Repeat("y", 254):                       `"` + strings.Repeat("y", 59) + "\u2026\"",
	} {
		if got := digest.Word(text); got != want {
			t.Errorf("%q: got %s; want %s", text, got, want)
		}
	}
}

// FuzzReporterNames: whatever a reporter calls itself, it is visible where that
// begins and ends.
func FuzzReporterNames(f *testing.F) {
	f.Add("Google Inc.")
	f.Add(`x"); google.com ("y`)
	f.Add("\u05d2\u2069\"")
	f.Fuzz(func(t *testing.T, organization string) {
		name, is := strings.CutPrefix(digest.UnauthenticatedReporter(organization), "unauthenticated (")
		name, ends := strings.CutSuffix(name, ")")
		if organization == "" && name == "no name given" {
			return
		}
		if !is || !ends || len(name) < 2 || name[0] != '"' || name[len(name)-1] != '"' {
			t.Fatalf("%q: %s", organization, name)
		}
		inside := name[1 : len(name)-1]
		if isolated, is := strings.CutPrefix(inside, "\u2068"); is {
			inside = strings.TrimSuffix(isolated, "\u2069")
		}
		for _, r := range inside {
			if !unicode.IsPrint(r) || unicode.Is(unicode.Quotation_Mark, r) && r != '\'' {
				t.Errorf("%q: %s has %q", organization, name, r)
			}
		}
	})
}
