package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
)

// TestQuarantineExpires: what was not authenticated goes after its days, and all else
// stays.
func TestQuarantineExpires(t *testing.T) {
	now := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
	s, err := newSite(t.TempDir(), acceptHosted, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	s.quarantineDays = 14
	for _, c := range []struct {
		reason archive.Reason
		trust  archive.Trust
		age    int
		stays  bool
	}{
		{archive.ReasonUnsigned, "", 14, true},
		{archive.ReasonUnsigned, "", 15, false},
		{archive.ReasonInvalid, archive.TrustNone, 15, false},
		{archive.ReasonInvalid, archive.TrustDKIM, 1000, true},
		{archive.ReasonNoReport, "", 15, false},
		{archive.ReasonDNSFailed, "", 1000, true},
		{archive.ReasonNotHosted, archive.TrustDKIM, 8, false},
		{archive.ReasonNotHosted, archive.TrustNone, 8, false},
		{archive.ReasonNotHosted, archive.TrustNone, 7, true},
	} {
		q := archive.Quarantined{Reason: c.reason, Trust: c.trust, ReceivedAt: now.AddDate(0, 0, -c.age), Body: fmt.Append(nil, c)}
		key, err := s.archive.Quarantine(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.expire(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.archive.Quarantined(t.Context(), key); (err == nil) != c.stays {
			t.Errorf("%s: %v; want it to stay: %v", key, err, c.stays)
		}
	}
}

// TestDigestAnnouncesExpiry: the digest on the command line knows how long quarantine
// keeps entries.
func TestDigestAnnouncesExpiry(t *testing.T) {
	now, dir := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC), newFolder(t)
	s, err := newSite(dir, acceptHosted, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.archive.Quarantine(t.Context(), archive.Quarantined{Reason: archive.ReasonUnsigned, ReceivedAt: now, Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	for days, want := range map[string]bool{"3": true, "30": false} {
		var said strings.Builder
		code := run(t.Context(), terminal{name: "sealpost", stdout: &said, stderr: &said, now: func() time.Time { return now }},
			[]string{"digest", "-dir", dir, "-quarantine-days", days})
		if got := strings.Contains(said.String(), "from 5 December 2026"); code != 0 || got != want {
			t.Errorf("with %s days it ends with %d, announces: %t:\n%s", days, code, got, said.String())
		}
	}
}

// TestQuarantineIsBounded: the oldest that was not authenticated makes room.
func TestQuarantineIsBounded(t *testing.T) {
	now := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
	s, err := newSite(t.TempDir(), acceptHosted, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	put := func(trust archive.Trust, age int) string {
		key, err := s.archive.Quarantine(t.Context(), archive.Quarantined{
			Reason: archive.ReasonInvalid, Trust: trust, ReceivedAt: now.AddDate(0, 0, -age), Body: []byte(strings.Repeat("x", 1000)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	signed, oldest, newest := put(archive.TrustDKIM, 20), put(archive.TrustNone, 10), put(archive.TrustNone, 0)
	var console strings.Builder
	if err := s.boundQuarantine(&console, 10_000); err != nil { // At the start it is measured.
		t.Fatal(err)
	}
	for key, stays := range map[string]bool{signed: true, oldest: false, newest: true} {
		if _, err := s.archive.Quarantined(t.Context(), key); (err == nil) != stays {
			t.Errorf("%s: %v; want it to stay: %v", key, err, stays)
		}
	}
	if !strings.Contains(console.String(), "the oldest 2 files were removed") {
		t.Errorf("the console says %q", console.String())
	}
	if err := s.boundQuarantine(&console, 0); err != nil { // Little came in since.
		t.Fatal(err)
	}
	if _, err := s.archive.Quarantined(t.Context(), newest); err != nil {
		t.Error(err)
	}
	s.unmeasured.Add(maxUnmeasured)
	if err := s.boundQuarantine(&console, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.archive.Quarantined(t.Context(), newest); err == nil {
		t.Error("nothing is removed though much came in")
	}
}
