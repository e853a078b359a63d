package s3bucket_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sealpost/internal/aws/s3bucket"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

const host = "mta-sts.example.com"

func TestCopies(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			c := e.client(t)
			storetest.Copies(t, func(t *testing.T) publication.CopyStore {
				return s3bucket.Copies{Client: c, Name: newBucket(t, c), Timeout: timeout}
			})
		})
	}
}

// TestCopiesAtTheEdge reads the copies as the edge does.
func TestCopiesAtTheEdge(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			c := e.client(t)
			copies := s3bucket.Copies{Client: c, Name: newBucket(t, c), Timeout: timeout}
			for _, body := range []string{"version: STSv1\nmode: testing\n", "version: STSv1\nmode: enforce\n"} {
				check(t, copies.PutCopy(t.Context(), host, []byte(body)))
				object := get(t, c, copies.Name)
				if object.body != body || object.mediaType != "text/plain; charset=utf-8" || object.cacheControl != "max-age=60, must-revalidate, stale-if-error=0" {
					t.Errorf("got %+v; want %q", object, body)
				}
			}
			check(t, copies.RemoveCopy(t.Context(), host))
			if object := get(t, c, copies.Name); object.body != "" {
				t.Errorf("removed, and still there: %+v", object)
			}
			check(t, copies.RemoveCopy(t.Context(), host))
		})
	}
}

func TestOnlyPolicyHostsHaveCopies(t *testing.T) {
	copies := s3bucket.Copies{Name: "bucket", Timeout: timeout, Client: answering(t, func(http.ResponseWriter, *http.Request) {
		t.Error("S3 was asked")
	})}
	for _, host := range []string{"", "example.com", "xmta-sts.example.com", "mta-sts.a/b", "mta-sts.a/../b", "mta-sts.\n", "mta-sts." + strings.Repeat("a", 1024)} {
		if err := copies.PutCopy(t.Context(), host, nil); err == nil {
			t.Errorf("put a copy for %q", host)
		}
		if err := copies.RemoveCopy(t.Context(), host); err == nil {
			t.Errorf("removed a copy for %q", host)
		}
		if body, is, err := copies.Copy(t.Context(), host); is || err == nil {
			t.Errorf("the copy for %q: %q, %v, %v; want an error", host, body, is, err)
		}
	}
}

// TestFailuresAreErrors: what cannot be told is not taken for no copy.
func TestFailuresAreErrors(t *testing.T) {
	for code, status := range map[string]int{
		"AccessDenied":  http.StatusForbidden, // Of a copy that is not there too, without the right to list.
		"NoSuchBucket":  http.StatusNotFound,
		"InternalError": http.StatusInternalServerError,
	} {
		copies := s3bucket.Copies{Name: "bucket", Timeout: timeout, Client: answering(t, func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, status, code)
		})}
		_, is, err := copies.Copy(t.Context(), host)
		if is {
			t.Errorf("%s: there is a copy", code)
		}
		for _, err := range []error{
			err,
			copies.PutCopy(t.Context(), host, []byte("body")),
			copies.RemoveCopy(t.Context(), host),
		} {
			if err == nil || !strings.Contains(err.Error(), "p/"+host) || !strings.Contains(err.Error(), code) {
				t.Errorf("%v; want an error that names the object and %s", err, code)
			}
		}
	}
}

// object is what the edge gets; it is empty where there is none.
type object struct{ body, mediaType, cacheControl string }

func get(t *testing.T, c *s3.Client, bucket string) object {
	t.Helper()
	key := "p/" + host
	answer, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		return object{}
	}
	check(t, err)
	body, err := io.ReadAll(answer.Body)
	check(t, err)
	check(t, answer.Body.Close())
	return object{string(body), *answer.ContentType, *answer.CacheControl}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
