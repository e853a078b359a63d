package policyitem_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyitem"
	"sealpost/internal/publication"
)

var update = flag.Bool("update", false, "write the expected outcomes anew")

// divider stands between what goes in and what comes out.
const divider = "----------\n"

// TestRead reads the items in testdata/read. The first line of a case is the
// domain that is known already, the rest down to the divider the item. Below it
// stands the policy that is asked for, or else why it is refused.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/read/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(text), divider)
			domain, item, _ := strings.Cut(input, "\n")
			got := outcome(policyitem.Read(domain, []byte(item)))
			if *update {
				if err := os.WriteFile(file, []byte(input+divider+got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

func outcome(desired publication.Desired, problems []publication.Problem) string {
	if len(problems) == 0 {
		return string(desired.Policy.Render())
	}
	var text strings.Builder
	for _, problem := range problems {
		text.WriteString(problem.String() + "\n")
	}
	return text.String()
}

const override = `"override": {"reason": "...", "until": "2026-12-01T00:00:00Z", "rules": ["testing-first"]}`

// TestReadWhatTheSchemaLetsPass: the decoder is stricter than the schema, and
// the wording of its reasons is its own.
func TestReadWhatTheSchemaLetsPass(t *testing.T) {
	for name, test := range map[string]struct{ item, want string }{
		"name twice":     {`{"domain": "example.com", "mode": "testing", "mode": "enforce", "mx": ["mx.example.com"]}`, "/mode: stands twice; keep one"},
		"override twice": {`{"domain": "example.com", "mode": "testing", "mx": ["mx.example.com"], ` + override + `, ` + override + `}`, "/override: stands twice; keep one"},
		"broken UTF-8":   {"{\"domain\": \"example.com\", \"mode\": \"enforce\", \"mx\": [\"mx.example.com\"], \"comment\": \"\xff\"}", "the policy cannot be read: "},
		"UTF-16":         {"\xff\xfe{\x00}\x00", "the policy is written in UTF-16; save it as UTF-8"},
		"other UTF-16":   {"\xfe\xff\x00{\x00}", "the policy is written in UTF-16; save it as UTF-8"},
		"no reason":      {`{"domain": "example.com", "mode": "testing", "mx": ["mx.example.com"], ` + override + `}`, "/override/reason: write in place of ... why it is safe"},
	} {
		desired, problems := policyitem.Read("example.com", []byte(test.item))
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), test.want) {
			t.Errorf("%s: %+v, %v; want one problem: %s", name, desired, problems, test.want)
		}
	}
}

// TestUntil has when an override may end.
func TestUntil(t *testing.T) {
	const refusal = "/override/until: must be a date and time with a zone, such as 2026-12-31T00:00:00Z"
	for until, good := range map[string]bool{
		"2026-12-31T00:00:00Z": true, "2026-12-31T00:00:00.5Z": true, "2026-12-31T00:00:00+05:30": true, "2028-02-29T23:59:59-12:00": true,
		"2026-12-31": false, "00:00:00": false, "2026-12-31T00:00:00": false, "2026-12-31 00:00:00Z": false, "2026-12-31T00:00Z": false, "tomorrow": false, "": false,
		"2026-12-31t00:00:00z": false, "2026-12-31T0:00:00Z": false, "2026-12-31T00:00:00,5Z": false, "2026-12-31T00:00:00+24:00": false, "2026-12-31T00:00:00+0000": false,
		"2026-02-30T00:00:00Z": false, "2026-13-01T00:00:00Z": false, "2026-12-31T24:00:00Z": false, "2026-12-31T23:59:60Z": false, "20262-12-31T00:00:00Z": false,
	} {
		_, problems := policyitem.Read("example.com", []byte(`{"domain": "example.com", "mode": "testing", "mx": ["mx.example.com"], "override": {"reason": "It is.", "until": "`+until+`", "rules": ["testing-first"]}}`))
		if good != (len(problems) == 0) || !good && (len(problems) != 1 || problems[0].String() != refusal) {
			t.Errorf("%q: %v", until, problems)
		}
	}
}

// FuzzRead: what is read without a problem may be published. It comes out as
// every strict sender reads it, and no part of the item gets into other lines
// of it.
func FuzzRead(f *testing.F) {
	for _, item := range []string{
		``, `{}`, `null`, `[]`, `{"domain":"example.com","mode":"enforce","mx":["mx.example.com"]}`,
		`{"domain":"EXAMPLE.com.","mode":"none","mx":["*.example.com","mx.bücher.example"],"max_age":86400.0,"comment":"\n"}`,
		`{"domain":"example.com","mode":"enforce","mx":["mx.example.com\nmx: evil.example"],"max_age":1e6}`,
		`{"domain":"example.com","mode":"testing","mode":"enforce","mx":["mx.example.com"]}`,
	} {
		f.Add([]byte(item))
	}
	f.Fuzz(func(t *testing.T, item []byte) {
		desired, problems := policyitem.Read("example.com", item)
		if len(problems) > 0 {
			return
		}
		policy := desired.Policy
		if !json.Valid(item) {
			t.Error("no JSON, and no problem")
		}
		body := policy.Render()
		parsed, err := mtasts.Parse(body)
		if err != nil || string(parsed.Render()) != string(body) {
			t.Errorf("%q reads as %+v, %v", body, parsed, err)
		}
		if lines := strings.Count(string(body), "\n"); lines != 3+len(policy.MX) {
			t.Errorf("%d mx make %d lines: %q", len(policy.MX), lines, body)
		}
		if found := policy.Check(); len(found) > 0 {
			t.Errorf("%q has problems: %v", body, found)
		}
	})
}
