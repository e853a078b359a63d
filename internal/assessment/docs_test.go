package assessment

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

const (
	docs   = "../../docs/check.md"
	marker = "<!-- From here on written by go test ./internal/assessment -run TestDocs -update -->\n"
)

// TestDocs: the page tells of each code, in the words that people get.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	begin, _, found := strings.Cut(string(text), marker)
	if !found {
		t.Fatalf("%s has no %q", docs, marker)
	}
	want := begin + marker + describeCodes()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(docs, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s does not tell of the codes as they are; write it anew with -update", docs)
	}
}

// TestDocsHaveEachMember of the JSON.
func TestDocsHaveEachMember(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## JSON\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, member := range membersOf(reflect.TypeFor[Assessment](), nil) {
		if !strings.Contains(section, "`"+member+"`") && !strings.Contains(section, "`"+member+"[]`") {
			t.Errorf("%s does not tell of the member %s", docs, member)
		}
	}
}

// membersOf gives the names of the members of a type and of all below it.
func membersOf(t reflect.Type, known []string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.HasPrefix(t.PkgPath(), "sealpost/") {
		return known
	}
	for field := range t.Fields() {
		if name, _, is := strings.Cut(field.Tag.Get("json"), ","); is || name != "" {
			known = append(known, name)
		}
		known = membersOf(field.Type, known)
	}
	return known
}

// costs introduces the problems of each severity.
var costs = []struct {
	severity Severity
	words    string
}{
	{CostsMail, "In mode `enforce`, senders that keep to the policy do not deliver to the host: they try the others, hold the mail back, and bounce it after some days (RFC 8461, section 5). In mode `testing` they deliver, and report it."},
	{CostsProtection, "Senders go on as if there were no policy, save those that hold one from before. Where only some do, they are named."},
	{CostsReports, "Nobody would tell if TLS fails."},
	{CostsSoon, "It is right today."},
	{CostsNothing, "No fault."},
}

func describeCodes() string {
	var b strings.Builder
	for _, cost := range costs {
		fmt.Fprintf(&b, "\n### `%s`\n\n%s\n\n| code | what | how to mend it |\n| --- | --- | --- |\n", cost.severity, cost.words)
		for _, code := range Codes() {
			kind := kinds[code]
			if kind.severity != cost.severity {
				continue
			}
			what := sentence(kind.what)
			if kind.effect != "" {
				what += " " + kind.effect
			}
			if severity := code.severityIn(mtasts.ModeEnforce); severity != kind.severity {
				what += fmt.Sprintf(" In mode `enforce` its severity is `%s`.", severity)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", code, what, kind.mend)
		}
	}
	return b.String()
}

// TestCodesAreTried: each code has a case that brings it about.
func TestCodesAreTried(t *testing.T) {
	files, err := os.ReadDir("testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile("testdata/cases/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	said := strings.Join(strings.Fields(all.String()), " ")
	for _, code := range Codes() {
		if !strings.Contains(said, "("+string(code)+")") {
			t.Errorf("no case has %s", code)
		}
	}
}
