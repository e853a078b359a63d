package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"sealpost/internal/archive"
)

// Anyone can send what is not authenticated, so it is kept for a time, and takes so
// much room. docs/operations.md has both.
const (
	maxAnonymous  = 1 << 30  // Bytes.
	maxUnmeasured = 64 << 20 // Bytes that come in until the room is measured again.
	maxExpiryDays = 3653
)

// meter counts the bytes that are stored without authentication.
type meter struct {
	archive.Bucket
	anonymous *atomic.Int64
}

// Create implements archive.Bucket.
func (m meter) Create(ctx context.Context, key string, value []byte) (bool, error) {
	created, err := m.Bucket.Create(ctx, key, value)
	if created && strings.HasPrefix(key, archive.AnonymousPrefix) {
		m.anonymous.Add(int64(len(value)))
	}
	return created, err
}

// expireQuarantine removes what is kept in quarantine for a time only. What was
// authenticated stays, and so does what DNS failed for.
func (s *site) expireQuarantine(now time.Time) error {
	for _, prefix := range archive.QuarantinePrefixes(archive.ReasonNotHosted) {
		if err := s.bucket.Expire(prefix, now.AddDate(0, 0, -archive.NotHostedDays)); err != nil {
			return err
		}
	}
	for _, reason := range archive.Reasons() {
		if err := s.bucket.Expire(archive.QuarantinePrefix(archive.TrustNone, reason), now.AddDate(0, 0, -s.anonymousDays)); err != nil {
			return err
		}
	}
	return nil
}

// boundQuarantine makes room for new entries that are not authenticated by removing
// the oldest of them, once so much came in that this may be needed.
func (s *site) boundQuarantine(console io.Writer, limit int64) error {
	if s.anonymous.Load() < maxUnmeasured {
		return nil
	}
	s.anonymous.Store(0)
	removed, err := s.bucket.Bound(archive.AnonymousPrefix, limit)
	if removed > 0 {
		fmt.Fprintf(console, "Quarantine had more than %d MiB that was not authenticated: the oldest %d files were removed.\n", limit>>20, removed)
	}
	return err
}
