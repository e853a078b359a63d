package publication_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// TestBeforeEnforce: in all stories, whoever asks before what would keep a domain
// in testing from enforce hears what the edit is told that tries.
func TestBeforeEnforce(t *testing.T) {
	files, err := filepath.Glob("testdata/guards/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	refused, let := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w := newOwn(t)
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, ">") {
				continue
			}
			w.play(line)
			served, is := w.served(domain)
			if !is || served.Mode != mtasts.ModeTesting || served.Retiring || served.Override != nil {
				continue
			}
			foretold, err := w.publisher.Guards.BeforeEnforce(t.Context(), w.state, served, w.now)
			if err != nil {
				t.Fatal(err)
			}
			if told := tried(t, w, file, text, line, served); fmt.Sprint(told) != fmt.Sprint(foretold) {
				t.Errorf("%s: %s\nforetold %v\ntold     %v", file, line, foretold, told)
			}
			if len(foretold) > 0 {
				refused++
			} else {
				let++
			}
		}
	}
	if refused < 5 || let < 1 {
		t.Errorf("the stories had it refused %d times and let pass %d times", refused, let)
	}
}

// tried asks for enforce in a world of its own with the same story up to here.
func tried(t *testing.T, now *world, file string, story []byte, last string, served publication.Published) []publication.Problem {
	t.Helper()
	w := newOwn(t)
	for line := range strings.Lines(string(story)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, ">") {
			continue
		}
		w.play(line)
		if is, _ := w.served(domain); line == last && w.now.Equal(now.now) && is.Revision == served.Revision {
			break
		}
	}
	w.edit(domain, fmt.Sprintf(`"mode": "enforce", "mx": ["%s"]`, strings.Join(served.MX, `", "`)))
	status := w.bring(domain)
	return slices.DeleteFunc(status.Problems, func(p publication.Problem) bool {
		return p.Rule != publication.RuleMXCovered && p.Rule != publication.RuleTestingFirst
	})
}
