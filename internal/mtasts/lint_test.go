package mtasts_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestLint holds what each sender was seen to make of each kind of text; for
// Stalwart, what its source code says.
func TestLint(t *testing.T) {
	const (
		ok  = mtasts.OutcomeAccepts
		bad = mtasts.OutcomeRejects
		mod = mtasts.OutcomeChanges
		nt  = mtasts.OutcomeUntested
	)
	const good = "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 1209600\n"
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	long := func(n int) string { return good + "x: " + strings.Repeat("a", n) + "\n" }
	tests := []struct {
		name string
		text string
		want [6]mtasts.Outcome // mox, go-mtasts, chasquid, postfix-tlspol, postfix-mta-sts-resolver, Stalwart.
	}{
		{"LF", good, [6]mtasts.Outcome{ok, ok, ok, ok, ok, ok}},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n"), [6]mtasts.Outcome{ok, ok, ok, ok, ok, ok}},
		{"trailing spaces", strings.ReplaceAll(good, "\n", " \t\n"), [6]mtasts.Outcome{ok, ok, ok, ok, ok, ok}},
		{"blank line inside", with("mx:", "\nmx:"), [6]mtasts.Outcome{bad, bad, ok, bad, ok, nt}},
		{"blank line at the end", good + "\r\n", [6]mtasts.Outcome{bad, bad, ok, bad, ok, nt}},
		{"byte order mark", "\ufeff" + good, [6]mtasts.Outcome{bad, bad, bad, bad, bad, nt}},
		{"comment", "# ours: mine\n" + good, [6]mtasts.Outcome{bad, bad, ok, bad, ok, nt}},
		{"space before the colon", with("mode:", "mode :"), [6]mtasts.Outcome{bad, bad, ok, bad, bad, nt}},
		{"mx with trailing dot", with(".com", ".com."), [6]mtasts.Outcome{bad, ok, ok, ok, mod, nt}},
		{"mode none without mx", "version: STSv1\nmode: none\nmax_age: 86400\n", [6]mtasts.Outcome{ok, ok, bad, ok, ok, bad}},
		{"max_age 0", with("1209600", "0"), [6]mtasts.Outcome{ok, ok, bad, mod, ok, mod}},
		{"max_age under an hour", with("1209600", "3599"), [6]mtasts.Outcome{ok, ok, ok, ok, ok, mod}},
		{"max_age of an hour", with("1209600", "3600"), [6]mtasts.Outcome{ok, ok, ok, ok, ok, ok}},
		{"the highest max_age", with("1209600", "31557600"), [6]mtasts.Outcome{ok, ok, ok, ok, ok, mod}},
		{"over the highest max_age", with("1209600", "31557601"), [6]mtasts.Outcome{nt, ok, bad, mod, bad, mod}},
		{"extension with a colon", good + "x: a:b\n", [6]mtasts.Outcome{ok, bad, ok, ok, ok, nt}},
		{"extension without", good + "x: a\n", [6]mtasts.Outcome{ok, ok, ok, ok, ok, ok}},
		{"the same again", good + "mode: enforce\n", [6]mtasts.Outcome{ok, ok, ok, ok, ok, ok}},
		{"mode again, another", good + "mode: testing\n", [6]mtasts.Outcome{ok, mod, mod, ok, mod, nt}},
		{"max_age again, another", good + "max_age: 86400\n", [6]mtasts.Outcome{ok, mod, mod, ok, mod, nt}},
		{"mode again, none that there is", good + "mode: on\n", [6]mtasts.Outcome{bad, bad, bad, ok, bad, nt}},
		{"max_age again, no number", good + "max_age: a day\n", [6]mtasts.Outcome{bad, bad, bad, ok, bad, nt}},
		{"version again, none that there is", good + "version: STSv2\n", [6]mtasts.Outcome{bad, bad, bad, ok, bad, nt}},
		{"over 10 KiB", long(10 << 10), [6]mtasts.Outcome{ok, nt, mod, ok, ok, nt}},
		{"over 64 KiB", long(64 << 10), [6]mtasts.Outcome{bad, nt, mod, bad, bad, nt}},
		{"no policy at all", "<html>", [6]mtasts.Outcome{bad, bad, bad, bad, bad, bad}},
		{"empty", "", [6]mtasts.Outcome{bad, bad, bad, bad, bad, bad}},
		{"grammar and a trait", "\n" + with("enforce", "on"), [6]mtasts.Outcome{bad, bad, bad, bad, bad, bad}},
		{"CR alone", strings.ReplaceAll(good, "\n", "\r"), [6]mtasts.Outcome{bad, bad, bad, bad, ok, nt}},
		{"CR in a line", with("enforce", "enforce\r "), [6]mtasts.Outcome{bad, bad, bad, bad, bad, bad}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, verdict := range mtasts.Lint([]byte(tt.text)) {
				if verdict.Outcome != tt.want[i] {
					t.Errorf("%s %s, want %s: %v", verdict.Sender, verdict.Outcome, tt.want[i], verdict.Findings)
				}
			}
		})
	}
}

// TestLintText holds the words, with line numbers, that people read.
func TestLintText(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".txt")+".golden", describe(text))
		})
	}
}

func describe(text []byte) string {
	var b strings.Builder
	for _, verdict := range mtasts.Lint(text) {
		fmt.Fprintf(&b, "%s %s (%s)\n", verdict.Sender, verdict.Outcome, verdict.Basis)
		for _, finding := range verdict.Findings {
			fmt.Fprintf(&b, "  %d %s: %s\n", finding.Line, finding.Outcome, finding)
		}
	}
	b.WriteString("advice\n")
	for _, advice := range mtasts.Advise(text) {
		fmt.Fprintf(&b, "  %d: %s\n", advice.Line, advice.Message)
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

func TestSendersAreTheVerdicts(t *testing.T) {
	verdicts := mtasts.Lint(sample.Render())
	for i, sender := range mtasts.Senders() {
		if verdicts[i].Sender != sender.Name || verdicts[i].Basis != sender.Basis {
			t.Errorf("verdict %d is by %s, want %s", i, verdicts[i].Sender, sender.Name)
		}
	}
}

// FuzzLint: mox, which keeps to the standard, rejects exactly what does not
// parse, is over 64 KiB, or has in a line that is to be ignored what does not
// parse; and nobody rejects what we would publish.
func FuzzLint(f *testing.F) {
	f.Add(sample.Render())
	f.Add([]byte("\ufeffversion: STSv1\r\n\r\nmode : none\nmx: a.example.\n#\nmax_age: 0\nx: a:b\n"))
	f.Add([]byte("version: STSv1\nmode: none\nmax_age: 31557600"))
	f.Add([]byte("version: STSv1\nmode: none\nmode: on\nmax_age: 1\nmax_age: one\n"))
	f.Add([]byte("mx: a.example..\nmode: enforce\nversion: STSv1\nmax_age: 86400\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		policy, err := mtasts.Parse(text)
		mox := mtasts.Lint(text)[0]
		want := err != nil || len(text) > 64<<10 || slices.ContainsFunc(mox.Findings, func(f mtasts.Finding) bool { return f.Trait == mtasts.TraitRepeatedInvalid })
		if got := mox.Outcome == mtasts.OutcomeRejects; got != want {
			t.Fatalf("%s %s, but the grammar says %v", mox.Sender, mox.Outcome, err)
		}
		if advice := mtasts.Advise(text); err != nil && len(advice) != 1 {
			t.Fatalf("a text that does not parse gets more than that as advice: %v", advice)
		}
		if err != nil || policy.Check() != nil {
			return
		}
		for _, verdict := range mtasts.Lint(policy.Render()) {
			changed := verdict.Outcome == mtasts.OutcomeChanges && policy.MaxAge == mtasts.MaxMaxAge
			if verdict.Outcome != mtasts.OutcomeAccepts && !changed {
				t.Fatalf("%s %s what we would publish: %v", verdict.Sender, verdict.Outcome, verdict.Findings)
			}
		}
	})
}

// TestLintIsBounded bounds what a text full of mistakes can cause.
func TestLintIsBounded(t *testing.T) {
	text := strings.Repeat("\n#\nmx : a.example.\nx: a:b\n!\n", 1<<14)
	for _, verdict := range mtasts.Lint([]byte(text)) {
		if len(verdict.Findings) > 12 {
			t.Errorf("%s has %d findings", verdict.Sender, len(verdict.Findings))
		}
	}
	if n := len(mtasts.Advise([]byte(text))); n != 1 {
		t.Errorf("%d pieces of advice on a text that does not parse", n)
	}
}
