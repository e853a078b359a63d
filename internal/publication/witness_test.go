package publication_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

func TestWitness(t *testing.T) {
	received := morning.Add(48 * time.Hour)
	day := tlsrpt.DateRange{Start: morning, End: morning.Add(24 * time.Hour)}
	result := func(policyType tlsrpt.PolicyType, domain string, failed int64, details int) tlsrpt.PolicyResult {
		return tlsrpt.PolicyResult{
			Policy:         tlsrpt.Policy{Type: policyType, Domain: domain},
			Summary:        tlsrpt.Summary{TotalSuccessfulSessionCount: 5, TotalFailureSessionCount: failed},
			FailureDetails: make([]tlsrpt.FailureDetails, details),
		}
	}
	for name, test := range map[string]struct {
		span     tlsrpt.DateRange
		policies []tlsrpt.PolicyResult
		report   time.Time
		failure  time.Time
	}{
		"success":              {day, []tlsrpt.PolicyResult{result(tlsrpt.PolicySTS, "a.example", 0, 0)}, day.End, time.Time{}},
		"failure":              {day, []tlsrpt.PolicyResult{result(tlsrpt.PolicySTS, "a.example", 1, 0)}, day.End, day.End},
		"details alone":        {day, []tlsrpt.PolicyResult{result(tlsrpt.PolicySTS, "a.example", 0, 1)}, day.End, day.End},
		"one of two":           {day, []tlsrpt.PolicyResult{result(tlsrpt.PolicySTS, "a.example", 3, 0), result(tlsrpt.PolicySTS, "a.example", 0, 0)}, day.End, day.End},
		"other type":           {day, []tlsrpt.PolicyResult{result(tlsrpt.PolicyTLSA, "a.example", 3, 0)}, time.Time{}, time.Time{}},
		"not hosted":           {day, []tlsrpt.PolicyResult{result(tlsrpt.PolicySTS, "z.example", 3, 0)}, time.Time{}, time.Time{}},
		"no session":           {day, []tlsrpt.PolicyResult{{Policy: tlsrpt.Policy{Type: tlsrpt.PolicySTS, Domain: "a.example"}}}, time.Time{}, time.Time{}},
		"of a time to come":    {tlsrpt.DateRange{Start: morning, End: morning.AddDate(7000, 0, 0)}, []tlsrpt.PolicyResult{result(tlsrpt.PolicySTS, "a.example", 3, 0)}, received, received},
		"several and a spoilt": {day, []tlsrpt.PolicyResult{result(tlsrpt.PolicySTS, "not a domain", 3, 0), result(tlsrpt.PolicySTS, "", 3, 0), result(tlsrpt.PolicySTS, "a.example", 0, 0)}, day.End, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			state := stateOf(t, map[string][]string{"a.example": {"mx.a.example"}, "b.example": {"mx.b.example"}})
			witness := publication.Witness{Hosted: publication.Hosted{Published: state, Directory: state}, Evidence: state}
			if err := witness.Saw(t.Context(), tlsrpt.Report{DateRange: test.span, Policies: test.policies}, "sender.example", received); err != nil {
				t.Fatal(err)
			}
			evidence, err := state.Evidence(t.Context(), "a.example")
			var want []publication.SignerEvidence
			if !test.report.IsZero() {
				want = append(want, publication.SignerEvidence{Signer: "sender.example", LastReport: test.report.UTC(), LastFailure: test.failure.UTC()})
			}
			if err != nil || !slices.Equal(evidence.Signers, want) {
				t.Errorf("got %+v, %v; want %+v", evidence, err, want)
			}
			if other, err := state.Evidence(t.Context(), "b.example"); err != nil || len(other.Signers) > 0 {
				t.Errorf("another domain has %+v, %v", other, err)
			}
		})
	}
}

// sessions is a result of some that went well.
func sessions(domain string) tlsrpt.PolicyResult {
	return tlsrpt.PolicyResult{
		Policy:  tlsrpt.Policy{Type: tlsrpt.PolicySTS, Domain: domain},
		Summary: tlsrpt.Summary{TotalSuccessfulSessionCount: 1},
	}
}

// TestWitnessIsBounded: one report must not make us write for long.
func TestWitnessIsBounded(t *testing.T) {
	mx := make(map[string][]string)
	var policies []tlsrpt.PolicyResult
	for i := range 300 {
		domain := fmt.Sprintf("d%d.example", i)
		mx[domain] = []string{"mx.example"}
		policies = append(policies, sessions(domain))
	}
	state := stateOf(t, mx)
	witness := publication.Witness{
		Hosted:   &publication.Recent{Directory: state, Keep: time.Minute, Now: func() time.Time { return morning }},
		Evidence: state,
	}
	if err := witness.Saw(t.Context(), tlsrpt.Report{DateRange: tlsrpt.DateRange{End: morning}, Policies: policies}, "sender.example", morning); err != nil {
		t.Fatal(err)
	}
	witnessed := 0
	for domain := range mx {
		evidence, err := state.Evidence(t.Context(), domain)
		if err != nil {
			t.Fatal(err)
		}
		if len(evidence.Signers) > 0 {
			witnessed++
		}
	}
	if witnessed != 100 {
		t.Errorf("evidence was kept of %d domains; want 100", witnessed)
	}
}

// TestWitnessFails: a report whose evidence was not kept has to come again.
func TestWitnessFails(t *testing.T) {
	for _, op := range []storetest.Op{storetest.OpPublished, storetest.OpAddEvidence} {
		state := stateOf(t, map[string][]string{"a.example": {"mx.a.example"}})
		state.FailNext(op, false)
		witness := publication.Witness{Hosted: publication.Hosted{Published: state, Directory: state}, Evidence: state}
		report := tlsrpt.Report{Policies: []tlsrpt.PolicyResult{sessions("a.example")}}
		if err := witness.Saw(t.Context(), report, "sender.example", morning); !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("%s: %v; want the store's error", op, err)
		}
	}
}
