package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// Evidences is the conformance suite of publication.EvidenceStore. It opens an
// empty store for each test.
func Evidences(t *testing.T, open func(t *testing.T) publication.EvidenceStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, publication.EvidenceStore)
	}{
		{"the later of each time stays", laterStays},
		{"each time has the signer that it came with", signersStay},
		{"of many at once the latest stays", latestOfMany},
		{"hostile domains have no evidence", hostileEvidence},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func laterStays(t *testing.T, store publication.EvidenceStore) {
	never := time.Time{}
	minute := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	elsewhere := time.FixedZone("", -11*60*60) // A later moment, and an earlier hour.
	wantEvidence(t, store, "example.com", never, never)
	for _, step := range []struct{ report, failure, wantReport, wantFailure time.Time }{
		{never, never, never, never},
		{minute(5), never, minute(5), never},
		{never, minute(3), minute(5), minute(3)},
		{minute(4), minute(4), minute(5), minute(4)},
		{minute(6), minute(1), minute(6), minute(4)},
		{minute(6), minute(4), minute(6), minute(4)},
		{never, never, minute(6), minute(4)},
		{minute(6).Add(time.Nanosecond), never, minute(6).Add(time.Nanosecond), minute(4)},
		{minute(7).In(elsewhere), minute(2).In(elsewhere), minute(7), minute(4)},
		{minute(7).Truncate(time.Minute), minute(4).Truncate(time.Minute), minute(7), minute(4)},
		{minute(8).Truncate(time.Second), minute(9).Truncate(time.Hour), minute(8).Truncate(time.Second), minute(4)},
	} {
		e := publication.Evidence{Domain: "example.com", LastReport: step.report, LastFailure: step.failure, ReportSigner: signer, FailureSigner: signer}
		for range 2 { // Once more changes nothing.
			if err := store.AddEvidence(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			wantEvidence(t, store, "example.com", step.wantReport, step.wantFailure)
		}
	}
	wantEvidence(t, store, "example.net", never, never)
}

// signer signed a report, where it does not matter who did.
const signer = "sender.example"

func signersStay(t *testing.T, store publication.EvidenceStore) {
	minute := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	for _, step := range []struct {
		report, failure             int // Minutes; 0 for none.
		signer                      string
		reportSigner, failureSigner string
	}{
		{0, 5, "a.example", "", "a.example"},
		{5, 0, "b.example", "b.example", "a.example"},
		{5, 5, "c.example", "b.example", "a.example"}, // As late is not later.
		{4, 4, "c.example", "b.example", "a.example"},
		{6, 4, "c.example", "c.example", "a.example"},
		{6, 6, "d.example", "c.example", "d.example"},
		{7, 7, "", "", ""}, // Stored before signers were.
		{8, 8, "e.example", "e.example", "e.example"},
	} {
		e := publication.Evidence{Domain: "example.com"}
		if step.report > 0 {
			e.LastReport, e.ReportSigner = minute(step.report), step.signer
		}
		if step.failure > 0 {
			e.LastFailure, e.FailureSigner = minute(step.failure), step.signer
		}
		if err := store.AddEvidence(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		got, err := store.Evidence(t.Context(), "example.com")
		if err != nil || got.ReportSigner != step.reportSigner || got.FailureSigner != step.failureSigner {
			t.Errorf("after %+v: %+v, %v; want the last report of %q and the last failure of %q", e, got, err, step.reportSigner, step.failureSigner)
		}
	}
}

func latestOfMany(t *testing.T, store publication.EvidenceStore) {
	var all sync.WaitGroup
	outcomes := make([]error, racers)
	start := make(chan struct{})
	for i := range racers {
		all.Go(func() {
			<-start
			outcomes[i] = store.AddEvidence(t.Context(), publication.Evidence{
				Domain:        "example.com",
				LastReport:    at.Add(time.Duration(i) * time.Second),
				ReportSigner:  fmt.Sprintf("s%d.example", i),
				LastFailure:   at.Add(-time.Duration(i) * time.Second),
				FailureSigner: fmt.Sprintf("s%d.example", i),
			})
		})
	}
	close(start)
	all.Wait()
	for i, err := range outcomes {
		if err != nil {
			t.Errorf("racer %d: %v", i, err)
		}
	}
	wantEvidence(t, store, "example.com", at.Add((racers-1)*time.Second), at)
	got, err := store.Evidence(t.Context(), "example.com")
	if last := fmt.Sprintf("s%d.example", racers-1); err != nil || got.ReportSigner != last || got.FailureSigner != "s0.example" {
		t.Errorf("%+v, %v; want the last report of %s and the last failure of s0.example", got, err, last)
	}
}

func hostileEvidence(t *testing.T, store publication.EvidenceStore) {
	for _, domain := range hostileNames {
		if err := store.AddEvidence(t.Context(), publication.Evidence{Domain: domain, LastReport: at}); err == nil {
			t.Errorf("add evidence of %q: no error", domain)
		}
		if got, err := store.Evidence(t.Context(), domain); err == nil {
			t.Errorf("evidence of %q: %+v; want an error", domain, got)
		}
	}
}

func wantEvidence(t *testing.T, store publication.EvidenceStore, domain string, report, failure time.Time) {
	t.Helper()
	got, err := store.Evidence(t.Context(), domain)
	if err != nil || got.Domain != domain || !got.LastReport.Equal(report) || !got.LastFailure.Equal(failure) {
		want := fmt.Sprintf("the last report at %v, the last failure at %v", report, failure)
		t.Errorf("evidence of %s: %+v, %v; want %s", domain, got, err, want)
	}
}
