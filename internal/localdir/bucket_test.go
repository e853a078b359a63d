package localdir_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/archive"
	"sealpost/internal/localdir"
	"sealpost/internal/storetest"
)

func TestBucket(t *testing.T) {
	storetest.Bucket(t, func(t *testing.T) archive.Bucket { return localdir.Bucket{Root: t.TempDir()} })
	storetest.Shelves(t, func(t *testing.T) storetest.Shelf { return localdir.Bucket{Root: t.TempDir()} })
}

func TestRemovals(t *testing.T) {
	storetest.Removals(t, func(t *testing.T) storetest.RemovableBucket { return localdir.Bucket{Root: t.TempDir()} })
}

// TestKeysAreFiles: the directory is to look like the bucket in the cloud.
func TestKeysAreFiles(t *testing.T) {
	bucket := localdir.Bucket{Root: t.TempDir()}
	const key = "reports/v1/dt=2026-11-17/0123.json.gz"
	create(t, bucket, key, "value")
	got, err := os.ReadFile(filepath.Join(bucket.Root, "reports", "v1", "dt=2026-11-17", "0123.json.gz"))
	if err != nil || string(got) != "value" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestRootIsMadeWhenNeeded(t *testing.T) {
	bucket := localdir.Bucket{Root: filepath.Join(t.TempDir(), "not", "there", "yet")}
	if keys := list(t, bucket, ""); len(keys) > 0 {
		t.Errorf("listed %q", keys)
	}
	create(t, bucket, "a/key", "value")
	if keys := list(t, bucket, "a/"); !slices.Equal(keys, []string{"a/key"}) {
		t.Errorf("listed %q", keys)
	}
}

// TestNothingIsInTheWay puts a file where a folder is needed: an error, and no
// word of an object that exists.
func TestNothingIsInTheWay(t *testing.T) {
	for _, test := range []struct{ name, file, key string }{
		{"for the object's folder", "a", "a/key"},
		{"above the object's folder", "a", "a/b/c/key"},
		{"for files that are being written", ".tmp", "a/key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bucket := localdir.Bucket{Root: t.TempDir()}
			file := filepath.Join(bucket.Root, test.file)
			if err := os.WriteFile(file, []byte("in the way"), 0o600); err != nil {
				t.Fatal(err)
			}
			if created, err := bucket.Create(t.Context(), test.key, []byte("value")); err == nil || created {
				t.Errorf("created: %v, %v; want an error", created, err)
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != "in the way" {
				t.Errorf("the file in the way holds %q, %v", got, err)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			create(t, bucket, test.key, "value")
		})
	}
}

// TestFolderIsNoObject: a folder in place of an object is no object that exists.
func TestFolderIsNoObject(t *testing.T) {
	bucket := localdir.Bucket{Root: t.TempDir()}
	create(t, bucket, "a/key", "value")
	if created, err := bucket.Create(t.Context(), "a", []byte("value")); err == nil || created {
		t.Errorf("created: %v, %v; want an error", created, err)
	}
}

// TestListStaysInside lists prefixes that lead to another directory.
func TestListStaysInside(t *testing.T) {
	top := t.TempDir()
	create(t, localdir.Bucket{Root: filepath.Join(top, "outside")}, "a/key", "value")
	bucket := localdir.Bucket{Root: filepath.Join(top, "inside")}
	create(t, bucket, "a/key", "value")
	for _, prefix := range []string{"../", "../outside/", "../outside/a/", "a/../../outside/", "/", top + "/outside/", "//", "./"} {
		if keys := list(t, bucket, prefix); len(keys) > 0 {
			t.Errorf("list %q: %q; want nothing", prefix, keys)
		}
	}
}

func TestTemporaryFolderIsNoKey(t *testing.T) {
	bucket := localdir.Bucket{Root: t.TempDir()}
	create(t, bucket, "a/.tmp/key", "value") // This one is like any other.
	create(t, bucket, ".tmpl/key", "value")
	if keys, want := list(t, bucket, ""), []string{".tmpl/key", "a/.tmp/key"}; !slices.Equal(keys, want) {
		t.Errorf("listed %q; want %q", keys, want)
	}
	for _, key := range []string{".tmp", ".tmp/key"} {
		if created, err := bucket.Create(t.Context(), key, nil); err == nil || created {
			t.Errorf("create %s: %v, %v; want an error", key, created, err)
		}
		if _, err := bucket.Get(t.Context(), key); err == nil {
			t.Errorf("get %s: no error", key)
		}
	}
}

// FuzzBucketPath tries keys that lead out of the directory.
func FuzzBucketPath(f *testing.F) {
	for _, key := range []string{
		"key", "a/b=c.d-e/key", "", ".", "..", "../key", "a/../../key", "/key", "//key", `..\key`, `C:\key`, "a//b",
		"\x00", "a/\xff", "~/key", ".tmp/key", "../outside/key", strings.Repeat("k", 300), strings.Repeat("../", 40) + "tmp/key",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		top := t.TempDir()
		bucket := localdir.Bucket{Root: filepath.Join(top, "inside")}
		created, err := bucket.Create(t.Context(), key, []byte("value"))
		if created && err != nil {
			t.Errorf("create %q: it was created, and %v", key, err)
		}
		if created {
			if got, err := bucket.Get(t.Context(), key); err != nil || string(got) != "value" {
				t.Errorf("get %q: %q, %v", key, got, err)
			}
			if keys := list(t, bucket, ""); !slices.Equal(keys, []string{key}) {
				t.Errorf("created %q, listed %q", key, keys)
			}
		}
		if err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() && !strings.HasPrefix(path, bucket.Root+"/") {
				t.Errorf("the key %q leads to %s", key, path)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

func create(t *testing.T, bucket localdir.Bucket, key, value string) {
	t.Helper()
	if created, err := bucket.Create(t.Context(), key, []byte(value)); err != nil || !created {
		t.Fatalf("create %s: %v, %v", key, created, err)
	}
}

// list gives the keys in their order.
func list(t *testing.T, bucket localdir.Bucket, prefix string) []string {
	t.Helper()
	var keys []string
	for key, err := range bucket.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %q: %v", prefix, err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
