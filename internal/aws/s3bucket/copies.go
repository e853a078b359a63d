package s3bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sealpost/internal/policyhost"
	"sealpost/internal/publication"
)

// Copies keeps the last good copy of each policy, for the edge to serve where
// the policy function does not answer. Each lies where the edge asks for it:
// at policyhost.EdgePath, without the slash that no key begins with.
type Copies struct {
	Client  *s3.Client
	Name    string
	Timeout time.Duration // Of each call, with all its attempts.
}

var _ publication.CopyStore = Copies{}

// Copy reads what is served for host; false where there is nothing. S3 says so
// only to whoever may list the bucket too: to others it is forbidden, which is
// an error here.
func (c Copies) Copy(ctx context.Context, host string) (body []byte, is bool, err error) {
	key, err := copyKey(host)
	if err != nil {
		return nil, false, err
	}
	body, err = Bucket(c).Get(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return body, err == nil, err
}

// PutCopy makes body what is served for host, a Policy Host.
func (c Copies) PutCopy(ctx context.Context, host string, body []byte) error {
	key, err := copyKey(host)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	_, err = c.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:       &c.Name,
		Key:          &key,
		Body:         bytes.NewReader(body),
		ContentType:  aws.String(policyhost.MediaType),
		CacheControl: &policyhost.CacheControl,
	})
	if err != nil {
		return fmt.Errorf("put %s into bucket %s: %w", key, c.Name, err)
	}
	return nil
}

// RemoveCopy ends what is served for host. It is no error that there is
// nothing.
func (c Copies) RemoveCopy(ctx context.Context, host string) error {
	key, err := copyKey(host)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if _, err := c.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.Name, Key: &key}); err != nil {
		return fmt.Errorf("remove %s from bucket %s: %w", key, c.Name, err)
	}
	return nil
}

func copyKey(host string) (string, error) {
	if !strings.HasPrefix(host, "mta-sts.") || strings.Contains(host, "/") {
		return "", fmt.Errorf("%q is no Policy Host", host)
	}
	key := strings.TrimPrefix(policyhost.EdgePath(host), "/")
	return key, checkKey(key)
}
