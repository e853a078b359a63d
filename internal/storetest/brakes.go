package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// Brakes is the conformance suite of publication.BrakeStore. It opens an empty
// store for each test.
func Brakes(t *testing.T, open func(t *testing.T) publication.BrakeStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, publication.BrakeStore)
	}{
		{"the brake reads back and is replaced", brakeIsReplaced},
		{"only the next revision of the brake is taken", onlyTheNextBrake},
		{"of many at once one sets the brake", oneOfManySetsBrake},
		{"the brake is copied", brakeIsCopied},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func brakeIsReplaced(t *testing.T, store publication.BrakeStore) {
	wantBrake(t, store, publication.Brake{})
	many := make(map[string]time.Time)
	for i := range 1000 {
		many[fmt.Sprintf("domain-%d.example", i)] = at.Add(time.Duration(i))
	}
	for _, b := range []publication.Brake{
		{Changed: map[string]time.Time{"a.example": at, "b.c.example": at.Add(time.Nanosecond)}, Hosted: 7, CountedAt: at, Revision: 1},
		{Changed: many, Hosted: 1000, CountedAt: at, EngagedAt: at.AddDate(0, 1, 0), ReleasedUntil: at.AddDate(1, 0, 0), Revision: 2},
		{Revision: 3},
	} {
		setBrake(t, store, b, true)
		wantBrake(t, store, b)
	}
}

func onlyTheNextBrake(t *testing.T, store publication.BrakeStore) {
	last := publication.Brake{}
	for i, step := range []struct {
		revision int
		done     bool
	}{{2, false}, {0, false}, {-1, false}, {1, true}, {1, false}, {0, false}, {3, false}, {2, true}, {1, false}, {3, true}} {
		b := publication.Brake{Hosted: i, Revision: step.revision}
		setBrake(t, store, b, step.done)
		if step.done {
			last = b
		}
		wantBrake(t, store, last)
	}
}

func oneOfManySetsBrake(t *testing.T, store publication.BrakeStore) {
	for revision := 1; revision <= 2; revision++ {
		winner := oneOfMany(t, func(i int) (bool, error) {
			return store.SetBrake(t.Context(), publication.Brake{Hosted: i, Revision: revision})
		})
		wantBrake(t, store, publication.Brake{Hosted: winner, Revision: revision})
	}
}

func brakeIsCopied(t *testing.T, store publication.BrakeStore) {
	b := publication.Brake{Changed: map[string]time.Time{"a.example": at}, Revision: 1}
	setBrake(t, store, b, true)
	b.Changed["b.example"] = at
	for range 2 {
		got, err := store.Brake(t.Context())
		if err != nil || len(got.Changed) != 1 {
			t.Fatalf("brake: %+v, %v; want one domain", got, err)
		}
		got.Changed["c.example"] = at
	}
}

func setBrake(t *testing.T, store publication.BrakeStore, b publication.Brake, want bool) {
	t.Helper()
	if done, err := store.SetBrake(t.Context(), b); err != nil || done != want {
		t.Errorf("set revision %d of the brake: %v, %v; want %v", b.Revision, done, err, want)
	}
}

func wantBrake(t *testing.T, store publication.BrakeStore, want publication.Brake) {
	t.Helper()
	if got, err := store.Brake(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("brake: %+v, %v; want %+v", got, err, want)
	}
}
