package publication_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// TestStream plays random edits of one item the way a table's stream tells of
// them: in order, again from the one that failed, and sometimes once more from
// an earlier one. Whatever fails in between, an earlier policy is never served
// after a later one, and in the end everything is as the last edit asks.
func TestStream(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			stream := newStream(seed)
			for at := 0; at < len(stream.edits); {
				if !stream.deliver(t, at) {
					continue // It comes again.
				}
				at++
				if stream.random.IntN(4) == 0 {
					at -= stream.random.IntN(at + 1)
				}
			}
			stream.wantLast(t)
		})
	}
}

type stream struct {
	desk
	random *rand.Rand
	edits  []string // Items; empty for a removal.
	newest int      // Of the edits that came through.
}

func newStream(seed uint64) *stream {
	random := rand.New(rand.NewPCG(seed, 8461))
	s := &stream{desk: newDesk(), random: random, edits: make([]string, 1+random.IntN(6))}
	for i := range s.edits {
		s.edits[i] = []string{testingItem, enforceItem, badItem, ""}[random.IntN(4)]
	}
	return s
}

// deliver brings an edit to the publisher, and reports whether it came through.
func (s *stream) deliver(t *testing.T, at int) bool {
	if s.random.IntN(3) == 0 {
		s.state.FailNth(storetest.OpAny, 1+s.random.IntN(5), s.random.IntN(2) == 0)
	}
	var err error
	if s.edits[at] == "" {
		_, err = s.Remove(t.Context(), domain, sequence(t, at+1))
	} else {
		_, err = s.Edit(t.Context(), domain, sequence(t, at+1), []byte(s.edits[at]))
	}
	s.state.FailNth(storetest.OpAny, 1000, false) // The failure may not have been met.
	if err == nil {
		s.newest = max(s.newest, at)
		s.wantNoOlder(t)
	}
	return err == nil
}

// asked is what is served once the edits up to that one came through: a bad
// edit changes nothing.
func (s *stream) asked(upTo int) string {
	for at := upTo; at >= 0; at-- {
		switch s.edits[at] {
		case testingItem:
			return testingBody
		case enforceItem:
			return enforceBody
		case "":
			return ""
		}
	}
	return ""
}

func (s *stream) wantNoOlder(t *testing.T) {
	t.Helper()
	if got, want := s.served(t).Body, s.asked(s.newest); got != want {
		t.Fatalf("edits %q: after edit %d, %q is served; want %q", s.edits, s.newest, got, want)
	}
}

func (s *stream) wantLast(t *testing.T) {
	t.Helper()
	body := s.asked(len(s.edits) - 1)
	s.wantServed(t, body)
	status, _, err := s.state.Status(t.Context(), domain)
	want := publication.StatePublished
	switch s.edits[len(s.edits)-1] {
	case badItem:
		want = publication.StateRefused
	case "":
		want = publication.StateWithdrawn
	}
	if err != nil || status.State != want {
		t.Errorf("edits %q: status %+v, %v; want %s", s.edits, status, err, want)
	}
	history := s.state.History(domain)
	ids := func(p publication.Published) bool { return p.ID == mtasts.ID([]byte(body)) }
	if body != "" && !slices.ContainsFunc(history, ids) {
		t.Errorf("edits %q: what is served is not in the history: %+v", s.edits, history)
	}
}
