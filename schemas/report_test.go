package schemas_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"sealpost/schemas"
)

func TestAccepted(t *testing.T) {
	base := report(t)
	for _, e := range append(accepted, acceptedStrictly...) {
		expect(t, schemas.TLSRPT(), base, e, nil)
	}
	for _, e := range acceptedStrictly {
		expect(t, schemas.TLSRPTStrict(), base, e, nil)
	}
}

func TestRefused(t *testing.T) {
	base := report(t)
	for _, r := range refused {
		expect(t, schemas.TLSRPT(), base, r.edit, r.problems())
	}
	for _, r := range refusedStrictly {
		expect(t, schemas.TLSRPTStrict(), base, r.edit, r.problems())
		expect(t, schemas.TLSRPT(), base, r.edit, nil)
	}
}

// Whatever tlsrpt.schema.json refuses, the strict one refuses as well.
func TestStrictIsNarrower(t *testing.T) {
	base := report(t)
	for _, r := range refused {
		if schemas.CheckReport(schemas.TLSRPTStrict(), apply(t, base, r.edit)) == nil {
			t.Errorf("%v: the strict schema accepts it", r.edit)
		}
	}
}

func TestSeveralProblemsInOrder(t *testing.T) {
	base := report(t)
	doc := apply(t, base, edit{details, `[0,{},1,2,3,4,5,6,7,8,9]`})
	doc = apply(t, doc, edit{"/report-id", ``})
	var want []schemas.Problem
	for _, i := range []string{"0", "2", "3", "4", "5", "6", "7", "8", "9", "10"} {
		want = append(want, schemas.Problem{Path: details + "/" + i, Message: "must be an object"})
	}
	want = append(want, schemas.Problem{Path: "/report-id", Message: "is missing"})
	if got := schemas.CheckReport(schemas.TLSRPT(), doc); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	expect(t, schemas.TLSRPT(), base, edit{policies, wrongPolicies}, []schemas.Problem{
		{Path: policies + "/failure-details/0/failed-session-count", Message: wantCount},
		{Path: policies + "/policy/policy-type", Message: "must be a string"},
		{Path: policies + "/summary", Message: "is missing"},
	})
	expect(t, schemas.TLSRPTStrict(), base, edit{failure, `{"result-type": 1e400}`}, []schemas.Problem{
		{Path: failure + "/failed-session-count", Message: "is missing"},
		{Path: failure + "/receiving-mx-hostname", Message: "is missing"},
		{Path: failure + "/result-type", Message: "must be a string"},
		{Path: failure + "/sending-mta-ip", Message: "is missing"},
	})
}

func TestNotJSON(t *testing.T) {
	for doc, want := range map[string]string{
		``:            "is empty",
		`{`:           "is not valid JSON: it ends in the middle, before every brace, bracket and quotation mark is closed",
		`{"a": ["x"}`: "is not valid JSON: line 1: '}' stands where a comma or ] has to be",
		`{"a" 1}`:     "is not valid JSON: line 1: '1' stands where a colon has to be",
		`[1,
]`: "is not valid JSON: line 2: ']' stands where a value has to begin, unless the comma before it is one too many",
		`{a: 1}`:       "is not valid JSON: line 1: 'a' stands where a name in quotation marks has to begin",
		`{"a": 1 "b"}`: `is not valid JSON: line 1: '"' stands where a comma or } has to be`,
		`{} {}`:        "is not valid JSON: something follows after its end",
		`{} oh!`:       "is not valid JSON: something follows after its end",
	} {
		problems := []schemas.Problem{{Message: want}}
		if got := schemas.CheckReport(schemas.TLSRPT(), []byte(doc)); !slices.Equal(got, problems) {
			t.Errorf("report %q: got %v, want %v", doc, got, problems)
		}
		if got := schemas.TLSRPT().Check([]byte(doc)); !slices.Equal(got, problems) {
			t.Errorf("document %q: got %v, want %v", doc, got, problems)
		}
	}
}

// The work must not grow with the number of faults: the validator would keep
// each of them.
func TestManyFaultsCostLittle(t *testing.T) {
	const elements = 20_000
	zeros := "[" + strings.Repeat("0,", elements) + "0]"
	for _, at := range []string{policies, details, result + "/policy/policy-string", result + "/policy/mx-host", result + "/policy/mx-host-pattern"} {
		doc := apply(t, report(t), edit{at, zeros})
		got := schemas.CheckReport(schemas.TLSRPT(), doc)
		if len(got) != schemas.MaxProblems || got[10].Path != at+"/10" {
			t.Errorf("%s: got %d problems: %v", at, len(got), got)
		}
		decoding := testing.AllocsPerRun(1, func() { decode(t, doc) })
		checking := testing.AllocsPerRun(1, func() { schemas.CheckReport(schemas.TLSRPT(), doc) })
		if checking-decoding > elements/2 {
			t.Errorf("%s: %v allocations beyond decoding", at, checking-decoding)
		}
	}
}

// However it is taken apart, a report has the same problems as in one piece,
// and what the strict schema accepts, the other accepts.
func FuzzCheckReport(f *testing.F) {
	base := report(f)
	f.Add(base)
	for _, e := range slices.Concat(accepted, acceptedStrictly) {
		f.Add(apply(f, base, e))
	}
	for _, r := range slices.Concat(refused, refusedStrictly) {
		f.Add(apply(f, base, r.edit))
	}
	largeExponent := regexp.MustCompile(`[0-9][eE][+-]?[0-9]{4}`)
	f.Fuzz(func(t *testing.T, doc []byte) {
		if len(doc) > 1<<16 || largeExponent.Match(doc) {
			return // Refused by the bounds that CheckReport requires.
		}
		strict := schemas.CheckReport(schemas.TLSRPTStrict(), doc)
		lenient := schemas.CheckReport(schemas.TLSRPT(), doc)
		if len(strict) == 0 && len(lenient) > 0 {
			t.Errorf("only the strict schema accepts it: %v", lenient)
		}
		compare(t, schemas.TLSRPTStrict(), doc, strict)
		compare(t, schemas.TLSRPT(), doc, lenient)
	})
}

func BenchmarkCheckReport(b *testing.B) {
	one := []byte(strings.Repeat(`{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1",`+
		`"receiving-mx-hostname":"mx.customer.example","failed-session-count":1},`, 5000))
	doc := apply(b, report(b), edit{details, "[" + strings.TrimSuffix(string(one), ",") + "]"})
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if problems := schemas.CheckReport(schemas.TLSRPT(), doc); problems != nil {
			b.Fatal(problems)
		}
	}
}

func expect(t *testing.T, schema *schemas.Schema, base []byte, e edit, want []schemas.Problem) {
	t.Helper()
	doc := apply(t, base, e)
	got := schemas.CheckReport(schema, doc)
	if !slices.Equal(got, want) {
		t.Errorf("%s = %s:\n got %v\nwant %v", e.at, e.value, got, want)
	}
	compare(t, schema, doc, got)
}

// compare fails unless the whole document at once has the given problems.
func compare(t *testing.T, schema *schemas.Schema, doc []byte, problems []schemas.Problem) {
	t.Helper()
	whole := schema.Check(doc)
	if len(whole) != len(problems) || len(whole) < schemas.MaxProblems && !slices.Equal(whole, problems) {
		t.Errorf("in pieces %v\nat once %v", problems, whole)
	}
}
