package s3bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sealpost/internal/archive"
	"sealpost/internal/aws/mototest"
	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/replay"
	"sealpost/internal/storetest"
)

// Said here: with the schema validator that replay leans on, every function that
// has a bucket would be 10 MB larger.
var _ replay.Remover = s3bucket.Bucket{}

func TestBucket(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			c := e.client(t)
			storetest.Bucket(t, func(t *testing.T) archive.Bucket {
				return s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
			})
			storetest.Shelves(t, func(t *testing.T) storetest.Shelf {
				return s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
			})
		})
	}
}

// TestDigestsCanBeLookedAt: a browser shows what it is told it gets.
func TestDigestsCanBeLookedAt(t *testing.T) {
	c := engines[1].client(t)
	bucket := s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
	for key, want := range map[string]string{
		"digests/2026-W47/all.html": "text/html; charset=utf-8",
		"digests/2026-W47/all.txt":  "text/plain; charset=utf-8",
		"digests/2026-W47/all.json": "application/json",
	} {
		if err := bucket.Put(t.Context(), key, []byte("x")); err != nil {
			t.Fatal(err)
		}
		object, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket.Name, Key: &key})
		if err != nil || object.ContentType == nil || *object.ContentType != want {
			t.Errorf("%s is %v, %v; want %s", key, object, err, want)
		}
	}
}

func TestRemovals(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			c := e.client(t)
			storetest.Removals(t, func(t *testing.T) storetest.RemovableBucket {
				return s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
			})
		})
	}
}

// TestRemovalsAmongVersions: of a bucket that keeps versions the same is true. It
// takes moto, since gofakes3 goes on listing what was removed.
func TestRemovalsAmongVersions(t *testing.T) {
	c := client(mototest.NeedInTurn(t), http.DefaultClient)
	storetest.Removals(t, func(t *testing.T) storetest.RemovableBucket {
		bucket := s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
		keepVersions(t, bucket)
		return bucket
	})
}

// keepVersions has a bucket keep what is removed, as the stack's does.
func keepVersions(t *testing.T, bucket s3bucket.Bucket) {
	t.Helper()
	_, err := bucket.Client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &bucket.Name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestListHasPages: a page has a thousand keys at most.
func TestListHasPages(t *testing.T) {
	c := engines[1].client(t)
	bucket := s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
	var want []string
	for i := range 1001 {
		key := fmt.Sprintf("a/%04d", i)
		create(t, bucket, key)
		want = append(want, key)
	}
	if got := list(t, bucket, "a/"); !slices.Equal(got, want) {
		t.Errorf("listed %d keys; want %d", len(got), len(want))
	}
}

// TestFoldersOfTheConsole: what the console makes for "create folder" is no
// object of ours, and must not end a listing's readers.
func TestFoldersOfTheConsole(t *testing.T) {
	c := engines[1].client(t)
	bucket := s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
	folder := "a/"
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket.Name, Key: &folder}); err != nil {
		t.Fatal(err)
	}
	create(t, bucket, "a/key")
	if got := list(t, bucket, "a/"); !slices.Equal(got, []string{"a/key"}) {
		t.Errorf("listed %q; want only a/key", got)
	}
}

func TestKeysNeitherFilesNorXMLCanHold(t *testing.T) {
	bucket := s3bucket.Bucket{Client: answering(t, func(http.ResponseWriter, *http.Request) {
		t.Error("S3 was asked")
	}), Name: "bucket", Timeout: timeout}
	for _, key := range []string{"a\nb", "a\x01", "a\x7f", "a\ufffe", "a\xff", strings.Repeat("k", 1025)} {
		if created, err := bucket.Create(t.Context(), key, nil); err == nil || created {
			t.Errorf("create %q: %v, %v; want an error", key, created, err)
		}
		if _, err := bucket.Get(t.Context(), key); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get %q: %v; want an error", key, err)
		}
	}
}

// FuzzKeys: whatever is created under a key is found under that, and no other.
func FuzzKeys(f *testing.F) {
	for _, key := range []string{"a/b=c.d-e/key", "", "..", "a//b", "/a", "a+b c%20&d", "\u00fc", "a\u2028", "<&>\"'", "a?b#c", "a\r", "~", `a\b`} {
		f.Add(key)
	}
	server := httptest.NewServer(newFake())
	f.Cleanup(server.Close)
	c := client(server.URL, server.Client())
	f.Fuzz(func(t *testing.T, key string) {
		bucket := s3bucket.Bucket{Client: c, Name: newBucket(t, c), Timeout: timeout}
		created, err := bucket.Create(t.Context(), key, []byte(key))
		if !created {
			if err == nil {
				t.Errorf("create %q: it was there", key)
			}
			return
		}
		if value, err := bucket.Get(t.Context(), key); err != nil || string(value) != key {
			t.Errorf("get %q: %q, %v", key, value, err)
		}
		if got := list(t, bucket, ""); !slices.Equal(got, []string{key}) {
			t.Errorf("created %q, listed %q", key, got)
		}
	})
}

// refuse answers as S3 does.
func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>No.</Message></Error>`, code)
}

func TestConflictsAreTriedAgain(t *testing.T) {
	for _, test := range []struct {
		name      string
		conflicts int64
		then      func(http.ResponseWriter)
		want      string
	}{
		{"then it is created", 1, func(http.ResponseWriter) {}, "true <nil>"},
		{"then the other one was first", 2, func(w http.ResponseWriter) {
			refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		}, "false <nil>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var calls atomic.Int64
			bucket := s3bucket.Bucket{Name: "bucket", Timeout: timeout, Client: answering(t, func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); string(body) != "value" || err != nil || r.Header.Get("If-None-Match") != "*" {
					t.Errorf("got %q, %v with %v", body, err, r.Header)
				}
				if calls.Add(1) <= test.conflicts {
					refuse(w, http.StatusConflict, "ConditionalRequestConflict")
					return
				}
				test.then(w)
			})}
			if got := fmt.Sprint(bucket.Create(t.Context(), "key", []byte("value"))); got != test.want {
				t.Errorf("got %s after %d calls; want %s", got, calls.Load(), test.want)
			}
		})
	}
}

// TestTriesEnd: an outage is an error after a few attempts, and never that
// there is nothing.
func TestTriesEnd(t *testing.T) {
	for _, test := range []struct {
		status   int
		code     string
		attempts int64
	}{
		{http.StatusConflict, "ConditionalRequestConflict", 3},
		{http.StatusServiceUnavailable, "SlowDown", 3},
		{http.StatusInternalServerError, "InternalError", 3},
		{http.StatusForbidden, "AccessDenied", 1},
		{http.StatusNotFound, "NoSuchBucket", 1},
	} {
		t.Run(test.code, func(t *testing.T) {
			var calls atomic.Int64
			bucket := s3bucket.Bucket{Name: "bucket", Timeout: timeout, Client: answering(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				refuse(w, test.status, test.code)
			})}
			created, err := bucket.Create(t.Context(), "key", []byte("value"))
			if created || err == nil || !strings.Contains(err.Error(), test.code) || calls.Load() != test.attempts {
				t.Errorf("create: %v, %v after %d calls; want %s after %d", created, err, calls.Load(), test.code, test.attempts)
			}
			if _, err := bucket.Get(t.Context(), "key"); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("get: %v; want an error that is not fs.ErrNotExist", err)
			}
			for key, err := range bucket.List(t.Context(), "") {
				if err == nil {
					t.Errorf("listed %q; want an error", key)
				}
			}
		})
	}
}

// TestCallsEnd asks a server that does not answer.
func TestCallsEnd(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // Only then the server notices that the client is gone.
		<-r.Context().Done()
	}
	bucket := s3bucket.Bucket{Name: "bucket", Timeout: time.Millisecond, Client: answering(t, hang)}
	copies := s3bucket.Copies{Name: "bucket", Timeout: time.Millisecond, Client: bucket.Client}
	for name, call := range map[string]func() error{
		"create": func() error { _, err := bucket.Create(t.Context(), "key", nil); return err },
		"get":    func() error { _, err := bucket.Get(t.Context(), "key"); return err },
		"list": func() (last error) {
			for _, err := range bucket.List(t.Context(), "") {
				last = err
			}
			return last
		},
		"copy":        func() error { _, _, err := copies.Copy(t.Context(), "mta-sts.a.example"); return err },
		"put copy":    func() error { return copies.PutCopy(t.Context(), "mta-sts.a.example", nil) },
		"remove copy": func() error { return copies.RemoveCopy(t.Context(), "mta-sts.a.example") },
	} {
		if err := call(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v; want context.DeadlineExceeded", name, err)
		}
	}
}

func create(t *testing.T, bucket s3bucket.Bucket, key string) {
	t.Helper()
	if created, err := bucket.Create(t.Context(), key, nil); err != nil || !created {
		t.Fatalf("create %s: %v, %v", key, created, err)
	}
}

// list gives the keys in their order.
func list(t *testing.T, bucket s3bucket.Bucket, prefix string) []string {
	t.Helper()
	var keys []string
	for key, err := range bucket.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
