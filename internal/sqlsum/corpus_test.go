package sqlsum_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/linesum"
	"sealpost/internal/localdir"
	"sealpost/internal/querytest"
	"sealpost/internal/sqlsum"
	"sealpost/schemas/athena"
)

// TestSameDigestOnDuckDB and TestSameDigestOnTrino: of reports that came as
// reporters send them and were taken in as all are, both engines make the same
// digest, byte for byte.

func TestSameDigestOnDuckDB(t *testing.T) {
	dir := stored(t, t.TempDir())
	db := openDuckDB(t, dir)
	sameDigests(t, sqlsum.Engine{Database: db}, byLines(dir))
	t.Run("mistakes", func(t *testing.T) { noticeMistakes(t, db, byLines(dir)) })
}

func TestSameDigestOnTrino(t *testing.T) {
	trino := querytest.NewTrino(t)
	dir := stored(t, trino.Dir)
	sameDigests(t, sqlsum.Engine{Database: onTrino{trino}}, byLines(dir))
}

func stored(t *testing.T, dir string) string {
	t.Helper()
	querytest.NewCorpus().Store(t, dir)
	return dir
}

func byLines(dir string) digesttest.Engine {
	all := func() time.Time { return querytest.Today.AddDate(0, 0, 7) } // By then everything has come.
	return linesum.Engine{Reports: archive.Archive{Bucket: localdir.Bucket{Root: dir}}, Now: all}
}

// queries are of each week of the corpus. Late is what came in the last days of
// a week, or nothing, or all of it.
func queries() []digest.Query {
	all := func(string, bool) bool { return true }
	ours := func(domain string, tlsa bool) bool {
		return domain == "meadow.example" || domain == "dune.example" || tlsa && strings.HasSuffix(domain, ".meadow.example")
	}
	var queries []digest.Query
	week := digest.WeekOf(querytest.Today)
	for i := range 9 {
		q := digest.Query{Week: week, Earlier: 4, Since: week.Start().Add(32 * time.Hour), Counts: all}
		switch i % 3 {
		case 1:
			q.Earlier, q.Counts = 0, ours
		case 2:
			q.Since, q.Counts = time.Time{}, ours
		}
		queries = append(queries, q)
		week = week.Prev()
	}
	return queries
}

func sameDigests(t *testing.T, got, want digesttest.Engine) {
	t.Helper()
	reports := int64(0)
	for _, q := range queries() {
		a, b := digestOf(t, got, q), digestOf(t, want, q)
		if text(t, a) != text(t, b) {
			t.Errorf("week %s, and %d before it: the digests differ\n%s", q.Week, q.Earlier, difference(text(t, a), text(t, b)))
		}
		reports += b.Reports
	}
	if reports < 500 {
		t.Errorf("there are no more than %d reports in the digests", reports)
	}
}

func digestOf(t testing.TB, engine digesttest.Engine, q digest.Query) digest.Digest {
	t.Helper()
	sums, err := engine.Sums(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return sums.Digest(digest.Subject{})
}

func text(t testing.TB, d digest.Digest) string {
	t.Helper()
	text, err := json.Marshal(d, jsontext.WithIndent(" "))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return strings.Join(g[max(0, i-12):i], "\n") + "\ngot  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one has more lines"
}

// noticeMistakes: with a mistake in the SQL, one of the digests differs.
func noticeMistakes(t *testing.T, db sqlsum.Database, lines digesttest.Engine) {
	want := make([]string, len(queries()))
	for i, q := range queries() {
		want[i] = text(t, digestOf(t, lines, q))
	}
	for _, mistake := range []struct{ name, right, wrong string }{
		{"copies count", "WHERE counts\n", ""},
		{"a line that lies twice counts twice", "copy_number = 1 AND double_number = 1 AND (", "copy_number = 1 AND ("},
		{"an unsigned copy counts beside a signed one", "(trust = 'dkim' OR NOT some_copy_is_signed)", "true"},
		{"one signer displaces another", "end_datetime, trust, trust_domain\n      ORDER BY", "end_datetime\n      ORDER BY"},
		{"the oldest copy counts", "ORDER BY received_at DESC", "ORDER BY received_at"},
		{"copies are forgotten", "lines - 1 ELSE lines", "0 ELSE 0"},
		{"a line of two policies is two copies", "max(double_number) AS lines", "count(*) AS lines"},
		{"nothing is late", "received_at >= TIMESTAMP", "received_at < TIMESTAMP"},
		{"a report of two policies counts twice", "policy_type, report_id, start_datetime, end_datetime\n)", "policy_type, report_id, start_datetime, end_datetime, policy_number\n)"},
		{"details are not looked for", " AND cardinality(failure_details) = 0 THEN", " THEN"},
		{"the week begins on Sunday", "'%a'", "'%A'"},
		{"the first day is the last", "min(start_datetime)", "max(start_datetime)"},
		{"the least example", "max(example)", "min(example)"},
		{"the day of receipt is forgotten", "dt >= '", "dt < '"},
	} {
		t.Run(mistake.name, func(t *testing.T) {
			ask := athena.Digest{}
			if !strings.Contains(ask.Reports()+ask.Results()+ask.Failures(), mistake.right) {
				t.Fatalf("%q is nowhere in the SQL", mistake.right)
			}
			engine := sqlsum.Engine{Database: mistaken{db, strings.NewReplacer(mistake.right, mistake.wrong)}}
			for i, q := range queries() {
				if text(t, digestOf(t, engine, q)) != want[i] {
					return
				}
			}
			t.Error("all digests are the same")
		})
	}
}

type mistaken struct {
	sqlsum.Database
	mistake *strings.Replacer
}

func (m mistaken) Rows(ctx context.Context, query string) iter.Seq2[[]string, error] {
	return m.Database.Rows(ctx, m.mistake.Replace(query))
}
