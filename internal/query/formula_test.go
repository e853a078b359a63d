package query_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"sealpost/internal/query"
)

// TestFormulas: what a spreadsheet could take for a formula has an apostrophe before
// it, and everything else is as it was.
func TestFormulas(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"=1+1", "'=1+1"},
		{"+1+1", "'+1+1"},
		{"-1+1", "'-1+1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"|cmd", "'|cmd"},
		{"%0A=1", "'%0A=1"},
		{`=cmd|' /C calc'!A0`, `'=cmd|' /C calc'!A0`},
		{"-5", "'-5"}, // A text, whatever it looks like.
		{"-", "'-"},

		// What may be skipped before it.
		{" =1", "' =1"},
		{"   \t =1", `'   \u0009 =1`},
		{"\t=1", `'\u0009=1`},
		{"\r=1", `'\u000D=1`},
		{"\n=1", `'\u000A=1`},
		{"\v\f\x00\x7f=1", `'\u000B\u000C\u0000\u007F=1`},
		{"\u00a0=1", `'\u00A0=1`},
		{"\u3000＝1", `'\u3000＝1`},
		{"\ufeff=1", `'\uFEFF=1`},
		{"\u200b\u200d\u2060\u00ad=1", `'\u200B\u200D\u2060\u00AD=1`},
		{"\u202e=1", `'\u202E=1`},
		{"\U000e0020=1", `'\U000E0020=1`},
		{"\ufe0f\u0301=1", "'\ufe0f\u0301=1"},
		{"\u3164\uffa0\u2800\u115f=1", "'\u3164\uffa0\u2800\u115f=1"},
		{"'=1", "''=1"},
		{`"=1`, `'"=1`},
		{` "' =1`, `' "' =1`},

		// Other ways to write the signs.
		{"＝1", "'＝1"}, {"﹦1", "'﹦1"}, {"⁼1", "'⁼1"}, {"₌1", "'₌1"}, {"⩵1", "'⩵1"}, {"=\u03381", "'=\u03381"}, {"≠1", "'≠1"},
		{"＋1", "'＋1"}, {"﹢1", "'﹢1"}, {"⁺1", "'⁺1"}, {"₊1", "'₊1"}, {"﬩1", "'﬩1"}, {"➕1", "'➕1"},
		{"－1", "'－1"}, {"﹣1", "'﹣1"}, {"−1", "'−1"}, {"⁻1", "'⁻1"}, {"₋1", "'₋1"}, {"‐1", "'‐1"}, {"‑1", "'‑1"}, {"–1", "'–1"},
		{"—1", "'—1"}, {"﹘1", "'﹘1"}, {"˗1", "'˗1"}, {"➖1", "'➖1"},
		{"＠x", "'＠x"}, {"﹫x", "'﹫x"}, {"｜x", "'｜x"}, {"％x", "'％x"},

		// Where spreadsheets cut at a semicolon.
		{"a;=1", "a;'=1"},
		{"a; \"=1;-2;b", "a;' \"=1;'-2;b"},
		{"a；＝1", "a；'＝1"},
		{"a\u037e=1", "a\u037e'=1"},
		{";;=1", ";;'=1"},

		// A line cannot end within a cell, so nothing begins there.
		{"a\n=1", `a\u000A=1`},
		{"a\r\n-1", `a\u000D\u000A-1`},

		{"", ""}, {" ", " "}, {"'", "'"}, {"a=1", "a=1"}, {"mx1.example.com", "mx1.example.com"}, {"1-2", "1-2"}, {"2026-11-20", "2026-11-20"},
		{"a@example.com", "a@example.com"}, {"2001:db8::1", "2001:db8::1"}, {"é", "é"}, {"北", "北"}, {"(-1)", "(-1)"}, {"x;y", "x;y"},
	} {
		answer := query.Answer{Columns: []string{"a", test.text}, Rows: [][]any{{"", test.text}}}
		rows := readCSV(t, answer)
		if len(rows) != 2 || rows[0][1] != test.want || rows[1][1] != test.want {
			t.Errorf("%q is written as %q; want %q", test.text, rows, test.want)
		}
	}
}

// TestNumbersAreNoFormulas: what is a number by its type stays one, a negative one too.
func TestNumbersAreNoFormulas(t *testing.T) {
	rows := readCSV(t, query.Answer{
		Columns: []string{"decimal", "large", "float", "small", "list", "none", "truth"},
		Rows: [][]any{{
			json.Number("-5"), json.Number("-170141183460469231731687303715884105728"), -0.5, -1e-7,
			[]any{json.Number("-1"), "-2;-3"}, nil, false,
		}},
	})
	want := []string{"-5", "-170141183460469231731687303715884105728", "-0.5", "-1e-07", `[-1,"-2;'-3"]`, "", "false"}
	if strings.Join(rows[1], "|") != strings.Join(want, "|") {
		t.Errorf("got %q; want %q", rows[1], want)
	}
}

func readCSV(t *testing.T, answer query.Answer) [][]string {
	t.Helper()
	var b strings.Builder
	if err := answer.CSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatalf("%q: %v", b.String(), err)
	}
	return rows
}
