package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/localdir"
)

// Anyone can send what is not authenticated, so its age and its total size are
// bounded. docs/operations.md has both bounds.
const (
	maxUnauthenticated = 1 << 30  // Bytes.
	maxUnmeasured      = 64 << 20 // Bytes that come in until the total is measured again.
	maxExpiryDays      = 3653
)

// quarantineOption is how many days quarantine keeps what was not authenticated.
type quarantineOption struct {
	days  int
	isSet bool
}

const quarantineArg = " [-quarantine-days DAYS]"

func (o *quarantineOption) define(f *flag.FlagSet) {
	o.days = archive.UnauthenticatedDays
	f.Var(o, "quarantine-days", "quarantine keeps what was not authenticated for this number of `DAYS`")
}

// String implements flag.Value.
func (o *quarantineOption) String() string { return strconv.Itoa(o.days) }

// Set implements flag.Value.
func (o *quarantineOption) Set(text string) error {
	days, err := strconv.Atoi(text)
	if err != nil || days < 1 || days > maxExpiryDays {
		return fmt.Errorf("it takes a whole number from 1 to %d", maxExpiryDays)
	}
	o.days, o.isSet = days, true
	return nil
}

// meter counts the bytes that are stored without authentication.
type meter struct {
	archive.Bucket
	unmeasured *atomic.Int64
}

// Create implements archive.Bucket.
func (m meter) Create(ctx context.Context, key string, value []byte) (bool, error) {
	created, err := m.Bucket.Create(ctx, key, value)
	if created && strings.HasPrefix(key, archive.UnauthenticatedPrefix) {
		m.unmeasured.Add(localdir.SizeOnDisk(int64(len(value))))
	}
	return created, err
}

// expireQuarantine removes what has been in quarantine for too long. What was
// authenticated stays, and so does what DNS failed for, as long as reports do.
func (s *site) expireQuarantine(now time.Time) error {
	for _, prefix := range archive.QuarantinePrefixes(archive.ReasonNotHosted) {
		if err := s.bucket.Expire(prefix, now.AddDate(0, 0, -archive.NotHostedDays)); err != nil {
			return err
		}
	}
	for _, reason := range archive.Reasons() {
		if err := s.bucket.Expire(archive.QuarantinePrefix(archive.TrustNone, reason), now.AddDate(0, 0, -s.quarantineDays)); err != nil {
			return err
		}
	}
	return nil
}

// boundQuarantine removes the oldest entries that are not authenticated where their
// total is over a limit. It measures the total only after maxUnmeasured bytes.
func (s *site) boundQuarantine(console io.Writer, limit int64) error {
	if s.unmeasured.Load() < maxUnmeasured {
		return nil
	}
	s.unmeasured.Store(0)
	removed, err := s.bucket.Trim(archive.UnauthenticatedPrefix, limit)
	if removed > 0 {
		fmt.Fprintf(console, "Quarantine had more than %d MiB that was not authenticated: the oldest %d files were removed.\n", limit>>20, removed)
	}
	return err
}
