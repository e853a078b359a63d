package storetest

import (
	"fmt"
	"slices"
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
		{"signers are kept apart", signersApart},
		{"of many signers every failure stays", manySigners},
		{"of many at once all stay", allOfMany},
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
		e := publication.SignerEvidence{Signer: signer, LastReport: step.report, LastFailure: step.failure}
		for range 2 { // Once more changes nothing.
			if err := store.AddEvidence(t.Context(), "example.com", e); err != nil {
				t.Fatal(err)
			}
			wantEvidence(t, store, "example.com", step.wantReport, step.wantFailure)
		}
	}
	wantEvidence(t, store, "example.net", never, never)
}

// signer signed a report, where it does not matter who did.
const signer = "sender.example"

func signersApart(t *testing.T, store publication.EvidenceStore) {
	minute := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	for _, e := range []publication.SignerEvidence{
		{Signer: "b.example", LastReport: minute(5), LastFailure: minute(5)},
		{Signer: "a.example", LastReport: minute(6), LastFailure: minute(6)},
		{Signer: "b.example", LastReport: minute(7)},
		{LastFailure: minute(3)},
		{Signer: "c.example", LastReport: minute(1)},
		{},
		{Signer: "d.example"},
	} {
		if err := store.AddEvidence(t.Context(), "example.com", e); err != nil {
			t.Fatal(err)
		}
	}
	wantSigners(t, store, []publication.SignerEvidence{
		{LastFailure: minute(3)},
		{Signer: "a.example", LastReport: minute(6), LastFailure: minute(6)},
		{Signer: "b.example", LastReport: minute(7), LastFailure: minute(5)},
		{Signer: "c.example", LastReport: minute(1)},
	})
}

func manySigners(t *testing.T, store publication.EvidenceStore) {
	add := func(i int) publication.SignerEvidence {
		e := publication.SignerEvidence{Signer: fmt.Sprintf("s%02d.example", i), LastReport: at.Add(time.Duration(i) * time.Minute)}
		if i%3 == 0 {
			e.LastFailure = e.LastReport
		}
		if err := store.AddEvidence(t.Context(), "example.com", e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	want := []publication.SignerEvidence{{LastFailure: at.Add(3 * time.Minute)}}
	for i := range publication.MaxSigners + 5 {
		if e := add(i); i >= 5 {
			want = append(want, e)
		}
	}
	wantSigners(t, store, want)
	add(0) // It is the oldest again.
	wantSigners(t, store, want)
}

func allOfMany(t *testing.T, store publication.EvidenceStore) {
	const signers = 8
	var all sync.WaitGroup
	outcomes := make([]error, racers)
	start := make(chan struct{})
	want := make([]publication.SignerEvidence, signers)
	for i := range racers {
		e := publication.SignerEvidence{
			Signer:      fmt.Sprintf("s%d.example", i%signers),
			LastReport:  at.Add(time.Duration(i) * time.Second),
			LastFailure: at.Add(-time.Duration(i) * time.Second),
		}
		want[i%signers].Signer, want[i%signers].LastReport = e.Signer, e.LastReport
		if i < signers {
			want[i].LastFailure = e.LastFailure
		}
		all.Go(func() {
			<-start
			outcomes[i] = store.AddEvidence(t.Context(), "example.com", e)
		})
	}
	close(start)
	all.Wait()
	for i, err := range outcomes {
		if err != nil {
			t.Errorf("racer %d: %v", i, err)
		}
	}
	wantSigners(t, store, want)
}

func wantSigners(t *testing.T, store publication.EvidenceStore, want []publication.SignerEvidence) {
	t.Helper()
	got, err := store.Evidence(t.Context(), "example.com")
	same := func(a, b publication.SignerEvidence) bool {
		return a.Signer == b.Signer && a.LastReport.Equal(b.LastReport) && a.LastFailure.Equal(b.LastFailure)
	}
	if err != nil || !slices.EqualFunc(got.Signers, want, same) {
		t.Errorf("got %+v, %v; want %+v", got.Signers, err, want)
	}
}

func hostileEvidence(t *testing.T, store publication.EvidenceStore) {
	for _, domain := range hostileNames {
		if err := store.AddEvidence(t.Context(), domain, publication.SignerEvidence{Signer: signer, LastReport: at}); err == nil {
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
	var last publication.SignerEvidence
	if len(got.Signers) > 0 {
		last = got.Signers[0]
	}
	if err != nil || got.Domain != domain || len(got.Signers) > 1 || !last.LastReport.Equal(report) || !last.LastFailure.Equal(failure) {
		want := fmt.Sprintf("the last report at %v, the last failure at %v", report, failure)
		t.Errorf("evidence of %s: %+v, %v; want %s", domain, got, err, want)
	}
}
