// Package s3bucket keeps objects in S3 buckets: the archive of reports, the
// digests, and the copies of policies that the edge falls back on.
package s3bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"sealpost/internal/archive"
	"sealpost/internal/replay"
)

// Bucket keeps the objects of an archive. Whoever calls Get needs the right to
// list the bucket too: without it S3 does not say of an object that there is
// none, but that it is forbidden.
type Bucket struct {
	Client  *s3.Client
	Name    string
	Timeout time.Duration // Of each call, with all its attempts; for a listing, of each page.
}

var (
	_ archive.Bucket = Bucket{}
	_ replay.Remover = Bucket{}
)

// Create implements archive.Bucket. Where the answer to an attempt was lost,
// the next one may find what that wrote, and Create returns false.
func (b Bucket) Create(ctx context.Context, key string, value []byte) (bool, error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	_, err := b.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:      &b.Name,
		Key:         &key,
		Body:        bytes.NewReader(value),
		IfNoneMatch: aws.String("*"),
	}, retryConflicts)
	if hasCode(err, "PreconditionFailed") {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("create %s in bucket %s: %w", key, b.Name, err)
	}
	return true, nil
}

// Put implements weekly.Shelf. Browsers show the object as what its key ends in.
func (b Bucket) Put(ctx context.Context, key string, value []byte) error {
	if err := checkKey(key); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	_, err := b.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:      &b.Name,
		Key:         &key,
		Body:        bytes.NewReader(value),
		ContentType: mediaType(key),
	})
	if err != nil {
		return fmt.Errorf("put %s into bucket %s: %w", key, b.Name, err)
	}
	return nil
}

// mediaType goes by the ending of a key alone, and by no list of the machine's.
func mediaType(key string) *string {
	switch path.Ext(key) {
	case ".html":
		return aws.String("text/html; charset=utf-8")
	case ".txt":
		return aws.String("text/plain; charset=utf-8")
	case ".json":
		return aws.String("application/json")
	default:
		return nil
	}
}

// retryConflicts: S3 refuses one of two conditional writes at once without
// having looked which is first, and wants it sent again.
func retryConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
}

func hasCode(err error, code string) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && answer.ErrorCode() == code
}

// Get implements archive.Bucket.
func (b Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	object, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("get %s from bucket %s: %w", key, b.Name, err)
	}
	defer object.Body.Close()
	value, err := io.ReadAll(object.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s from bucket %s: %w", key, b.Name, err)
	}
	return value, nil
}

// Remove implements replay.Remover. In a bucket that keeps versions the object
// becomes a version that is not current, behind a mark that it is deleted; the
// bucket's lifecycle says for how long.
func (b Bucket) Remove(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	if _, err := b.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.Name, Key: &key}); err != nil {
		return fmt.Errorf("remove %s from bucket %s: %w", key, b.Name, err)
	}
	return nil
}

// List implements archive.Bucket.
func (b Bucket) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for object, err := range b.Objects(ctx, prefix) {
			if !yield(object.Key, err) {
				return
			}
		}
	}
}

// Object is what a listing says of an object.
type Object struct {
	Key       string
	WrittenAt time.Time
	Size      int64 // Bytes.
}

// Objects gives the objects whose keys begin with prefix, by the bytes of their
// keys. It ends after the first error.
func (b Bucket) Objects(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := b.nextPage(ctx, pages)
			if err != nil {
				yield(Object{}, fmt.Errorf("list %q in bucket %s: %w", prefix, b.Name, err))
				return
			}
			for _, object := range page.Contents {
				// The console makes objects with keys like "a/" for folders.
				listed := Object{Key: aws.ToString(object.Key), WrittenAt: aws.ToTime(object.LastModified), Size: aws.ToInt64(object.Size)}
				if checkKey(listed.Key) == nil && !yield(listed, nil) {
					return
				}
			}
		}
	}
}

func (b Bucket) nextPage(ctx context.Context, pages *s3.ListObjectsV2Paginator) (*s3.ListObjectsV2Output, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	return pages.NextPage(ctx)
}

// S3 takes keys of so many bytes.
const keyLength = 1024

// checkKey refuses keys that could not be names of files too, so that a bucket
// can be copied to a directory, and those that a listing in XML cannot hold.
func checkKey(key string) error {
	if !fs.ValidPath(key) || key == "." || len(key) > keyLength || strings.ContainsFunc(key, unprintable) {
		return fmt.Errorf("%q cannot be a key", key)
	}
	return nil
}

func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF'
}
