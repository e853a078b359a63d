package localdir_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sealpost/internal/localdir"
)

var midnight = time.Date(2026, time.November, 17, 0, 0, 0, 0, time.UTC)

func TestExpire(t *testing.T) {
	keys := []string{
		"expiring/dt=2025-11-18/key",
		"expiring/dt=2026-11-15/a/b/key",
		"expiring/dt=2026-11-16/key",
		"expiring/dt=2026-11-17/key",
		"expiring/dt=2026-11-18/key",
		"expiring/2026-11-15/key",
		"expiring/dt=2026-11-1/key",
		"expiring/dt=2026-11-00/key",
		"expiring/dt=/key",
		"expiring/notes",
		"expiring/other/dt=2026-11-15/key",
		"lasting/dt=2026-11-15/key",
	}
	const gone15, gone16, gone17 = 2, 3, 4 // How many of the keys are gone.
	for _, test := range []struct {
		name string
		t    time.Time
		gone int
	}{
		{"long ago", midnight.AddDate(-5, 0, 0), 0},
		{"the last moment of the day before", midnight.Add(-1), gone15},
		{"the first moment of a day", midnight, gone16},
		{"the last moment of a day", midnight.Add(24*time.Hour - 1), gone16},
		{"the next day", midnight.Add(24 * time.Hour), gone17},
		{"the day is of UTC", midnight.In(time.FixedZone("", -8*60*60)), gone16},
	} {
		t.Run(test.name, func(t *testing.T) {
			bucket := localdir.Bucket{Root: t.TempDir()}
			for _, key := range keys {
				create(t, bucket, key, "")
			}
			for range 2 { // Once more changes nothing.
				if err := bucket.Expire("expiring", test.t); err != nil {
					t.Fatal(err)
				}
				want := slices.Sorted(slices.Values(keys[test.gone:]))
				if got := list(t, bucket, ""); !slices.Equal(got, want) {
					t.Errorf("left: %q; want %q", got, want)
				}
			}
		})
	}
}

func TestExpireNothing(t *testing.T) {
	bucket := localdir.Bucket{Root: t.TempDir()}
	if err := bucket.Expire("expiring", midnight); err != nil {
		t.Errorf("where nothing was ever kept: %v", err)
	}
	create(t, bucket, "expiring", "a file in place of the folder")
	if err := bucket.Expire("expiring", midnight); err == nil {
		t.Error("where a file is in place of the folder: no error")
	}
}

func TestClearTemporary(t *testing.T) {
	bucket := localdir.Bucket{Root: t.TempDir()}
	if err := bucket.ClearTemporary(midnight); err != nil {
		t.Errorf("before anything was written: %v", err)
	}
	create(t, bucket, "a/key", "value")
	for name, modified := range map[string]time.Time{
		"old":     midnight.Add(-time.Second),
		"at once": midnight,
		"young":   midnight.Add(time.Second), // Perhaps it is being written.
	} {
		file := filepath.Join(bucket.Root, ".tmp", name)
		if err := os.WriteFile(file, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	ofKilled := filepath.Join(bucket.Root, ".tmp", "folder")
	if err := errors.Join(os.Mkdir(ofKilled, 0o700), os.WriteFile(filepath.Join(ofKilled, "storage"), []byte("rows"), 0o600),
		os.Chtimes(ofKilled, midnight.Add(-time.Second), midnight.Add(-time.Second))); err != nil {
		t.Fatal(err)
	}
	wantListed := func() {
		t.Helper()
		if got := list(t, bucket, ""); !slices.Equal(got, []string{"a/key"}) {
			t.Errorf("listed: %q; want a/key alone", got)
		}
	}
	wantListed()
	if err := bucket.ClearTemporary(midnight); err != nil {
		t.Fatal(err)
	}
	wantListed()
	left, err := filepath.Glob(filepath.Join(bucket.Root, ".tmp", "*"))
	want := []string{filepath.Join(bucket.Root, ".tmp", "at once"), filepath.Join(bucket.Root, ".tmp", "young")}
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("left: %q, %v; want %q", left, err, want)
	}
}
