package archive_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/storetest"
)

func TestLinesOfDays(t *testing.T) {
	a := archive.Archive{Bucket: new(storetest.Memory)}
	midnight := noon.Truncate(24 * time.Hour)
	for name, received := range map[string]time.Time{
		"the day before": midnight.Add(-time.Millisecond),
		"first moment":   midnight,
		"noon":           noon,
		"last moment":    midnight.Add(24*time.Hour - time.Millisecond),
		"the day after":  midnight.Add(24 * time.Hour),
		"a week later":   midnight.AddDate(0, 0, 7),
	} {
		keep(t, a, lineReceived(received, name))
	}
	west := time.FixedZone("", -8*60*60)
	for _, test := range []struct {
		name        string
		first, last time.Time
		want        []string
	}{
		{"one day", noon, noon, []string{"first moment", "last moment", "noon"}},
		{"one day, by its ends", midnight, midnight.Add(24*time.Hour - 1), []string{"first moment", "last moment", "noon"}},
		{"one day, by its first moment", midnight, midnight, []string{"first moment", "last moment", "noon"}},
		{"days are UTC", noon.In(west), noon.In(west), []string{"first moment", "last moment", "noon"}},
		{"from late to early on the next day", midnight.Add(23 * time.Hour), midnight.Add(25 * time.Hour),
			[]string{"first moment", "last moment", "noon", "the day after"}},
		{"the day before too", midnight.Add(-1), noon, []string{"first moment", "last moment", "noon", "the day before"}},
		{"all", noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 7),
			[]string{"a week later", "first moment", "last moment", "noon", "the day after", "the day before"}},
		{"nothing came", noon.AddDate(0, 0, 3), noon.AddDate(0, 0, 5), nil},
		{"the last before the first", noon, noon.AddDate(0, 0, -1), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := reportIDs(a.Lines(t.Context(), test.first, test.last))
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// TestLinesEndWithTheError: whatever fails, the error comes last and once.
// Days that were not read must not pass for days without reports.
func TestLinesEndWithTheError(t *testing.T) {
	const reports = 40
	for _, test := range []struct {
		name   string
		breaks func(*storetest.Memory)
		want   string
	}{
		{"listing fails at once", func(m *storetest.Memory) { m.FailNext(storetest.OpList, false) }, "list the reports of 2026-11-17: "},
		{"listing fails at its end", func(m *storetest.Memory) { m.FailNth(storetest.OpList, 2, true) }, "list the reports of 2026-11-18: "},
		{"the first object fails", func(m *storetest.Memory) { m.FailNth(storetest.OpGet, 1, false) }, "read reports/v1/"},
		{"the last object fails", func(m *storetest.Memory) { m.FailNth(storetest.OpGet, reports, false) }, "read reports/v1/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // It fails if a goroutine is left.
				bucket := new(storetest.Memory)
				a := archive.Archive{Bucket: bucket}
				keepMany(t, a, reports)
				test.breaks(bucket)
				_, err := reportIDs(a.Lines(context.Background(), noon, noon.AddDate(0, 0, 1)))
				if !errors.Is(err, storetest.ErrFailed) || !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("got %v; want %s...", err, test.want)
				}
			})
		})
	}
}

func TestLinesOfBrokenObjects(t *testing.T) {
	good := string(gzipped(t, `{"schema_version":1}`))
	for name, object := range map[string]string{
		"empty":          "",
		"not compressed": `{"schema_version":1}`,
		"cut short":      good[:len(good)-4],
		"not JSON":       string(gzipped(t, "report")),
		"two lines":      string(gzipped(t, "{}\n{}\n")),
		"wrong type":     string(gzipped(t, `{"policies":"none"}`)),
		"name twice":     string(gzipped(t, `{"report_id":"a","report_id":"b"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			bucket := new(storetest.Memory)
			a := archive.Archive{Bucket: bucket}
			const key = "reports/v1/dt=2026-11-17/broken.json.gz"
			if _, err := bucket.Create(t.Context(), key, []byte(object)); err != nil {
				t.Fatal(err)
			}
			got, err := reportIDs(a.Lines(t.Context(), noon, noon))
			if err == nil || !strings.HasPrefix(err.Error(), "read "+key+": ") || len(got) > 0 {
				t.Errorf("got %q, %v; want an error that names the object", got, err)
			}
		})
	}
}

func TestLinesLeftEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // It fails if a goroutine is left.
		a := archive.Archive{Bucket: new(storetest.Memory)}
		keepMany(t, a, moreThanIsReadAhead())
		seen := 0
		for _, err := range a.Lines(context.Background(), noon, noon.AddDate(0, 0, 1)) {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 3 {
				break
			}
		}
		if seen != 3 {
			t.Errorf("%d lines came, want 3", seen)
		}
	})
}

func TestLinesHeedTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := archive.Archive{Bucket: new(storetest.Memory)}
		keepMany(t, a, moreThanIsReadAhead())
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := 0
		var last error
		for _, err := range a.Lines(ctx, noon, noon.AddDate(0, 0, 1)) {
			last = err
			seen++
			cancel()
		}
		if !errors.Is(last, context.Canceled) || seen >= moreThanIsReadAhead() {
			t.Errorf("after %d the lines ended with %v; want context.Canceled before the last", seen, last)
		}
	})
}

// TestLinesWithoutTheirObject: an object that is gone between listing and
// reading is an error, not silence.
func TestLinesWithoutTheirObject(t *testing.T) {
	bucket := new(storetest.Memory)
	keepMany(t, archive.Archive{Bucket: bucket}, 2)
	_, err := reportIDs(archive.Archive{Bucket: hollow{bucket}}.Lines(t.Context(), noon, noon))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v; want fs.ErrNotExist", err)
	}
}

// moreThanIsReadAhead is a number of reports of which some are still unread
// when the first one comes.
func moreThanIsReadAhead() int { return 20 * runtime.GOMAXPROCS(0) }

// hollow lists objects that it does not have.
type hollow struct{ *storetest.Memory }

func (hollow) Get(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }

func keep(t *testing.T, a archive.Archive, line archive.Line) {
	t.Helper()
	if kept, err := a.Keep(t.Context(), line); err != nil || kept.Duplicate {
		t.Fatalf("keep %s: %+v, %v", line.ReportID, kept, err)
	}
}

// keepMany keeps reports on two days by turns.
func keepMany(t *testing.T, a archive.Archive, reports int) {
	t.Helper()
	for i := range reports {
		keep(t, a, lineReceived(noon.AddDate(0, 0, i%2), fmt.Sprintf("report %d", i)))
	}
}

// reportIDs reads lines to their end and gives their report-ids in order.
func reportIDs(lines func(func(archive.Line, error) bool)) ([]string, error) {
	var ids []string
	var failed error
	for line, err := range lines {
		if failed != nil {
			return nil, fmt.Errorf("something came after the error %w: %v, %w", failed, line, err)
		}
		if failed = err; err == nil {
			ids = append(ids, line.ReportID)
		}
	}
	slices.Sort(ids)
	return ids, failed
}

// TestLinesBesideStrangers: what others leave in the folder of a day is no report.
func TestLinesBesideStrangers(t *testing.T) {
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	keep(t, a, lineReceived(noon, "report"))
	for _, name := range []string{".DS_Store", "notes.json", "backup.gz", "report.json.gz~", "report.json.gz.tmp"} {
		if _, err := bucket.Create(t.Context(), "reports/v1/dt=2026-11-17/"+name, []byte("else")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := reportIDs(a.Lines(t.Context(), noon, noon)); err != nil || !slices.Equal(got, []string{"report"}) {
		t.Errorf("got %q, %v; want the report alone", got, err)
	}
}

// TestLinesBesideBrokenObjects: an object that cannot be read is reported, and hides
// no other.
func TestLinesBesideBrokenObjects(t *testing.T) {
	const reports, broken = 40, 3
	bucket := new(storetest.Memory)
	a := archive.Archive{Bucket: bucket}
	keepMany(t, a, reports)
	for i := range broken {
		if _, err := bucket.Create(t.Context(), fmt.Sprintf("reports/v1/dt=2026-11-17/broken%d.json.gz", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	read, damages := 0, 0
	for _, err := range a.Lines(t.Context(), noon, noon.AddDate(0, 0, 1)) {
		var damaged *archive.DamagedError
		switch {
		case err == nil:
			read++
		case errors.As(err, &damaged):
			damages++
		default:
			t.Error(err)
		}
	}
	if read != reports || damages != broken {
		t.Errorf("%d reports and %d damaged objects; want %d and %d", read, damages, reports, broken)
	}
}
