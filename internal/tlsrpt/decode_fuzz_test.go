package tlsrpt_test

import (
	"errors"
	"reflect"
	"testing"
	"unicode/utf8"

	"sealpost/internal/tlsrpt"
	"sealpost/internal/tlsrpt/tlsrpttest"
)

func FuzzDecode(f *testing.F) {
	for _, test := range tolerances {
		f.Add([]byte(edited(f, test.old, test.new)))
	}
	for _, test := range misshapen {
		f.Add([]byte(edited(f, test.old, test.new)))
	}
	f.Add(tlsrpttest.Report(2, 3))
	f.Fuzz(func(t *testing.T, text []byte) {
		decoded, err := tlsrpt.Decode(text)
		if err != nil {
			checkError(t, err)
			return
		}
		line, err := tlsrpt.Canonical(text)
		if err != nil {
			t.Fatalf("understood, and then: %v", err)
		}
		again, err := tlsrpt.Decode(line)
		if err != nil {
			t.Fatalf("understood, and not once its white space is gone: %v", err)
		}
		if !reflect.DeepEqual(again.Report, decoded.Report) {
			t.Errorf("%+v\nis without white space %+v", decoded.Report, again.Report)
		}
		if second, err := tlsrpt.Canonical(line); err != nil || tlsrpt.Key(second) != tlsrpt.Key(line) {
			t.Errorf("the canonical form is not that of itself: %v", err)
		}
		checkReport(t, decoded)
	})
}

// checkError holds every error to what is said of it: one of two types, and
// short words that any answer can carry.
func checkError(t *testing.T, err error) {
	t.Helper()
	var limit *tlsrpt.LimitError
	var invalid *tlsrpt.InvalidError
	switch {
	case errors.As(err, &limit):
	case errors.As(err, &invalid):
		if len(invalid.Problems) == 0 || len(invalid.Problems) > tlsrpt.MaxProblems {
			t.Errorf("%d problems", len(invalid.Problems))
		}
		for _, p := range invalid.Problems {
			if p.Message == "" || !utf8.ValidString(p.Path+p.Message) || len(p.Path)+len(p.Message) > 2*tlsrpt.MaxText {
				t.Errorf("a problem that cannot be told: %q", p)
			}
		}
	default:
		t.Errorf("an error of type %T: %v", err, err)
	}
}

func checkReport(t *testing.T, decoded tlsrpt.Decoded) {
	t.Helper()
	seen := make(map[tlsrpt.Code]bool)
	for _, d := range decoded.Deviations {
		if seen[d.Code] || d.Count < 1 || d.Code.Meaning() == "" {
			t.Errorf("deviation %+v", d)
		}
		seen[d.Code] = true
	}
	for _, result := range decoded.Report.Policies {
		counts := []int64{result.Summary.TotalSuccessfulSessionCount, result.Summary.TotalFailureSessionCount}
		for _, failure := range result.FailureDetails {
			counts = append(counts, failure.FailedSessionCount)
		}
		for _, count := range counts {
			if count < 0 || count > tlsrpt.MaxCount {
				t.Errorf("a count of %d", count)
			}
		}
		if result.Policy.Type == "" {
			t.Error("a policy without type")
		}
	}
}
