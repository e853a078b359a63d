package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"sealpost/internal/archive"
)

// Bucket is the conformance suite of archive.Bucket. It opens an empty bucket
// for each test.
func Bucket(t *testing.T, open func(t *testing.T) archive.Bucket) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, archive.Bucket)
	}{
		{"an object reads back", objectReadsBack},
		{"values may have any size", valuesOfAnySize},
		{"values are copied", valuesAreCopied},
		{"the first value stays", firstValueStays},
		{"one of many creates", oneOfManyCreates},
		{"what was never created does not exist", neverCreated},
		{"a prefix need not be a folder", prefixes},
		{"a listing may be left early", listingLeftEarly},
		{"a listing heeds its context", listingCancelled},
		{"hostile keys are refused", refusesHostileKeys},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func objectReadsBack(t *testing.T, b archive.Bucket) {
	for _, key := range []string{
		"plain",
		"reports/v1/dt=2026-11-17/0123abcd.json.gz",
		"quarantine/v1/reason=not-hosted/dt=2026-11-17/0123abcd.problems.json",
	} {
		create(t, b, key, key+"\x00\xff\r\n")
		wantValue(t, b, key, key+"\x00\xff\r\n")
	}
}

func valuesOfAnySize(t *testing.T, b archive.Bucket) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	create(t, b, "empty", "")
	create(t, b, "large", string(large))
	wantValue(t, b, "empty", "")
	wantValue(t, b, "large", string(large))
	wantKeys(t, b, "", "empty", "large")
}

func valuesAreCopied(t *testing.T, b archive.Bucket) {
	value := []byte("as it was")
	if _, err := b.Create(t.Context(), "key", value); err != nil {
		t.Fatal(err)
	}
	value[0] = 'X'
	got, err := b.Get(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	got[1] = 'X'
	wantValue(t, b, "key", "as it was")
}

func firstValueStays(t *testing.T, b archive.Bucket) {
	create(t, b, "a/key", "first")
	for _, value := range []string{"second", "", "first"} {
		created, err := b.Create(t.Context(), "a/key", []byte(value))
		if err != nil || created {
			t.Errorf("created %q over another: %v, %v; want false, no error", value, created, err)
		}
		wantValue(t, b, "a/key", "first")
	}
	wantKeys(t, b, "", "a/key")
}

func oneOfManyCreates(t *testing.T, b archive.Bucket) {
	const racers = 32
	outcomes := make([]string, racers)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		all.Go(func() {
			<-start
			created, err := b.Create(t.Context(), "a/new/folder/key", fmt.Appendf(nil, "value %d", i))
			outcomes[i] = fmt.Sprint(created, err)
		})
	}
	close(start)
	all.Wait()
	winner := slices.Index(outcomes, "true <nil>")
	if winner < 0 {
		t.Fatalf("nobody created the object: %q", outcomes)
	}
	wantValue(t, b, "a/new/folder/key", fmt.Sprintf("value %d", winner))
	for i, outcome := range outcomes {
		if i != winner && outcome != "false <nil>" {
			t.Errorf("racer %d: %s; want false, no error, since racer %d created the object", i, outcome, winner)
		}
	}
	wantKeys(t, b, "", "a/new/folder/key")
}

func neverCreated(t *testing.T, b archive.Bucket) {
	create(t, b, "a/key", "value")
	for _, key := range []string{"other", "a/other", "b/key", "a/ke", "a/keys"} {
		if value, err := b.Get(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get %s: %q, %v; want fs.ErrNotExist", key, value, err)
		}
	}
	wantKeys(t, b, "b/")
	wantKeys(t, b, "b/c/d")
}

func prefixes(t *testing.T, b archive.Bucket) {
	for _, key := range []string{"a/b/1", "a/bc/2", "a/b.3", "a/c/4", "ab/5"} {
		create(t, b, key, "")
	}
	wantKeys(t, b, "", "a/b.3", "a/b/1", "a/bc/2", "a/c/4", "ab/5")
	wantKeys(t, b, "a", "a/b.3", "a/b/1", "a/bc/2", "a/c/4", "ab/5")
	wantKeys(t, b, "a/", "a/b.3", "a/b/1", "a/bc/2", "a/c/4")
	wantKeys(t, b, "a/b", "a/b.3", "a/b/1", "a/bc/2")
	wantKeys(t, b, "a/b/", "a/b/1")
	wantKeys(t, b, "a/b/1", "a/b/1")
	wantKeys(t, b, "a/b/1/")
	wantKeys(t, b, "a//")
}

func listingLeftEarly(t *testing.T, b archive.Bucket) {
	for i := range 5 {
		create(t, b, fmt.Sprintf("a/%d", i), "")
	}
	seen := 0
	for _, err := range b.List(t.Context(), "a/") {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("%d keys came, want 2", seen)
	}
}

func listingCancelled(t *testing.T, b archive.Bucket) {
	create(t, b, "a/key", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for _, err := range b.List(ctx, "a/") {
		if last != nil {
			t.Error("the listing went on after an error")
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the listing ended with %v; want context.Canceled", last)
	}
}

// hostileKeys could lead anywhere, as names of files.
var hostileKeys = []string{"", "..", "../x", "a/../x", "a/../../x", "/", "/x", "a//b", "a/", ".", "./x", "a/./b", "x\x00"}

func refusesHostileKeys(t *testing.T, b archive.Bucket) {
	for _, key := range hostileKeys {
		if created, err := b.Create(t.Context(), key, []byte("hostile")); err == nil || created {
			t.Errorf("create %q: %v, %v; want an error", key, created, err)
		}
		if value, err := b.Get(t.Context(), key); err == nil {
			t.Errorf("get %q: %q; want an error", key, value)
		}
	}
	wantKeys(t, b, "")
}

func create(t *testing.T, b archive.Bucket, key, value string) {
	t.Helper()
	created, err := b.Create(t.Context(), key, []byte(value))
	if err != nil || !created {
		t.Fatalf("create %s: %v, %v; want true, no error", key, created, err)
	}
}

func wantValue(t *testing.T, b archive.Bucket, key, want string) {
	t.Helper()
	got, err := b.Get(t.Context(), key)
	if err != nil || string(got) != want {
		t.Errorf("get %s: %.40q (%d bytes), %v; want %.40q (%d bytes)", key, got, len(got), err, want, len(want))
	}
}

// wantKeys gives the keys to expect in their order.
func wantKeys(t *testing.T, b archive.Bucket, prefix string, want ...string) {
	t.Helper()
	var got []string
	for key, err := range b.List(t.Context(), prefix) {
		if err != nil {
			t.Errorf("list %q: %v", prefix, err)
			return
		}
		got = append(got, key)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("list %q: %q; want %q", prefix, got, want)
	}
}
