package storetest_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/told"
)

func TestMemory(t *testing.T) {
	storetest.Bucket(t, func(*testing.T) archive.Bucket { return new(storetest.Memory) })
	storetest.Shelves(t, func(*testing.T) storetest.Shelf { return new(storetest.Memory) })
}

func TestMemoryState(t *testing.T) {
	storetest.States(t, func(*testing.T) storetest.State { return new(storetest.MemoryState) })
	storetest.Histories(t, func(*testing.T) publication.HistoryStore { return new(storetest.MemoryState) })
	storetest.Copies(t, func(*testing.T) publication.CopyStore { return new(storetest.MemoryState) })
	storetest.Evidences(t, func(*testing.T) publication.EvidenceStore { return new(storetest.MemoryState) })
	storetest.Brakes(t, func(*testing.T) publication.BrakeStore { return new(storetest.MemoryState) })
	storetest.Deliveries(t, func(*testing.T) told.DeliveryStore { return new(storetest.MemoryState) })
	storetest.Days(t, func(*testing.T) told.DayStore { return new(storetest.MemoryState) })
}

func TestMemoryItems(t *testing.T) {
	storetest.Items(t, func(*testing.T) (publication.Items, func(domain, text string), func(domain string)) {
		items := new(storetest.MemoryItems)
		put := func(domain, text string) { items.Put(domain, publication.Item{Text: []byte(text)}) }
		return items, put, items.Remove
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

// TestStateFailureIsAmbiguous does the same with everything that writes to a
// state.
func TestStateFailureIsAmbiguous(t *testing.T) {
	const domain = "example.com"
	for _, call := range []struct {
		op      storetest.Op
		write   func(context.Context, *storetest.MemoryState) (bool, error)
		written func(context.Context, *storetest.MemoryState) bool
		again   bool // What a second call says that follows one that was written.
	}{
		{storetest.OpPublish,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				return s.Publish(ctx, publication.Published{Domain: domain, Revision: 1})
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				_, is, err := s.Published(ctx, domain)
				return is && err == nil
			}, false},
		{storetest.OpWithdraw,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) { return s.Withdraw(ctx, domain, 1) },
			func(ctx context.Context, s *storetest.MemoryState) bool {
				p, _, err := s.Published(ctx, domain)
				return p.Revision == 1 && err == nil
			}, false},
		{storetest.OpSetStatus,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				return s.SetStatus(ctx, publication.Status{Domain: domain, Revision: 1})
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				_, is, err := s.Status(ctx, domain)
				return is && err == nil
			}, false},
		{storetest.OpSetBrake,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				return s.SetBrake(ctx, publication.Brake{Revision: 1})
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				b, err := s.Brake(ctx)
				return b.Revision == 1 && err == nil
			}, false},
		{storetest.OpAddHistory,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				err := s.AddHistory(ctx, publication.Published{Domain: domain}, time.Time{})
				return err == nil, err
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				history, err := s.History(ctx, domain)
				return len(history) == 1 && err == nil
			}, true},
		{storetest.OpPutCopy,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				err := s.PutCopy(ctx, domain, nil)
				return err == nil, err
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				_, is, err := s.Copy(ctx, domain)
				return is && err == nil
			}, true},
		{storetest.OpRemoveCopy,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				err := s.RemoveCopy(ctx, "there.example")
				return err == nil, err
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				_, is, err := s.Copy(ctx, "there.example")
				return !is && err == nil
			}, true},
		{storetest.OpSetDelivery,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				return s.SetDelivery(ctx, told.Delivery{Week: "2026-W47", Audience: "all", Revision: 1})
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				d, err := s.Delivery(ctx, "2026-W47", "all")
				return d.Revision == 1 && err == nil
			}, false},
		{storetest.OpSetDay,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				return s.SetDay(ctx, told.Day{Domain: domain, Revision: 1})
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				d, err := s.Day(ctx, domain)
				return d.Revision == 1 && err == nil
			}, false},
		{storetest.OpAddEvidence,
			func(ctx context.Context, s *storetest.MemoryState) (bool, error) {
				err := s.AddEvidence(ctx, domain, publication.SignerEvidence{Signer: "sender.example", LastReport: time.Unix(1, 0)})
				return err == nil, err
			},
			func(ctx context.Context, s *storetest.MemoryState) bool {
				e, err := s.Evidence(ctx, domain)
				return len(e.Signers) == 1 && err == nil
			}, true},
	} {
		for _, op := range []storetest.Op{call.op, storetest.OpAny} {
			for _, written := range []bool{false, true} {
				state := new(storetest.MemoryState)
				if err := state.PutCopy(t.Context(), "there.example", nil); err != nil {
					t.Fatal(err)
				}
				state.FailNext(op, written)
				if done, err := call.write(t.Context(), state); done || !errors.Is(err, storetest.ErrFailed) {
					t.Errorf("%s, written %v: %v, %v; want ErrFailed", call.op, written, done, err)
				}
				if is := call.written(t.Context(), state); is != written {
					t.Errorf("%s, written %v: it was written: %v", call.op, written, is)
				}
				if done, err := call.write(t.Context(), state); done != (!written || call.again) || err != nil {
					t.Errorf("%s, written %v: again: %v, %v", call.op, written, done, err)
				}
			}
		}
	}
}

// TestReadingFails: a failure never passes for nothing.
func TestReadingFails(t *testing.T) {
	const domain = "example.com"
	state, items := new(storetest.MemoryState), new(storetest.MemoryItems)
	items.Put(domain, publication.Item{Text: []byte("{}")})
	if _, err := state.Publish(t.Context(), publication.Published{Domain: domain, Revision: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := state.SetStatus(t.Context(), publication.Status{Domain: domain, Revision: 1}); err != nil {
		t.Fatal(err)
	}
	for _, call := range []struct {
		failures *storetest.Failures
		op       storetest.Op
		lists    bool
		read     func(context.Context) (found bool, err error)
	}{
		{&state.Failures, storetest.OpPublished, false, func(ctx context.Context) (bool, error) { _, is, err := state.Published(ctx, domain); return is, err }},
		{&state.Failures, storetest.OpStatus, false, func(ctx context.Context) (bool, error) { _, is, err := state.Status(ctx, domain); return is, err }},
		{&state.Failures, storetest.OpHistory, false, func(ctx context.Context) (bool, error) {
			h, err := state.History(ctx, domain)
			return len(h) > 0, err
		}},
		{&state.Failures, storetest.OpCopy, false, func(ctx context.Context) (bool, error) { _, is, err := state.Copy(ctx, domain); return is, err }},
		{&state.Failures, storetest.OpEvidence, false, func(ctx context.Context) (bool, error) { _, err := state.Evidence(ctx, domain); return false, err }},
		{&state.Failures, storetest.OpDelivery, false, func(ctx context.Context) (bool, error) {
			_, err := state.Delivery(ctx, "2026-W47", "all")
			return false, err
		}},
		{&state.Failures, storetest.OpDay, false, func(ctx context.Context) (bool, error) { _, err := state.Day(ctx, domain); return false, err }},
		{&state.Failures, storetest.OpBrake, false, func(ctx context.Context) (bool, error) { _, err := state.Brake(ctx); return false, err }},
		{&state.Failures, storetest.OpAllPublished, true, func(ctx context.Context) (bool, error) { return anyOf(state.AllPublished(ctx)) }},
		{&state.Failures, storetest.OpAllStatuses, true, func(ctx context.Context) (bool, error) { return anyOf(state.AllStatuses(ctx)) }},
		{&items.Failures, storetest.OpItem, false, func(ctx context.Context) (bool, error) { _, is, err := items.Item(ctx, domain); return is, err }},
		{&items.Failures, storetest.OpDomains, true, func(ctx context.Context) (bool, error) { return anyOf(items.Domains(ctx)) }},
	} {
		for _, written := range []bool{false, true} {
			call.failures.FailNext(call.op, written)
			found, err := call.read(t.Context())
			if found != (call.lists && written) || !errors.Is(err, storetest.ErrFailed) {
				t.Errorf("%s, written %v: %v, %v; want ErrFailed", call.op, written, found, err)
			}
			if _, err := call.read(t.Context()); err != nil {
				t.Errorf("%s, written %v: again: %v", call.op, written, err)
			}
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if found, err := call.read(ended); found || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, %v; want context.Canceled", call.op, found, err)
		}
	}
}

// anyOf says whether anything came, and the last error.
func anyOf[T any](all iter.Seq2[T, error]) (came bool, last error) {
	for _, err := range all {
		if err == nil {
			came = true
		}
		last = err
	}
	return came, last
}

// TestSnapshot: it stays as it was taken, and takes no failure away.
func TestSnapshot(t *testing.T) {
	state := new(storetest.MemoryState)
	fill := func(domain string, revision int) {
		_, failed1 := state.Publish(t.Context(), publication.Published{Domain: domain, Revision: 1})
		_, failed2 := state.SetStatus(t.Context(), publication.Status{Domain: domain, Revision: 1})
		_, failed3 := state.SetBrake(t.Context(), publication.Brake{Revision: revision})
		failed4 := state.AddHistory(t.Context(), publication.Published{Domain: "same.example", PublishedAt: time.Unix(int64(revision), 0)}, time.Time{})
		failed5 := state.PutCopy(t.Context(), domain, nil)
		failed6 := state.AddEvidence(t.Context(), domain, publication.SignerEvidence{Signer: "sender.example", LastReport: time.Unix(1, 0)})
		_, failed7 := state.SetDay(t.Context(), told.Day{Domain: domain, Revision: 1})
		_, failed8 := state.SetDelivery(t.Context(), told.Delivery{Week: "2026-W47", Audience: "all", Revision: revision})
		if err := errors.Join(failed1, failed2, failed3, failed4, failed5, failed6, failed7, failed8); err != nil {
			t.Fatal(err)
		}
	}
	count := func(s *storetest.MemoryState) (n int) {
		for _, domain := range []string{"a.example", "b.example", "same.example"} {
			_, published, _ := s.Published(t.Context(), domain)
			_, status, _ := s.Status(t.Context(), domain)
			_, copied, _ := s.Copy(t.Context(), domain)
			evidence, _ := s.Evidence(t.Context(), domain)
			for _, is := range []bool{published, status, copied, len(evidence.Signers) == 1} {
				if is {
					n++
				}
			}
			history, _ := s.History(t.Context(), domain)
			day, _ := s.Day(t.Context(), domain)
			n += len(history) + day.Revision
		}
		b, _ := s.Brake(t.Context())
		d, _ := s.Delivery(t.Context(), "2026-W47", "all")
		return n + b.Revision + d.Revision
	}
	fill("a.example", 1)
	before := state.Snapshot()
	fill("b.example", 2)
	state.FailNext(storetest.OpAny, false)
	if first, now := count(before), count(state.Snapshot()); first != 8 || now != 16 || !state.FailureAhead() {
		t.Errorf("kept %d things at first, %d now, and a failure ahead: %v", first, now, state.FailureAhead())
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
