package archive_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
)

// byHTTPS is a line of the same report that nothing vouches for.
func byHTTPS(line archive.Line) archive.Line {
	line.Channel, line.Trust, line.TrustDomain = archive.ChannelHTTPS, archive.TrustNone, ""
	return line
}

func TestKeepSignedAfterUnsigned(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	signed := lineReceived(noon.AddDate(0, 0, 3), "first")
	unsigned := byHTTPS(lineReceived(noon, "first"))
	first, err := a.Keep(t.Context(), unsigned)
	if err != nil {
		t.Fatal(err)
	}
	want := archive.Kept{Key: strings.TrimSuffix(first.Key, ".json.gz") + ".dkim.json.gz", Duplicate: true, Replaces: true}
	for range 2 {
		if kept, err := a.Keep(t.Context(), signed); err != nil || kept != want {
			t.Errorf("kept: %+v, %v; want %+v", kept, err, want)
		}
		want.Replaces = false // It is there now.
	}
	signed.ReceivedAt = unsigned.ReceivedAt
	wantLine(t, a, signed)
	wantKeys(t, bucket, "index/v1/"+signed.ReportKey, want.Key, first.Key)

	// Once more without signature changes nothing.
	if kept, err := a.Keep(t.Context(), unsigned); err != nil || !kept.Duplicate || kept.Replaces {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	wantLine(t, a, signed)
}

func TestKeepUnsignedAfterSigned(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	signed := lineReceived(noon, "first")
	keep(t, a, signed)
	for _, again := range []archive.Line{byHTTPS(signed), signed} {
		if kept, err := a.Keep(t.Context(), again); err != nil || !kept.Duplicate || kept.Replaces {
			t.Errorf("kept: %+v, %v", kept, err)
		}
	}
	wantLine(t, a, signed)
	if got := keys(t, bucket); len(got) != 2 {
		t.Errorf("the bucket holds %q; want one line and its place", got)
	}
}

func TestKeepSignedBesideDamaged(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	line := lineReceived(noon, "first")
	place := "reports/v1/dt=2026-11-17/" + line.ReportKey + ".json.gz"
	for key, value := range map[string]string{"index/v1/" + line.ReportKey: place, place: "damaged"} {
		if _, err := bucket.Create(t.Context(), key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Keep(t.Context(), line); err != nil {
		t.Fatal(err)
	}
	wantLine(t, a, line)
}

// TestKeepModel keeps one report by many ways at random: signed and not, at
// once and in turn, with failures and on other days. A sender tries until it is told
// that all is well. Whatever happened, the report is stored once, for its
// sender too, and signed as soon as a signed copy was kept.
func TestKeepModel(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 2))
		bucket := new(storetest.Memory)
		a := archive.Archive{Bucket: bucket}
		var isStored, isSigned bool
		for range 1 + random.IntN(6) {
			line := lineReceived(noon.Add(time.Duration(random.IntN(72))*time.Hour), "first")
			if random.IntN(2) == 0 {
				line = byHTTPS(line)
			}
			if random.IntN(2) == 0 {
				bucket.FailNth(storetest.OpAny, 1+random.IntN(5), random.IntN(2) == 0)
			}
			kept, err := a.Keep(t.Context(), line)
			switch {
			case errors.Is(err, storetest.ErrFailed):
				continue
			case err != nil:
				t.Fatal(err)
			case isStored && !kept.Duplicate:
				t.Fatalf("seed %d: the report is stored a second time", seed)
			}
			bucket.FailNth(storetest.OpAny, never, false)
			isStored, isSigned = true, isSigned || line.Trust == archive.TrustDKIM
			wantOneReport(t, fmt.Sprintf("seed %d", seed), a, isSigned)
		}
	}
}

func TestKeepSignedAndUnsignedAtOnce(t *testing.T) {
	for range 20 {
		bucket := new(storetest.Memory)
		a := archive.Archive{Bucket: bucket}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				line := lineReceived(noon.AddDate(0, 0, i), "first")
				if i%2 == 0 {
					line = byHTTPS(line)
				}
				if _, err := a.Keep(t.Context(), line); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		wantOneReport(t, "at once", a, true)
	}
}

// wantOneReport wants one line, or a signed one beside it in the same day.
func wantOneReport(t *testing.T, when string, a archive.Archive, isSigned bool) {
	t.Helper()
	got, err := a.Get(t.Context(), lineReceived(noon, "first").ReportKey)
	if err != nil || isSigned && got.Trust != archive.TrustDKIM {
		t.Fatalf("%s: got %+v, %v; want it signed: %v", when, got, err, isSigned)
	}
	trusts, days := make(map[archive.Trust]int), make(map[string]bool)
	for line, err := range a.Lines(t.Context(), noon, noon.AddDate(0, 0, 10)) {
		if err != nil {
			t.Fatal(err)
		}
		trusts[line.Trust]++
	}
	for _, key := range keys(t, a.Bucket) {
		if strings.HasPrefix(key, "reports/") {
			days[path.Dir(key)] = true
		}
	}
	if trusts[archive.TrustDKIM] > 1 || trusts[archive.TrustNone] > 1 || len(days) != 1 {
		t.Errorf("%s: lines by trust %v, in %v; want one of each at most, on one day", when, trusts, days)
	}
}
