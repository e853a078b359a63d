package main

import (
	"context"
	"fmt"
	"strings"

	"sealpost/internal/dkim"
	"sealpost/internal/localdir"
	"sealpost/internal/posture"
)

// keys finds the keys that mails are signed with: first in the folder that
// stands in for the DNS, which also serves for old mails whose key is gone from
// the DNS, and then in the DNS itself.
type keys struct {
	folder  *localdir.Zone // Nil where there is none.
	outside dkim.Resolver
}

func keysFor(dir string) keys { return keys{&localdir.Zone{Root: dir}, posture.Resolver{}} }

// lookupError says that the DNS cannot tell now. The next mail may need other keys.
type lookupError struct{ err error }

func (e *lookupError) Error() string { return e.err.Error() }

func (e *lookupError) Unwrap() error { return e.err }

// TXT implements dkim.Resolver.
func (k keys) TXT(ctx context.Context, name string) ([]string, error) {
	if k.folder != nil && isFileName(name) {
		values, err := k.folder.TXT(ctx, name)
		if err != nil {
			return nil, &lookupError{fmt.Errorf("read the file for %s: %w", name, err)}
		}
		if len(values) > 0 {
			return values, nil
		}
	}
	values, err := k.outside.TXT(ctx, name)
	if err != nil {
		return nil, &lookupError{err}
	}
	return values, nil
}

// isFileName keeps from the folder what a signature may name and no file can be
// called.
func isFileName(name string) bool {
	const longest = 240 // Bytes, which leaves room for an ending.
	return len(name) <= longest && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}
