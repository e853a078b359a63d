package localdir_test

import (
	"slices"
	"testing"
	"time"

	"sealpost/internal/localdir"
	"sealpost/internal/publication"
)

// TestEvidenceChanges: what another process stores is found too, each change once.
func TestEvidenceChanges(t *testing.T) {
	state := newState(t)
	other := &localdir.State{Root: state.Root}
	changes := state.EvidenceChanges()
	look := func(want ...string) {
		t.Helper()
		if got, err := changes.Look(); err != nil || !slices.Equal(got, want) {
			t.Errorf("changed: %q, %v; want %q", got, err, want)
		}
	}
	add := func(s *localdir.State, domain string, at time.Time) {
		t.Helper()
		if err := s.AddEvidence(t.Context(), domain, publication.SignerEvidence{Signer: "sender.example", LastReport: at}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	publish(t, state, publication.Published{Domain: "example.net", Revision: 1})
	look()
	add(state, "example.org", midnight)
	add(other, "example.com", midnight)
	look("example.com", "example.org")
	look()
	add(other, "example.com", midnight) // It says nothing new.
	look()
	add(other, "example.com", midnight.Add(time.Hour))
	look("example.com")
}
