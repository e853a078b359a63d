package querytest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/linesum"
	"sealpost/internal/localdir"
)

// lines gives what lies in a directory with the corpus.
func lines(t *testing.T, dir string) []archive.Line {
	t.Helper()
	var all []archive.Line
	reports := archive.Archive{Bucket: localdir.Bucket{Root: dir}}
	for line, err := range reports.Lines(t.Context(), time.Time{}, Today.AddDate(0, 0, 7)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}

// TestCorpusHasAllDeviations: whatever reporters are known to do is in it, but
// for what the header of a mail does.
func TestCorpusHasAllDeviations(t *testing.T) {
	dir := t.TempDir()
	NewCorpus().Store(t, dir)
	met := make(map[string]bool)
	for _, line := range lines(t, dir) {
		for _, code := range line.Deviations {
			met[code] = true
		}
	}
	for _, code := range declaredCodes(t) {
		if ofMail := strings.HasSuffix(code, "-from-header") || strings.HasSuffix(code, "-from-subject"); !ofMail && !met[code] {
			t.Errorf("no report is %s", code)
		}
	}
}

// declaredCodes reads the values of the constants of tlsrpt.Code.
func declaredCodes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../tlsrpt/deviation.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, is := node.(*ast.ValueSpec)
		if !is || !strings.HasPrefix(spec.Names[0].Name, "Deviation") {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
		return false
	})
	if len(codes) == 0 {
		t.Fatal("no codes were found")
	}
	return codes
}

// TestTruthIsTheDigests holds what is counted here, and so what every engine
// gives, to what the digest counts.
func TestTruthIsTheDigests(t *testing.T) {
	dir := t.TempDir()
	corpus := NewCorpus()
	corpus.Store(t, dir)
	engine := linesum.Engine{
		Reports: archive.Archive{Bucket: localdir.Bucket{Root: dir}},
		Now:     func() time.Time { return Today.AddDate(0, 0, 7) },
	}
	sums, err := engine.Sums(t.Context(), digest.Query{Week: lastWeek, Counts: func(string, bool) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	d := sums.Digest(digest.Subject{})
	var got Rows
	for _, domain := range d.Domains {
		for _, r := range domain.Results {
			got = append(got, []any{domain.PolicyDomain, r.PolicyType, string(r.Trust), r.Reports, r.SuccessfulSessions, r.FailedSessions, r.UndetailedFailures})
		}
	}
	want := corpus.Queries()["sessions-last-week"]
	slices.SortFunc(got, by(1, 2, 3))
	isFlood := func(row []any) bool { return row[0] == "flood.example" } // Of which the digest says no more than 64 bits can.
	got, want = slices.DeleteFunc(got, isFlood), slices.DeleteFunc(want, isFlood)
	if difference := ordered(want).difference(texts(got)); difference != "" {
		t.Error(difference)
	}
}
