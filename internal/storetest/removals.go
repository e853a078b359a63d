package storetest

import (
	"errors"
	"io/fs"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/replay"
)

// RemovableBucket is a bucket that objects can be removed from.
type RemovableBucket interface {
	archive.Bucket
	replay.Remover
}

// Removals is the conformance suite of replay.Remover, over a bucket. It opens an
// empty bucket for each test.
func Removals(t *testing.T, open func(t *testing.T) RemovableBucket) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, RemovableBucket)
	}{
		{"what is removed is gone", removedIsGone},
		{"what is not there can be removed", removeNothing},
		{"what was removed can be created anew", createdAnew},
		{"hostile keys are not removed", hostileRemovals},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func removedIsGone(t *testing.T, b RemovableBucket) {
	for _, key := range []string{"a/key", "a/keys", "a/key.problems.json", "b"} {
		create(t, b, key, "value of "+key)
	}
	remove(t, b, "a/key")
	if value, err := b.Get(t.Context(), "a/key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %q, %v; want fs.ErrNotExist", value, err)
	}
	wantKeys(t, b, "", "a/key.problems.json", "a/keys", "b")
	wantValue(t, b, "a/keys", "value of a/keys")
}

func removeNothing(t *testing.T, b RemovableBucket) {
	create(t, b, "a/key", "value")
	for _, key := range []string{"other", "a/other", "b/c/d"} {
		remove(t, b, key)
	}
	remove(t, b, "a/key")
	remove(t, b, "a/key")
	wantKeys(t, b, "")
}

func createdAnew(t *testing.T, b RemovableBucket) {
	create(t, b, "a/key", "first")
	remove(t, b, "a/key")
	create(t, b, "a/key", "second")
	wantValue(t, b, "a/key", "second")
	wantKeys(t, b, "", "a/key")
}

func hostileRemovals(t *testing.T, b RemovableBucket) {
	create(t, b, "a/key", "value")
	for _, key := range []string{"", ".", "..", "../a/key", "a", "a/", "/a/key", "a//key", "a/../a/key", "./a/key", "a/key\x00"} {
		if err := b.Remove(t.Context(), key); err == nil && key != "a" {
			t.Errorf("removed %q; want an error", key)
		}
	}
	wantKeys(t, b, "", "a/key")
}

func remove(t *testing.T, b RemovableBucket, key string) {
	t.Helper()
	if err := b.Remove(t.Context(), key); err != nil {
		t.Fatalf("remove %s: %v", key, err)
	}
}
