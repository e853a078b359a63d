package querytest

import (
	"strings"
	"testing"

	"sealpost/schemas/athena"
)

// mistake is one that could be made in the SQL.
type mistake struct {
	name     string
	in       string // The query in which it is made.
	old, new string
}

const (
	logical   = "PARTITION BY organization_name, report_id, policy_domain, start_datetime, end_datetime"
	newestOne = "ORDER BY received_at DESC, report_key DESC"

	untilThisWeek = "AND date_format(DATE '2026-11-25', '%x-W%v')" // Of Today.
)

// mistakes are held against the queries that would give other rows by them. Each
// must be noticed: else the corpus proves less than it seems to.
var mistakes = []mistake{
	{"every copy counts", "sessions-last-week", "copy_number = 1", "copy_number >= 1"},
	{"a line that lies twice counts twice", "sessions-last-week", "double_number = 1", "double_number >= 1"},
	{"an unsigned copy counts beside a signed one", "sessions-last-week", "(trust = 'dkim' OR NOT some_copy_is_signed)", "TRUE"},
	{"one signer takes another's place", "sessions-last-week", "trust, trust_domain\n      ORDER BY received_at", "trust\n      ORDER BY received_at"},
	{"the oldest copy counts", "sessions-last-week", newestOne, "ORDER BY received_at, report_key DESC"},
	{"of copies of one moment all count", "sessions-last-week", newestOne, "ORDER BY received_at DESC"},
	{"organizations share their ids", "sessions-last-week", "PARTITION BY organization_name, report_id", "PARTITION BY report_id"},
	{"a day's reports are one", "sessions-last-week", "PARTITION BY organization_name, report_id", "PARTITION BY organization_name"},
	{"a copy counts for the domains that only another names", "sessions-last-week", "report_id, policy_domain, start_datetime", "report_id, start_datetime"},
	{"the end tells no reports apart", "sessions-last-week", "start_datetime, end_datetime", "start_datetime"},
	{"fractions of seconds tell reports apart", "sessions-last-week",
		"TRY_CAST(replace(substr(r.start_datetime, 1, 19), 'T', ' ') AS timestamp)", "TRY_CAST(replace(replace(r.start_datetime, 'T', ' '), 'Z', '') AS timestamp)"},
	{"details multiply totals", "sessions-last-week", "FROM policy_results\nWHERE",
		"FROM policy_results CROSS JOIN UNNEST(failure_details) AS f (a, b, c, d, e, f1, g, h)\nWHERE"},
	{"sessions are added across policy types", "sessions-last-week", "      p.policy_type,", "      'sts' AS policy_type,"},
	{"who vouches does not matter", "sessions-last-week", "  channel,\n  trust,", "  channel,\n  'dkim' AS trust,"},
	{"failures without details are left out", "sessions-last-week", "cardinality(failure_details) = 0", "FALSE"},
	{"weeks begin on Sunday", "sessions-last-week", "date_format(start_datetime, '%x-W%v')", "date_format(date_trunc('day', start_datetime + INTERVAL '1' DAY), '%x-W%v')"},
	{"late reports are not read", "sessions-last-week", "WHERE dt >=", "WHERE dt < '2026-11-24' AND dt >="},
	{"host names are told apart by case", "failures-by-mx", "ELSE lower(f.receiving_mx_hostname)", "ELSE f.receiving_mx_hostname"},
	{"host names are told apart by the dot", "failures-by-mx", "length(f.receiving_mx_hostname) - 1", "length(f.receiving_mx_hostname)"},
	{"sessions stand for failures", "failures-last-week", "sum(failed_session_count)", "sum(1)"},
	{"organizations are one at an address", "failures-by-sending-mta", "      r.organization_name,", "      'all' AS organization_name,"},
	{"too little is read to know what is new", "first-seen-failures", "INTERVAL '35' DAY, '%Y", "INTERVAL '7' DAY, '%Y"},
	{"a failure of days to come is new now", "first-seen-failures", untilThisWeek, "AND '9999-W52'"},
	{"who is to report reports now", "who-reports", untilThisWeek, "AND '9999-W52'"},
	{"what is to come came unsigned", "unauthenticated-reports", untilThisWeek, "AND '9999-W52'"},
	{"a week is enough to fall silent", "who-fell-silent", "count(DISTINCT week) >= 2", "count(DISTINCT week) >= 1"},
	{"nobody is silent who spoke before", "who-fell-silent", "HAVING count(DISTINCT week) >= 2\n  AND", "HAVING count(DISTINCT week) >= 2 OR"},
	{"copies are reports", "who-reports", "count(DISTINCT report_key)", "count(*)"},
	{"what is signed is listed too", "unauthenticated-reports", "trust <> 'dkim'", "trust <> ''"},
	{"only one copy is shown", "one-report", "WHERE ? IN", "WHERE trust = 'dkim' AND ? IN"},
}

// TestMistakes holds the corpus to the mistakes: each has to be noticed.
func TestMistakes(t *testing.T, corpus Corpus, engine Engine) {
	expected := corpus.Queries()
	made := make(map[string]bool)
	for _, m := range mistakes {
		made[m.in] = true
		q := query(t, m.in)
		right := q.SQLOn(Today)
		wrong := strings.ReplaceAll(right, m.old, m.new)
		if wrong == right {
			t.Errorf("%s: %q is not in %s:\n%s", m.name, m.old, m.in, right)
			continue
		}
		want := ordered(expected[m.in])
		got, err := want.got(engine, wrong, valuesOf(q)...)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		} else if want.difference(got) == "" {
			t.Errorf("%s: nobody noticed", m.name)
		}
	}
	for name := range expected {
		if !made[name] {
			t.Errorf("no mistake is tried in %s", name)
		}
	}
}

func query(t *testing.T, name string) athena.Query {
	t.Helper()
	for _, q := range athena.Queries() {
		if q.Name == name {
			return q
		}
	}
	t.Fatalf("there is no query %s", name)
	return athena.Query{}
}
