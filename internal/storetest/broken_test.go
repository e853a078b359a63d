package storetest_test

import (
	"context"
	"iter"
	"os"
	"os/exec"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/told"
)

// brokenVariable names, for a child process, the driver to try.
const brokenVariable = "STORETEST_BROKEN"

// brokenDrivers are wrong in one way each, with the test of the suite that has
// to notice.
var brokenDrivers = map[string]struct {
	fails string
	suite func(*testing.T)
}{
	"forgets":         {"an object reads back", bucketSuite(func(m *storetest.Memory) archive.Bucket { return forgets{m} })},
	"whole folders":   {"a prefix need not be a folder", bucketSuite(func(m *storetest.Memory) archive.Bucket { return wholeFolders{m} })},
	"always creates":  {"the first value stays", bucketSuite(func(m *storetest.Memory) archive.Bucket { return alwaysCreates{m} })},
	"takes any key":   {"hostile keys are refused", bucketSuite(func(m *storetest.Memory) archive.Bucket { return takesAnyKey{m} })},
	"removes its kin": {"what is removed is gone", removalSuite(func(m *storetest.Memory) storetest.RemovableBucket { return removesItsKin{m} })},
	"misses it":       {"what is not there can be removed", removalSuite(func(m *storetest.Memory) storetest.RemovableBucket { return missesIt{m} })},
	"never withdraws": {"withdrawing ends what is served", stateSuite(func(m *storetest.MemoryState) storetest.State { return neverWithdraws{m} })},
	"starts anew":     {"only the next revision is taken", stateSuite(func(m *storetest.MemoryState) storetest.State { return startsAnew{m} })},
	"keeps the first": {"a publication replaces the one before", stateSuite(func(m *storetest.MemoryState) storetest.State { return keepsTheFirst{m} })},
	"takes any order": {"only the next revision is taken", stateSuite(func(m *storetest.MemoryState) storetest.State { return takesAnyOrder{m} })},
	"many win":        {"of many at once one publishes", stateSuite(func(m *storetest.MemoryState) storetest.State { return manyWin{m} })},
	"late statuses":   {"only the next revision of a status is taken", stateSuite(func(m *storetest.MemoryState) storetest.State { return lateStatuses{m} })},
	"lists too much":  {"every status is listed", stateSuite(func(m *storetest.MemoryState) storetest.State { return listsTooMuch{m} })},
	"keeps the last": {"every publication is kept", func(t *testing.T) {
		storetest.Histories(t, func(*testing.T) publication.HistoryStore { return keepsTheLast{new(storetest.MemoryState)} })
	}},
	"never removes": {"a copy is replaced and removed", func(t *testing.T) {
		storetest.Copies(t, func(*testing.T) publication.CopyStore { return neverRemoves{new(storetest.MemoryState)} })
	}},
	"the last evidence": {"the later of each time stays", func(t *testing.T) {
		storetest.Evidences(t, func(*testing.T) publication.EvidenceStore { return &lastEvidence{} })
	}},
	"evidence without signers": {"signers are kept apart", func(t *testing.T) {
		storetest.Evidences(t, func(*testing.T) publication.EvidenceStore { return unsignedEvidence{new(storetest.MemoryState)} })
	}},
	"one evidence": {"the later of each time stays", func(t *testing.T) {
		storetest.Evidences(t, func(*testing.T) publication.EvidenceStore { return oneEvidence{new(storetest.MemoryState)} })
	}},
	"few evidence": {"of many signers every failure stays", func(t *testing.T) {
		storetest.Evidences(t, func(*testing.T) publication.EvidenceStore { return fewEvidence{new(storetest.MemoryState)} })
	}},
	"racing evidence": {"of many at once all stay", func(t *testing.T) {
		storetest.Evidences(t, func(*testing.T) publication.EvidenceStore { return new(racingEvidence) })
	}},
	"many brake": {"of many at once one sets the brake", func(t *testing.T) {
		storetest.Brakes(t, func(*testing.T) publication.BrakeStore { return manyBrake{new(storetest.MemoryState)} })
	}},
	"many deliver": {"of many at once one sets the delivery", func(t *testing.T) {
		storetest.Deliveries(t, func(*testing.T) told.DeliveryStore { return manyDeliver{new(storetest.MemoryState)} })
	}},
	"many tell": {"of many at once one sets the day", func(t *testing.T) {
		storetest.Days(t, func(*testing.T) told.DayStore { return manyTell{new(storetest.MemoryState)} })
	}},
	"keeps the first digest": {"a value is put in place of the one before", func(t *testing.T) {
		storetest.Shelves(t, func(*testing.T) storetest.Shelf { return keepsTheFirstDigest{new(storetest.Memory)} })
	}},
	"old items": {"an item is read as it is now", func(t *testing.T) {
		storetest.Items(t, func(*testing.T) (publication.Items, func(domain, text string), func(domain string)) {
			items := new(storetest.MemoryItems)
			put := func(domain, text string) {
				if _, has, err := items.Item(t.Context(), domain); !has && err == nil {
					items.Put(domain, publication.Item{Text: []byte(text)})
				}
			}
			return items, put, items.Remove
		})
	}},
}

func bucketSuite(breaks func(*storetest.Memory) archive.Bucket) func(*testing.T) {
	return func(t *testing.T) {
		storetest.Bucket(t, func(*testing.T) archive.Bucket { return breaks(new(storetest.Memory)) })
	}
}

func removalSuite(breaks func(*storetest.Memory) storetest.RemovableBucket) func(*testing.T) {
	return func(t *testing.T) {
		storetest.Removals(t, func(*testing.T) storetest.RemovableBucket { return breaks(new(storetest.Memory)) })
	}
}

func stateSuite(breaks func(*storetest.MemoryState) storetest.State) func(*testing.T) {
	return func(t *testing.T) {
		storetest.States(t, func(*testing.T) storetest.State { return breaks(new(storetest.MemoryState)) })
	}
}

// TestSuitesNotice runs the suites over the broken drivers, in processes of
// their own, since a failed subtest would fail this one too.
func TestSuitesNotice(t *testing.T) {
	if name, child := os.LookupEnv(brokenVariable); child {
		brokenDrivers[name].suite(t)
		return
	}
	for name, broken := range brokenDrivers {
		t.Run(name, func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSuitesNotice$", "-test.v")
			child.Env = append(os.Environ(), brokenVariable+"="+name)
			output, err := child.CombinedOutput()
			want := "--- FAIL: TestSuitesNotice/" + strings.ReplaceAll(broken.fails, " ", "_")
			if err == nil || !strings.Contains(string(output), want) {
				t.Errorf("want %q, got %v:\n%s", want, err, output)
			}
		})
	}
}

type forgets struct{ *storetest.Memory }

func (forgets) Create(context.Context, string, []byte) (bool, error) { return true, nil }

type alwaysCreates struct{ *storetest.Memory }

func (b alwaysCreates) Create(ctx context.Context, key string, value []byte) (bool, error) {
	_, err := b.Memory.Create(ctx, key, value)
	return err == nil, err
}

type wholeFolders struct{ *storetest.Memory }

func (b wholeFolders) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for key, err := range b.Memory.List(ctx, prefix) {
			if (prefix == "" || strings.HasPrefix(key, path.Clean(prefix)+"/")) && !yield(key, err) {
				return
			}
		}
	}
}

type takesAnyKey struct{ *storetest.Memory }

func (b takesAnyKey) Create(ctx context.Context, key string, value []byte) (bool, error) {
	return b.Memory.Create(ctx, strings.TrimPrefix(path.Clean("/"+key), "/"), value)
}

// removesItsKin removes all keys that begin like the one it is to.
type removesItsKin struct{ *storetest.Memory }

func (b removesItsKin) Remove(ctx context.Context, key string) error {
	for key, err := range b.List(ctx, key) {
		if err == nil {
			err = b.Memory.Remove(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// missesIt wants to find what it is to remove.
type missesIt struct{ *storetest.Memory }

func (b missesIt) Remove(ctx context.Context, key string) error {
	if _, err := b.Get(ctx, key); err != nil {
		return err
	}
	return b.Memory.Remove(ctx, key)
}

type neverWithdraws struct{ *storetest.MemoryState }

func (neverWithdraws) Withdraw(context.Context, string, int) (bool, error) { return true, nil }

// startsAnew forgets the revision of what was withdrawn.
type startsAnew struct{ *storetest.MemoryState }

func (s startsAnew) Publish(ctx context.Context, p publication.Published) (bool, error) {
	before, is, err := s.Published(ctx, p.Domain)
	if err == nil && !is && p.Revision == 1 {
		p.Revision = before.Revision + 1
	}
	return s.MemoryState.Publish(ctx, p)
}

// keepsTheFirst says that it replaced what it kept.
type keepsTheFirst struct{ *storetest.MemoryState }

func (s keepsTheFirst) Publish(ctx context.Context, p publication.Published) (bool, error) {
	if _, is, err := s.Published(ctx, p.Domain); is || err != nil {
		return err == nil, err
	}
	return s.MemoryState.Publish(ctx, p)
}

// takesAnyOrder lets the last to come win.
type takesAnyOrder struct{ *storetest.MemoryState }

func (s takesAnyOrder) Publish(ctx context.Context, p publication.Published) (bool, error) {
	before, _, err := s.Published(ctx, p.Domain)
	if err != nil {
		return false, err
	}
	p.Revision = before.Revision + 1
	return s.MemoryState.Publish(ctx, p)
}

// manyWin takes every writer of a revision for the one that wrote it.
type manyWin struct{ *storetest.MemoryState }

func (s manyWin) Publish(ctx context.Context, p publication.Published) (bool, error) {
	done, err := s.MemoryState.Publish(ctx, p)
	if done || err != nil {
		return done, err
	}
	now, _, err := s.Published(ctx, p.Domain)
	return now.Revision == p.Revision, err
}

type lateStatuses struct{ *storetest.MemoryState }

func (s lateStatuses) SetStatus(ctx context.Context, status publication.Status) (bool, error) {
	before, _, err := s.Status(ctx, status.Domain)
	if err != nil {
		return false, err
	}
	status.Revision = before.Revision + 1
	return s.MemoryState.SetStatus(ctx, status)
}

// listsTooMuch takes whatever is published for a status.
type listsTooMuch struct{ *storetest.MemoryState }

func (s listsTooMuch) AllStatuses(ctx context.Context) iter.Seq2[publication.Status, error] {
	return func(yield func(publication.Status, error) bool) {
		for p, err := range s.AllPublished(ctx) {
			if !yield(publication.Status{Domain: p.Domain}, err) {
				return
			}
		}
	}
}

type keepsTheLast struct{ *storetest.MemoryState }

func (s keepsTheLast) AddHistory(ctx context.Context, p publication.Published, until time.Time) error {
	p.PublishedAt = time.Time{}
	return s.MemoryState.AddHistory(ctx, p, until)
}

// lastEvidence keeps what came last.
type lastEvidence struct {
	lock sync.Mutex
	last publication.SignerEvidence
}

func (s *lastEvidence) Evidence(_ context.Context, domain string) (publication.Evidence, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return publication.Evidence{Domain: domain, Signers: []publication.SignerEvidence{s.last}}, nil
}

func (s *lastEvidence) AddEvidence(_ context.Context, _ string, more publication.SignerEvidence) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.last = more
	return nil
}

// unsignedEvidence forgets who signed.
type unsignedEvidence struct{ *storetest.MemoryState }

func (s unsignedEvidence) AddEvidence(ctx context.Context, domain string, more publication.SignerEvidence) error {
	more.Signer = ""
	return s.MemoryState.AddEvidence(ctx, domain, more)
}

// oneEvidence takes a report without failures for the end of them.
type oneEvidence struct{ *storetest.MemoryState }

func (s oneEvidence) Evidence(ctx context.Context, domain string) (publication.Evidence, error) {
	e, err := s.MemoryState.Evidence(ctx, domain)
	for i, of := range e.Signers {
		if of.LastReport.After(of.LastFailure) {
			e.Signers[i].LastFailure = time.Time{}
		}
	}
	return e, err
}

// fewEvidence forgets the failures of the signers that it has no place for.
type fewEvidence struct{ *storetest.MemoryState }

func (s fewEvidence) Evidence(ctx context.Context, domain string) (publication.Evidence, error) {
	e, err := s.MemoryState.Evidence(ctx, domain)
	if len(e.Signers) > publication.MaxSigners {
		e.Signers = e.Signers[1:]
	}
	return e, err
}

// racingEvidence writes what it read a moment ago.
type racingEvidence struct {
	lock sync.Mutex
	kept publication.Evidence
}

func (s *racingEvidence) Evidence(context.Context, string) (publication.Evidence, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	e := s.kept
	e.Domain = "example.com"
	return e, nil
}

func (s *racingEvidence) AddEvidence(ctx context.Context, domain string, more publication.SignerEvidence) error {
	before, err := s.Evidence(ctx, domain)
	time.Sleep(time.Millisecond)
	s.lock.Lock()
	defer s.lock.Unlock()
	s.kept = before.With(more)
	return err
}

type manyBrake struct{ *storetest.MemoryState }

func (s manyBrake) SetBrake(ctx context.Context, b publication.Brake) (bool, error) {
	done, err := s.MemoryState.SetBrake(ctx, b)
	if done || err != nil {
		return done, err
	}
	now, err := s.Brake(ctx)
	return now.Revision == b.Revision, err
}

type manyDeliver struct{ *storetest.MemoryState }

func (s manyDeliver) SetDelivery(ctx context.Context, d told.Delivery) (bool, error) {
	done, err := s.MemoryState.SetDelivery(ctx, d)
	if done || err != nil {
		return done, err
	}
	now, err := s.Delivery(ctx, d.Week, d.Audience)
	return now.Revision == d.Revision, err
}

type manyTell struct{ *storetest.MemoryState }

func (s manyTell) SetDay(ctx context.Context, d told.Day) (bool, error) {
	done, err := s.MemoryState.SetDay(ctx, d)
	if done || err != nil {
		return done, err
	}
	now, err := s.Day(ctx, d.Domain)
	return now.Revision == d.Revision, err
}

type keepsTheFirstDigest struct{ *storetest.Memory }

func (s keepsTheFirstDigest) Put(ctx context.Context, key string, value []byte) error {
	_, err := s.Create(ctx, key, value)
	return err
}

type neverRemoves struct{ *storetest.MemoryState }

func (neverRemoves) RemoveCopy(context.Context, string) error { return nil }
