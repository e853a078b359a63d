package archive_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
)

func TestKeep(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	line := lineReceived(time.Date(2026, time.November, 17, 23, 59, 59, 999e6, time.UTC), "first")

	kept, err := a.Keep(t.Context(), line)
	want := archive.Kept{Key: "reports/v1/dt=2026-11-17/" + line.ReportKey + ".json.gz"}
	if err != nil || kept != want {
		t.Fatalf("kept: %+v, %v; want %+v", kept, err, want)
	}
	wantLine(t, a, line)

	// The same report, received the next day, is where it was.
	again := line
	again.ReceivedAt = line.ReceivedAt.AddDate(0, 0, 1)
	want.Duplicate = true
	if kept, err := a.Keep(t.Context(), again); err != nil || kept != want {
		t.Errorf("kept again: %+v, %v; want %+v", kept, err, want)
	}
	wantLine(t, a, line)
	wantKeys(t, bucket, "index/v1/"+line.ReportKey, want.Key)
}

func TestKeepDaysAreUTC(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	east := time.FixedZone("", 5*60*60)
	line := lineReceived(noon, "first")
	line.ReceivedAt = time.Date(2026, time.November, 18, 4, 0, 0, 0, east)
	kept, err := a.Keep(t.Context(), line)
	if err != nil || !strings.HasPrefix(kept.Key, "reports/v1/dt=2026-11-17/") {
		t.Errorf("kept at %s, %v; want the day 2026-11-17", kept.Key, err)
	}
}

// TestKeepAfterFailures lets Keep fail at every step, twice in a row, before a
// third attempt without failure on another day. Whatever had come about before,
// there is one report in the end, whole, and the index knows its place.
func TestKeepAfterFailures(t *testing.T) {
	for _, first := range failures(t) {
		for _, second := range failures(t) {
			t.Run(fmt.Sprintf("%v then %v", first, second), func(t *testing.T) {
				bucket := new(storetest.Memory)
				a := archive.Archive{Bucket: bucket}
				attempts := []archive.Line{
					lineReceived(noon, "first"),
					lineReceived(noon.AddDate(0, 0, 1), "first"),
					lineReceived(noon.AddDate(0, 0, 2), "first"),
				}
				for i, fail := range []failure{first, second} {
					bucket.FailNth(storetest.OpAny, fail.step, fail.written)
					_, err := a.Keep(t.Context(), attempts[i])
					if failed := !bucket.FailureAhead(); failed != errors.Is(err, storetest.ErrFailed) {
						t.Fatalf("attempt %d: a step failed: %v, the error is %v", i, failed, err)
					}
				}
				bucket.FailNth(storetest.OpAny, never, false)
				kept, err := a.Keep(t.Context(), attempts[2])
				if err != nil {
					t.Fatal(err)
				}
				wantOneOf(t, a, attempts)
				wantKeys(t, bucket, "index/v1/"+attempts[0].ReportKey, kept.Key)
			})
		}
	}
}

// TestKeepWhileAnotherIsKept: what is written belongs to its own report, whatever
// is kept between its encoding and its writing.
func TestKeepWhileAnotherIsKept(t *testing.T) {
	for call := 1; call <= 2; call++ {
		bucket := new(storetest.Memory)
		a := archive.Archive{Bucket: bucket}
		first, second := lineReceived(noon, "first"), lineReceived(noon, "second")
		bucket.InterruptNth(call, func() {
			if _, err := a.Keep(t.Context(), second); err != nil {
				t.Error(err)
			}
		})
		if _, err := a.Keep(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		wantLine(t, a, first)
		wantLine(t, a, second)
	}
}

const never = 1 << 30

type failure struct {
	step    int
	written bool
}

// failures gives both kinds at every step that Keep ever takes, and one beyond.
func failures(t *testing.T) []failure {
	t.Helper()
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	steps := 1
	for ; ; steps++ {
		bucket.FailNth(storetest.OpAny, steps, true)
		if _, err := a.Keep(t.Context(), lineReceived(noon, "first")); err == nil {
			break
		}
	}
	if steps < 3 {
		t.Fatalf("Keep never failed in %d steps", steps)
	}
	var all []failure
	for step := 1; step <= steps; step++ {
		all = append(all, failure{step, false}, failure{step, true})
	}
	return all
}

func TestKeepAtOnce(t *testing.T) {
	const racers = 16
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	kept := make([]archive.Kept, racers)
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() {
			var err error
			if kept[i], err = a.Keep(t.Context(), lineReceived(noon.AddDate(0, 0, i), "first")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	stored := slices.DeleteFunc(slices.Clone(kept), func(k archive.Kept) bool { return k.Duplicate })
	if len(stored) != 1 {
		t.Errorf("%d of the racers stored the report; want 1", len(stored))
	}
	for _, k := range kept {
		if k.Key != kept[0].Key {
			t.Errorf("one racer was told %s, another %s", k.Key, kept[0].Key)
		}
	}
	wantKeys(t, bucket, "index/v1/"+lineReceived(noon, "first").ReportKey, kept[0].Key)
}

func TestGetFails(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	line := lineReceived(noon, "first")
	if _, err := a.Get(t.Context(), line.ReportKey); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a report that never came: %v; want fs.ErrNotExist", err)
	}
	// A place that was claimed by a process that died is no report.
	bucket.FailNth(storetest.OpCreate, 2, false)
	if _, err := a.Keep(t.Context(), line); err == nil {
		t.Fatal("the line was stored")
	}
	if _, err := a.Get(t.Context(), line.ReportKey); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a report that was only claimed: %v; want fs.ErrNotExist", err)
	}
	bucket.FailNext(storetest.OpGet, false)
	if _, err := a.Get(t.Context(), line.ReportKey); !errors.Is(err, storetest.ErrFailed) {
		t.Errorf("the bucket fails: %v; want its error", err)
	}
	if _, err := a.Get(t.Context(), "../reports"); err == nil {
		t.Error("a key that leads elsewhere: no error")
	}
}

// TestGetDamagedSigned: the unsigned line is no substitute for a signed one that
// cannot be read.
func TestGetDamagedSigned(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	line := lineReceived(noon, "first")
	line.Trust, line.TrustDomain = archive.TrustNone, ""
	kept, err := a.Keep(t.Context(), line)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Create(t.Context(), strings.TrimSuffix(kept.Key, ".json.gz")+".dkim.json.gz", []byte("noise")); err != nil {
		t.Fatal(err)
	}
	var damaged *archive.DamagedError
	if got, err := a.Get(t.Context(), line.ReportKey); !errors.As(err, &damaged) {
		t.Errorf("got %+v, %v; want to hear that it is damaged", got, err)
	}
}

func wantOneOf(t *testing.T, a archive.Archive, lines []archive.Line) {
	t.Helper()
	got, err := a.Get(t.Context(), lines[0].ReportKey)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(lines, func(line archive.Line) bool { return sameLine(got, line) }) {
		t.Errorf("the archive holds %+v, which nobody kept", got)
	}
}

func wantKeys(t *testing.T, bucket archive.Bucket, want ...string) {
	t.Helper()
	if got := keys(t, bucket); !slices.Equal(got, want) {
		t.Errorf("the bucket holds %q; want %q", got, want)
	}
}

func keys(t *testing.T, bucket archive.Bucket) []string {
	t.Helper()
	var keys []string
	for key, err := range bucket.List(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
