package query_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"sealpost/internal/query"
)

// hostile is what a reporter could write to whoever looks at it.
var hostile = query.Answer{
	Columns: []string{"name", "count", "list"},
	Rows: [][]any{
		{"=HYPERLINK(\"x\")", json.Number("-1"), []any{"a", nil}},
		{"\x1b[2J\u009b31m\u202e\U000e0001,\n", json.Number("9007199254740993"), map[string]any{"b": true}},
		{nil, json.Number("2"), "@x"},
		{strings.Repeat("é", 100), 0.5, "-"},
	},
}

func TestTable(t *testing.T) {
	want := `name                                                                         count  list
=HYPERLINK("x")                                                                 -1  ["a",null]
\u001B[2J\u009B31m\u202E\U000E0001,\u000A                         9007199254740993  {"b":true}
                                                                                 2  @x
` + strings.Repeat("é", 63) + `…               0.5  -

4 rows.
Of texts the first 64 characters are shown; -json has them whole, as they were sent.
`
	wantText(t, inWidth(hostile, 0), want)
	one := query.Answer{Columns: []string{"a", "longer"}, Rows: [][]any{{strings.Repeat("x", 100), "\x1b"}}}
	wantText(t, inWidth(one, 20), "a       "+strings.Repeat("x", 100)+"\nlonger  \\u001B\n")
	wantText(t, inWidth(query.Answer{Columns: []string{"a"}}, 0), "No rows.\n")

	shown := query.Answer{Columns: []string{"\x1b"}, Rows: [][]any{{"a"}, {"b"}}}
	wantText(t, inWidth(shown, 0), "\\u001B\na\nb\n\n2 rows.\n")
	if shown.Columns[0] != "\x1b" {
		t.Error("to show an answer has changed it")
	}
}

// inWidth shows an answer on lines of a width.
func inWidth(a query.Answer, width int) func(io.Writer) error {
	return func(w io.Writer) error { return a.Table(w, width) }
}

// TestNarrowTable: what does not fit into a line is shown row by row.
func TestNarrowTable(t *testing.T) {
	answer := query.Answer{
		Columns: []string{"mx", "sessions", "note"},
		Rows:    [][]any{{"mx1.example.com", json.Number("5"), nil}, {"mx2.example.com", json.Number("12"), strings.Repeat("x", 70)}},
	}
	const table = `mx               sessions  note
mx1.example.com         5
mx2.example.com        12  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…

2 rows.
Of texts the first 64 characters are shown; -json has them whole, as they were sent.
`
	wantText(t, inWidth(answer, 91), table)
	wantText(t, inWidth(answer, 90), `mx        mx1.example.com
sessions  5
note

mx        mx2.example.com
sessions  12
note      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…

2 rows.
Of texts the first 64 characters are shown; -json has them whole, as they were sent.
`)
}

func TestCSV(t *testing.T) {
	wantText(t, hostile.CSV, `name,count,list
"'=HYPERLINK(""x"")",-1,"[""a"",null]"
"\u001B[2J\u009B31m\u202E\U000E0001,\u000A",9007199254740993,"{""b"":true}"
,2,'@x
`+strings.Repeat("é", 100)+`,0.5,'-
`)
}

func TestJSON(t *testing.T) {
	want := `[
{"name":"=HYPERLINK(\"x\")","count":-1,"list":["a",null]},
{"name":"\u001b[2J\u009b31m\u202e\udb40\udc01,\n","count":9007199254740993,"list":{"b":true}},
{"name":null,"count":2,"list":"@x"},
{"name":"` + strings.Repeat("é", 100) + `","count":0.5,"list":"-"}
]
`
	wantText(t, hostile.JSON, want)
	var read []map[string]any
	if err := json.Unmarshal([]byte(want), &read); err != nil || read[1]["name"] != hostile.Rows[1][0] {
		t.Errorf("read back: %v, %v", read, err)
	}
	wantText(t, query.Answer{Columns: []string{"a"}}.JSON, "[\n]\n")
	if err := (query.Answer{Columns: []string{"a", "b", "a"}}).JSON(io.Discard); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("two columns of one name: %v", err)
	}
}

func wantText(t *testing.T, write func(io.Writer) error, want string) {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}
