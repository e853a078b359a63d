package archive_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
)

func quarantined(body string) archive.Quarantined {
	return archive.Quarantined{
		Reason:     archive.ReasonInvalid,
		ReceivedAt: noon,
		Channel:    archive.ChannelHTTPS,
		Problems: []archive.Problem{
			{Path: "/policies/0/summary", Message: "is missing"},
			{Message: "has <more> wrong with it"},
		},
		Body: []byte(body),
	}
}

func quarantineKey(reason, body string) string {
	sum := sha256.Sum256([]byte(body))
	trust := "none"
	if reason == "dns-failed" {
		trust = "unknown"
	}
	return "quarantine/v1/trust=" + trust + "/reason=" + reason + "/dt=2026-11-17/" + hex.EncodeToString(sum[:])
}

func TestQuarantine(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	const body = "\x1f\x8bno report\r\n\x00\xff"
	want := quarantineKey("invalid", body)
	for range 2 { // Once more changes nothing.
		key, err := a.Quarantine(t.Context(), quarantined(body))
		if err != nil || key != want {
			t.Fatalf("got %s, %v; want %s", key, err, want)
		}
		wantKeys(t, bucket, want, want+".problems.json")
		wantBytes(t, bucket, want, body)
	}
	wantGolden(t, bucket, want+".problems.json", "testdata/problems.json")
}

func TestQuarantineHasAFolderForEachReason(t *testing.T) {
	for _, reason := range archive.Reasons() {
		bucket := new(storetest.Memory)
		q := quarantined("")
		q.Reason = reason
		key, err := archive.Archive{Bucket: bucket}.Quarantine(t.Context(), q)
		if want := quarantineKey(string(reason), ""); err != nil || key != want {
			t.Errorf("got %s, %v; want %s", key, err, want)
		}
		if !slices.ContainsFunc(archive.QuarantinePrefixes(reason), func(prefix string) bool { return strings.HasPrefix(key, prefix+"/") }) {
			t.Errorf("%s does not lie below %s", key, archive.QuarantinePrefixes(reason))
		}
		if isUnauthenticated := strings.HasPrefix(key, archive.UnauthenticatedPrefix); isUnauthenticated != (reason != archive.ReasonDNSFailed) {
			t.Errorf("%s counts as unauthenticated: %v", key, isUnauthenticated)
		}
		if q.Trust = archive.TrustDKIM; reason == archive.ReasonUnsigned || reason == archive.ReasonDNSFailed {
			continue // By their names they are not authenticated.
		}
		if key, err := (archive.Archive{Bucket: bucket}).Quarantine(t.Context(), q); err != nil || !strings.HasPrefix(key, "quarantine/v1/trust=dkim/reason="+string(reason)+"/") {
			t.Errorf("authenticated: %s, %v", key, err)
		}
	}
}

// TestCountQuarantined counts what came on some days, by what is noted of it.
func TestCountQuarantined(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	for i, day := range []int{-1, 0, 0, 1, 2} {
		for _, reason := range []archive.Reason{archive.ReasonInvalid, archive.ReasonUnsigned}[:1+i%2] {
			q := quarantined(fmt.Sprint("body ", i))
			q.Reason, q.ReceivedAt = reason, noon.AddDate(0, 0, day)
			if _, err := a.Quarantine(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := bucket.Create(t.Context(), quarantineKey("invalid", "no note"), nil); err != nil {
		t.Fatal(err)
	}
	counts, err := a.CountQuarantined(t.Context(), noon.Add(-11*time.Hour), noon.AddDate(0, 0, 1))
	if want := map[archive.Reason]int{archive.ReasonInvalid: 3, archive.ReasonUnsigned: 2}; err != nil || !maps.Equal(counts, want) {
		t.Errorf("got %v, %v; want %v", counts, err, want)
	}
	bucket.FailNext(storetest.OpList, false)
	if _, err := a.CountQuarantined(t.Context(), noon, noon); !errors.Is(err, storetest.ErrFailed) {
		t.Errorf("got %v; want the bucket's error", err)
	}
}

// TestInQuarantine: the whole UTC day of the beginning counts.
func TestInQuarantine(t *testing.T) {
	a := archive.Archive{Bucket: new(storetest.Memory)}
	key, err := a.Quarantine(t.Context(), quarantined("body"))
	if err != nil {
		t.Fatal(err)
	}
	midnight := noon.Truncate(24 * time.Hour)
	for since, want := range map[time.Time]bool{
		midnight.Add(-1): true, midnight: true, noon: true, midnight.Add(24*time.Hour - 1): true, midnight.Add(24 * time.Hour): false,
	} {
		found := false
		for got, err := range a.InQuarantine(t.Context(), archive.ReasonInvalid, since) {
			if err != nil || got != key {
				t.Errorf("since %s: got %s, %v", since, got, err)
			}
			found = true
		}
		if found != want {
			t.Errorf("since %s: found %v; want %v", since, found, want)
		}
	}
}

// TestQuarantinedIsDamaged: bytes without a note that can be read are damaged, not
// gone, and not to be tried again.
func TestQuarantinedIsDamaged(t *testing.T) {
	bucket := new(storetest.Memory)
	for _, key := range []string{"x", archive.NoteOf("x")} {
		if _, err := bucket.Create(t.Context(), key, []byte("no note")); err != nil {
			t.Fatal(err)
		}
	}
	var damaged *archive.DamagedError
	if _, err := (archive.Archive{Bucket: bucket}).Quarantined(t.Context(), "x"); !errors.As(err, &damaged) || damaged.Key != archive.NoteOf("x") {
		t.Errorf("got %v; want to hear which note is damaged", err)
	}
}

// TestQuarantineAfterFailures lets each step fail both ways; the next attempt
// ends with the bytes and the note, once.
func TestQuarantineAfterFailures(t *testing.T) {
	for step := 1; step <= 2; step++ {
		for _, written := range []bool{false, true} {
			t.Run(fmt.Sprintf("step %d, written %v", step, written), func(t *testing.T) {
				bucket := new(storetest.Memory)
				a := archive.Archive{Bucket: bucket}
				bucket.FailNth(storetest.OpAny, step, written)
				if key, err := a.Quarantine(t.Context(), quarantined("body")); !errors.Is(err, storetest.ErrFailed) {
					t.Fatalf("got %s, %v; want the bucket's error", key, err)
				}
				key, err := a.Quarantine(t.Context(), quarantined("body"))
				if err != nil || bucket.FailureAhead() {
					t.Fatalf("again: %v", err)
				}
				wantKeys(t, bucket, key, key+".problems.json")
				wantBytes(t, bucket, key, "body")
			})
		}
	}
}

func TestProblemInWords(t *testing.T) {
	for want, problem := range map[string]archive.Problem{
		"/policies: is missing": {Path: "/policies", Message: "is missing"},
		"is not JSON":           {Message: "is not JSON"},
	} {
		if got := problem.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func wantBytes(t *testing.T, bucket archive.Bucket, key, want string) {
	t.Helper()
	if got, err := bucket.Get(context.Background(), key); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", key, got, err, want)
	}
}

func wantGolden(t *testing.T, bucket archive.Bucket, key, file string) {
	t.Helper()
	got, err := bucket.Get(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
