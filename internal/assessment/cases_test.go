package assessment_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/assessment"
	"sealpost/internal/mtasts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// faulty is a fault in an Internet that is right otherwise.
type faulty struct {
	name    string
	change  func(*world)
	verdict assessment.Verdict
	codes   string // Of all problems, in their order.
	unknown int    // How much could not be told.
}

// TestCases: each fault is named by exactly its problem, and what could not be
// looked at is never good. The words are in testdata/cases.
func TestCases(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.change(w)
			got := w.assess()
			if got.Verdict != c.verdict || codesOf(got) != c.codes || len(got.Unknown) != c.unknown {
				t.Errorf("got %s, the problems %q and %d unknown; want %s, %q and %d", got.Verdict, codesOf(got), len(got.Unknown), c.verdict, c.codes, c.unknown)
			}
			var text strings.Builder
			if err := got.Text(&text); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "cases", c.name+".txt"), text.String())
			agrees(t, got)
		})
	}
}

// agrees: the lead says nothing good of what was not looked at, and no sender
// takes in one place what it refuses in another.
func agrees(t *testing.T, a assessment.Assessment) {
	t.Helper()
	if summary := a.Summary(); len(a.Unknown) > 0 && !strings.Contains(summary, "could be looked at") {
		t.Errorf("%q, though not everything could be looked at", summary)
	}
	for _, sender := range a.Senders {
		takes := sender.Outcome == mtasts.OutcomeAccepts || sender.Outcome == mtasts.OutcomeChanges
		for _, p := range a.Problems {
			toldOf := p.Host == a.Seen.PolicyHost.Name && (slices.Contains(p.RefusedBy, sender.Sender) || p.RefusedBy == nil && len(p.Addresses) > 0 && p.Severity == assessment.CostsProtection)
			if takes && toldOf {
				t.Errorf("%s %s the policy beside %s", sender.Sender, sender.Outcome, p.Code)
			}
		}
	}
}

func codesOf(a assessment.Assessment) string {
	var codes []string
	for _, problem := range a.Problems {
		codes = append(codes, string(problem.Code))
	}
	return strings.Join(codes, " ")
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

const (
	mend    = assessment.Mend
	unknown = assessment.CouldNotTell
)

func cases() []faulty {
	return slices.Concat(goodCases(), unpublishedCases(), unseenCases(), recordCases(), policyHostCases(), policyCases(), mxCases(), certificateCases("policy"), certificateCases("mx"), reportCases())
}
