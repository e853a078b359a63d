package storetest_test

import (
	"context"
	"iter"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
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
	"never withdraws": {"withdrawing ends what is served", stateSuite(func(m *storetest.MemoryState) storetest.State { return neverWithdraws{m} })},
	"keeps the first": {"a publication replaces the one before", stateSuite(func(m *storetest.MemoryState) storetest.State { return keepsTheFirst{m} })},
	"takes any order": {"a later edit is never undone", stateSuite(func(m *storetest.MemoryState) storetest.State { return takesAnyOrder{m} })},
	"keeps the last": {"every publication is kept", func(t *testing.T) {
		storetest.Histories(t, func(*testing.T) (publication.HistoryStore, func(string) []publication.Published) {
			state := new(storetest.MemoryState)
			return keepsTheLast{state}, state.History
		})
	}},
	"never removes": {"a copy is replaced and removed", func(t *testing.T) {
		storetest.Copies(t, func(*testing.T) (publication.CopyStore, func(string) (string, bool)) {
			state := new(storetest.MemoryState)
			return neverRemoves{state}, state.Copy
		})
	}},
}

func bucketSuite(breaks func(*storetest.Memory) archive.Bucket) func(*testing.T) {
	return func(t *testing.T) {
		storetest.Bucket(t, func(*testing.T) archive.Bucket { return breaks(new(storetest.Memory)) })
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

type neverWithdraws struct{ *storetest.MemoryState }

func (neverWithdraws) Withdraw(context.Context, string, publication.Sequence) (bool, error) {
	return true, nil
}

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
	p.Sequence = max(p.Sequence, before.Sequence)
	return s.MemoryState.Publish(ctx, p)
}

type keepsTheLast struct{ *storetest.MemoryState }

func (s keepsTheLast) AddHistory(ctx context.Context, p publication.Published) error {
	p.PublishedAt = time.Time{}
	return s.MemoryState.AddHistory(ctx, p)
}

type neverRemoves struct{ *storetest.MemoryState }

func (neverRemoves) RemoveCopy(context.Context, string) error { return nil }
