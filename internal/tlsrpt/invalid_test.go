package tlsrpt_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sealpost/internal/tlsrpt"
)

const (
	wantCount = "must be a whole number from 0 to 9007199254740991"
	wantDate  = "must be a date and time as in 2026-11-16T00:00:00Z"
)

// misshapen edits make JSON that has not the shape of RFC 8460, section 4.4.
var misshapen = []struct {
	name     string
	old, new string
	problems []tlsrpt.Problem
}{
	{"organization-name missing", `"organization-name"`, `"organization"`, problem("/organization-name", "is missing")},
	{"organization-name null", `"Northwind Post"`, `null`, problem("/organization-name", "must be a text")},
	{"names are case-sensitive", `"report-id"`, `"Report-ID"`, problem("/report-id", "is missing")},
	{"report-id a number", `"2026-11-16-meadow"`, `17`, problem("/report-id", "must be a text")},
	{"contact-info an object", `"tls-reports@northwind.example"`, `{}`, problem("/contact-info", "must be a text or null")},
	{"date-range missing", `"date-range"`, `"range"`, problem("/date-range", "is missing")},
	{"date-range a text", `"date-range": {`, `"date-range": "2026-11-16", "range": {`, problem("/date-range", "must be an object")},
	{"end-datetime missing", `"end-datetime"`, `"end"`, problem("/date-range/end-datetime", "is missing")},
	{"start-datetime without time", `"2026-11-16T00:00:00Z"`, `"2026-11-16"`, problem("/date-range/start-datetime", wantDate)},
	{"start-datetime a number", `"2026-11-16T00:00:00Z"`, `1763251200`, problem("/date-range/start-datetime", wantDate)},
	{"policies missing", `"policies"`, `"results"`, problem("/policies", "is missing")},
	{"policies null", `"policies": [`, `"policies": null, "other": [`, problem("/policies", "must be an array")},
	{"a policy result that is none", `"policies": [`, `"policies": [7, `, problem("/policies/0", "must be an object")},
	{"policy missing", `"policy": {`, `"polizy": {`, problem("/policies/0/policy", "is missing")},
	{"policy null", `"policy": {`, `"policy": null, "other": {`, problem("/policies/0/policy", "must be an object")},
	{"summary missing", `"summary"`, `"sum"`, problem("/policies/0/summary", "is missing")},
	{"summary an array", `"summary": {`, `"summary": [], "sum": {`, problem("/policies/0/summary", "must be an object")},
	{"policy-type missing", exampleType, ``, problem("/policies/0/policy/policy-type", "is missing")},
	{"policy-type empty", exampleType, `"policy-type": "",`, problem("/policies/0/policy/policy-type", "must not be empty")},
	{"policy-type null", exampleType, `"policy-type": null,`, problem("/policies/0/policy/policy-type", "must be a text")},
	{"policy-domain an array", exampleDomain, `"policy-domain": ["meadow.example"],`, problem("/policies/0/policy/policy-domain", "must be a text or null")},
	{"policy-string an object", exampleStrings, `{}`, problem("/policies/0/policy/policy-string", "must be an array of texts")},
	{"policy-string with null", exampleStrings, `["version: STSv1", null]`, problem("/policies/0/policy/policy-string/1", "must be a text")},
	{"mx-host true", exampleMXHosts, `true`, problem("/policies/0/policy/mx-host", "must be an array of texts")},
	{"count negative", exampleCounts, `"total-successful-session-count": -1,`, badCount},
	{"count with fraction", exampleCounts, `"total-successful-session-count": 1.5,`, badCount},
	{"count over 2^53-1", exampleCounts, `"total-successful-session-count": 9007199254740992,`, badCount},
	{"count of 1e30", exampleCounts, `"total-successful-session-count": 1e30,`, badCount},
	{"count as long text", exampleCounts, `"total-successful-session-count": "1000000000000000",`, badCount},
	{"count as signed text", exampleCounts, `"total-successful-session-count": "+1",`, badCount},
	{"count as empty text", exampleCounts, `"total-successful-session-count": "",`, badCount},
	{"count true", exampleCounts, `"total-successful-session-count": true,`, badCount},
	{"failure-details an object", `"failure-details": [`, `"failure-details": {}, "other": [`, problem("/policies/0/failure-details", "must be an array")},
}

var badCount = problem("/policies/0/summary/total-successful-session-count", wantCount)

func problem(path, message string) []tlsrpt.Problem {
	return []tlsrpt.Problem{{Path: path, Message: message}}
}

func TestMisshapen(t *testing.T) {
	for _, test := range misshapen {
		t.Run(test.name, func(t *testing.T) {
			invalid := decodeInvalid(t, edited(t, test.old, test.new))
			if !invalid.IsJSON {
				t.Error("IsJSON is false of JSON")
			}
			if !reflect.DeepEqual(invalid.Problems, test.problems) {
				t.Errorf("problems %q\nwant %q", invalid.Problems, test.problems)
			}
		})
	}
}

func decodeInvalid(t *testing.T, text string) *tlsrpt.InvalidError {
	t.Helper()
	decoded, err := tlsrpt.Decode([]byte(text))
	var invalid *tlsrpt.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("Decode: %+v, %v; want an InvalidError", decoded, err)
	}
	return invalid
}

func TestFirstProblemOfEachPiece(t *testing.T) {
	invalid := decodeInvalid(t, `{"date-range": 1, "report-id": 2, "policies": [{}, {"policy": 3, "summary": 4}]}`)
	want := []tlsrpt.Problem{
		{Path: "/policies/0/policy", Message: "is missing"},
		{Path: "/policies/1/policy", Message: "must be an object"},
		{Path: "/date-range", Message: "must be an object"},
	}
	if !reflect.DeepEqual(invalid.Problems, want) {
		t.Errorf("got %q, want %q", invalid.Problems, want)
	}
	said := "/policies/0/policy: is missing; /policies/1/policy: must be an object; /date-range: must be an object"
	if invalid.Error() != said {
		t.Errorf("got %q, want %q", invalid, said)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	invalid := decodeInvalid(t, `{"policies": [`+strings.Repeat("0,", 1000)+`0]}`)
	if got := len(invalid.Problems); got != tlsrpt.MaxProblems {
		t.Errorf("%d problems, want %d", got, tlsrpt.MaxProblems)
	}
}

func TestPathsAreBounded(t *testing.T) {
	invalid := decodeInvalid(t, `{"`+strings.Repeat("é", 1<<20)+`": nul}`)
	if got := len(invalid.Problems[0].Path); got > tlsrpt.MaxText {
		t.Errorf("the path has %d bytes, want at most %d", got, tlsrpt.MaxText)
	}
}

// TestBroken is about texts that are not JSON, or not I-JSON, which RFC 8460,
// section 4, asks for.
func TestBroken(t *testing.T) {
	for _, test := range []struct {
		name, text string
		path, said string // What the message has in it.
	}{
		{"empty", "", "", "the text is empty"},
		{"white space", " \r\n\t", "", "the text is empty"},
		{"byte order mark only", "\ufeff", "", "the text is empty"},
		{"an array", `[]`, "", `a JSON object begins with {, this with "["`},
		{"a text", `"report"`, "", "a JSON object begins with {"},
		{"gzip", "\x1f\x8b\b", "", "gzip within gzip"},
		{"mail", "From: cron@meadow.example\r\n\r\nDone.\r\n", "", `this with "F"`},
		{"binary", "\xff\xfe{", "", `this with "\xff"`},
		{"cut off", `{"organization-name": "Nor`, "/organization-name", "it ends in the middle (byte "},
		{"trailing bytes", example(t) + "x", "", "(byte "},
		{"two reports", example(t) + example(t), "", "after top-level value (byte "},
		{"name twice", edited(t, `"report-id"`, `"contact-info"`), "/contact-info", "RFC 7493, section 2.3"},
		{"name twice, once escaped", edited(t, `"report-id"`, `"contact\u002dinfo"`), "/contact-info", "stands twice in the same object"},
		{"unknown name twice", edited(t, `"report-id"`, `"x": {"y": 1, "y": 1}, "report-id"`), "/x/y", "stands twice"},
		{"bad UTF-8", edited(t, "Northwind", "North\xc3\x28"), "/organization-name", "invalid UTF-8"},
		{"bad UTF-8 in a name", edited(t, `"report-id"`, "\"report\xff\""), "", "invalid UTF-8"},
		{"bad UTF-8 in an unknown member", edited(t, `"report-id"`, "\"x\": \"\xff\", \"report-id\""), "/x", "invalid UTF-8"},
		{"lone surrogate", edited(t, "Northwind", `\ud800`), "/organization-name", "invalid surrogate pair"},
		{"control character in a text", edited(t, "Northwind", "North\nwind"), "/organization-name", "(byte "},
		{"comment", edited(t, `"report-id"`, `/* */ "report-id"`), "", "invalid character '/'"},
		{"1e999999", edited(t, "811", "1e999999"), "", "has a number beyond all counts (byte "},
		{"1e-999999", edited(t, "811", "1e-999999"), "", "has a number beyond all counts (byte "},
		{"number of 33 characters", edited(t, "811", strings.Repeat("1", tlsrpt.MaxNumberLength+1)), "", "beyond all counts"},
		{"nested 17 levels", nested(tlsrpt.MaxDepth + 1), "", "nests deeper than 16 levels (byte "},
		{"nested 17 levels within what is unknown", edited(t, `"report-id"`, `"x": `+nested(tlsrpt.MaxDepth)+`, "report-id"`), "", "nests deeper"},
	} {
		t.Run(test.name, func(t *testing.T) {
			invalid := decodeInvalid(t, test.text)
			if invalid.IsJSON {
				t.Error("IsJSON is true")
			}
			if len(invalid.Problems) != 1 {
				t.Fatalf("%d problems, want 1", len(invalid.Problems))
			}
			if got := invalid.Problems[0]; got.Path != test.path || !strings.Contains(got.Message, test.said) {
				t.Errorf("got %q, want %q with %q", got, test.path, test.said)
			}
		})
	}
}

// nested is a text of objects within one another.
func nested(levels int) string {
	return strings.Repeat(`{"x":`, levels-1) + `{}` + strings.Repeat(`}`, levels-1)
}

func TestDraftReport(t *testing.T) {
	invalid := decodeInvalid(t, `{
		"organization-name": "Northwind Post",
		"date-range": {"start-datetime": "2016-11-16T00:00:00Z", "end-datetime": "2016-11-16T23:59:59Z"},
		"contact-info": "tls-reports@northwind.example",
		"report-id": "2016-11-16-meadow",
		"policy": {"policy-type": "sts", "policy-string": "{ \"version\": \"STSv1\" }", "policy-domain": "meadow.example"},
		"summary": {"success-aggregate": 12, "failure-aggregate": 1},
		"failure-details": [{"result-type": "certificate-expired", "session-count": 1, "failure-error-code": "E1"}]}`)
	if want := problem("/policies", "is missing"); !reflect.DeepEqual(invalid.Problems, want) {
		t.Errorf("got %q, want %q", invalid.Problems, want)
	}
}

// TestLimits goes up to each limit and one step over it.
func TestLimits(t *testing.T) {
	atMost := func(name, within, over, want string) {
		t.Run(name, func(t *testing.T) {
			decode(t, within)
			_, err := tlsrpt.Decode([]byte(over))
			var limit *tlsrpt.LimitError
			if !errors.As(err, &limit) || limit.Error() != want {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	text := example(t)
	padding := func(n int) string { return strings.Repeat(" ", n-len(text)) }
	atMost("size", text+padding(tlsrpt.MaxSize), text+padding(tlsrpt.MaxSize+1),
		"the report is over the limit: size, at most 20971520 bytes of JSON")

	own := strings.Count(text, ",") + strings.Count(text, "{") + strings.Count(text, "[")
	zeros := func(n int) string {
		return edited(t, `"report-id"`, fmt.Sprintf(`"x": [0%s], "report-id"`, strings.Repeat(",0", n-own-2)))
	}
	atMost("values", zeros(tlsrpt.MaxValues), zeros(tlsrpt.MaxValues+1),
		"the report is over the limit: content, at most 500000 values")
}

func TestDeepestAndLongestAreTaken(t *testing.T) {
	decode(t, edited(t, `"report-id"`, `"x": `+nested(tlsrpt.MaxDepth-1)+`, "report-id"`))
	decode(t, edited(t, `"report-id"`, `"x": `+strings.Repeat("1", tlsrpt.MaxNumberLength)+`, "report-id"`))
	decode(t, edited(t, `"report-id"`, `"x": [1e99, 1E+099, -1e-99], "report-id"`))
}
