package storetest_test

import (
	"errors"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Bucket(t, func(*testing.T) archive.Bucket { return new(storetest.Memory) })
}

func TestMemoryState(t *testing.T) {
	storetest.States(t, func(*testing.T) storetest.State { return new(storetest.MemoryState) })
	storetest.Histories(t, func(*testing.T) (publication.HistoryStore, func(string) []publication.Published) {
		state := new(storetest.MemoryState)
		return state, state.History
	})
	storetest.Copies(t, func(*testing.T) (publication.CopyStore, func(string) (string, bool)) {
		state := new(storetest.MemoryState)
		return state, state.Copy
	})
}

// TestFailureIsAmbiguous makes each call fail both ways: the error is the same,
// what is kept differs, and the call after it goes well.
func TestFailureIsAmbiguous(t *testing.T) {
	for _, written := range []bool{false, true} {
		memory := new(storetest.Memory)
		memory.FailNext(storetest.OpCreate, written)
		created, err := memory.Create(t.Context(), "key", []byte("value"))
		if created || !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("written %v: create: %v, %v; want ErrFailed", written, created, err)
		}
		if _, err := memory.Get(t.Context(), "key"); (err == nil) != written {
			t.Errorf("written %v: get: %v", written, err)
		}
		created, err = memory.Create(t.Context(), "key", []byte("value"))
		if created == written || err != nil {
			t.Errorf("written %v: create again: %v, %v", written, created, err)
		}

		memory.FailNext(storetest.OpGet, written)
		if value, err := memory.Get(t.Context(), "key"); value != nil || !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("written %v: get: %q, %v; want ErrFailed", written, value, err)
		}

		memory.FailNext(storetest.OpList, written)
		var keys []string
		var last error
		for key, err := range memory.List(t.Context(), "") {
			if err == nil {
				keys = append(keys, key)
			}
			last = err
		}
		if !errors.Is(last, storetest.ErrFailed) || (len(keys) == 1) != written {
			t.Errorf("written %v: list: %q, then %v", written, keys, last)
		}
	}
}

func TestStateFailureIsAmbiguous(t *testing.T) {
	for _, written := range []bool{false, true} {
		state := new(storetest.MemoryState)
		state.FailNext(storetest.OpPublish, written)
		if latest, err := state.Publish(t.Context(), publication.Published{Domain: "example.com"}); latest || !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("written %v: publish: %v, %v; want ErrFailed", written, latest, err)
		}
		if _, is, err := state.Published(t.Context(), "example.com"); is != written || err != nil {
			t.Errorf("written %v: published: %v, %v", written, is, err)
		}
		if latest, err := state.Publish(t.Context(), publication.Published{Domain: "example.com"}); !latest || err != nil {
			t.Errorf("written %v: publish again: %v, %v", written, latest, err)
		}
		state.FailNext(storetest.OpWithdraw, written)
		if latest, err := state.Withdraw(t.Context(), "example.com", ""); latest || !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("written %v: withdraw: %v, %v; want ErrFailed", written, latest, err)
		}
		if _, is, _ := state.Published(t.Context(), "example.com"); is == written {
			t.Errorf("written %v: published after withdrawing: %v", written, is)
		}
		state.FailNext(storetest.OpSetStatus, written)
		if err := state.SetStatus(t.Context(), publication.Status{Domain: "example.com"}); !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("written %v: set status: %v; want ErrFailed", written, err)
		}
		if _, is, err := state.Status(t.Context(), "example.com"); is != written || err != nil {
			t.Errorf("written %v: status: %v, %v", written, is, err)
		}
		state.FailNext(storetest.OpAddHistory, written)
		if err := state.AddHistory(t.Context(), publication.Published{Domain: "example.com"}); !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("written %v: add history: %v; want ErrFailed", written, err)
		}
		if kept := len(state.History("example.com")); (kept == 1) != written {
			t.Errorf("written %v: %d kept in history", written, kept)
		}
		state.FailNext(storetest.OpPutCopy, written)
		if err := state.PutCopy(t.Context(), "mta-sts.example.com", nil); !errors.Is(err, storetest.ErrFailed) {
			t.Errorf("written %v: put copy: %v; want ErrFailed", written, err)
		}
		if _, is := state.Copy("mta-sts.example.com"); is != written {
			t.Errorf("written %v: copy: %v", written, is)
		}
	}
}

func TestOnlyTheNthCallFails(t *testing.T) {
	memory := new(storetest.Memory)
	memory.FailNth(storetest.OpAny, 3, false)
	for call := 1; call <= 4; call++ {
		if ahead := memory.FailureAhead(); ahead != (call <= 3) {
			t.Errorf("before call %d: failure ahead: %v", call, ahead)
		}
		_, err := memory.Create(t.Context(), "key", nil)
		if errors.Is(err, storetest.ErrFailed) != (call == 3) {
			t.Errorf("call %d: %v", call, err)
		}
	}
	memory.FailNext(storetest.OpGet, false)
	if _, err := memory.Create(t.Context(), "other", nil); err != nil {
		t.Errorf("a call of another kind: %v", err)
	}
}
