//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"database/sql"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/querytest"
	"sealpost/schemas/athena"
)

var (
	scaleReports = flag.Int("scale", 0, "measure queries over so many reports")
	scaleDir     = flag.String("scale.dir", "", "where to keep them for another time; empty: nowhere")
)

// TestScale measures, in time of the processor, the saved queries over the small files that reports are
// received in, and over the same lines brought together as Parquet.
func TestScale(t *testing.T) {
	if *scaleReports == 0 {
		t.Skip("-scale does not say how many reports to measure by")
	}
	dir := *scaleDir
	if dir == "" {
		dir = t.TempDir()
	}
	begun := cpu(t)
	if _, err := os.Stat(filepath.Join(dir, archive.ReportsPrefix)); err != nil {
		querytest.Synthetic(t, dir, *scaleReports)
		t.Logf("%d reports written in %v", *scaleReports, cpu(t)-begun)
	}
	files, bytes := sizeOf(t, filepath.Join(dir, archive.ReportsPrefix))
	t.Logf("raw: %d files, %d MB", files, bytes>>20)
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	raw := measure(t, db, 1)
	compacted := compact(t, dir)
	defer compacted.Close()
	parquet := measure(t, compacted, 3)
	for name := range raw {
		t.Logf("%-20s raw %8v, compacted %8v", name, raw[name], parquet[name])
	}
}

// measure takes the best of some rounds of a query that reads the days since
// last week began, and of one that reads all that there are.
func measure(t *testing.T, db *DB, rounds int) map[string]time.Duration {
	t.Helper()
	best := make(map[string]time.Duration)
	for range rounds {
		for _, q := range athena.Queries() {
			if !slices.Contains([]string{"sessions-last-week", "who-reports"}, q.Name) {
				continue
			}
			var values []any
			if q.AsksFor != "" {
				values = append(values, "none")
			}
			begun := cpu(t)
			if _, err := db.Query(t.Context(), q.SQLOn(querytest.Today), values...); err != nil {
				t.Fatal(err)
			}
			if took := cpu(t) - begun; best[q.Name] == 0 || took < best[q.Name] {
				best[q.Name] = took
			}
		}
	}
	return best
}

// compact brings the lines together, a file for each day, as a daily compaction
// does, and opens them in the place of the small files.
func compact(t *testing.T, dir string) *DB {
	t.Helper()
	engine, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db := &DB{engine: engine, dir: dir}
	target := filepath.Join(t.TempDir(), "compacted")
	begun := cpu(t)
	statements := slices.Concat(settings, macros, views(), []string{
		fmt.Sprintf(`COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (dt), WRITE_PARTITION_COLUMNS true)`, db.files(), quoted(target)),
		fmt.Sprintf(`CREATE OR REPLACE VIEW reports AS SELECT * FROM read_parquet(%s, hive_partitioning = false)`, quoted(target+"/*/*.parquet")),
	})
	for _, statement := range statements {
		if _, err := engine.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	files, bytes := sizeOf(t, target)
	t.Logf("compacted in %v: %d files, %d MB", cpu(t)-begun, files, bytes>>20)
	return db
}

func sizeOf(t *testing.T, folder string) (files int, bytes int64) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			files++
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, bytes
}

// cpu is the time that all cores have spent on this process: what it takes,
// whatever else the machine does.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return (time.Duration(used.Utime.Nano()) + time.Duration(used.Stime.Nano())).Round(time.Millisecond)
}
