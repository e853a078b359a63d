package publication_test

import (
	"errors"
	"testing"
	"time"

	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

func TestRecent(t *testing.T) {
	state := stateOf(t, map[string][]string{"old.example": {"mx.old.example"}})
	now := morning
	recent := &publication.Recent{Directory: state, Keep: time.Minute, Now: func() time.Time { return now }}
	ours := func(domain string, want bool) {
		t.Helper()
		if got, err := recent.Ours(t.Context(), about(tlsrpt.PolicySTS, domain)); err != nil || got != want {
			t.Errorf("%s at %s: %v, %v; want %v", domain, now.Format(time.TimeOnly), got, err, want)
		}
	}
	ours("old.example", true)
	if _, err := state.Publish(t.Context(), publication.Published{Domain: "new.example", Revision: 1}); err != nil {
		t.Fatal(err)
	}
	state.FailNext(storetest.OpAllPublished, false)
	now = now.Add(time.Minute - 1)
	ours("new.example", false) // It is not read again yet.

	now = now.Add(1)
	for _, domain := range []string{"old.example", "new.example"} {
		state.FailNext(storetest.OpAllPublished, true)
		if got, err := recent.Ours(t.Context(), about(tlsrpt.PolicySTS, domain)); got || !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("%s: %v, %v; want the store's error, and nothing from before", domain, got, err)
		}
	}
	ours("new.example", true)
	ours("old.example", true)
}
