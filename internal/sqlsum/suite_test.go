package sqlsum_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"

	"sealpost/internal/archive"
	"sealpost/internal/digest/digesttest"
	"sealpost/internal/duckdb"
	"sealpost/internal/query"
	"sealpost/internal/querytest"
	"sealpost/internal/sqlsum"
)

// TestOnDuckDB and TestOnTrino hold what runs the statements here, and what
// Athena is made of, to what every engine makes of reports.

func TestOnDuckDB(t *testing.T) {
	digesttest.SlowEngines(t, func(t *testing.T, lines []archive.Line) digesttest.Engine {
		dir := t.TempDir()
		store(t, dir, lines)
		return sqlsum.Engine{Database: openDuckDB(t, dir)}
	})
}

func TestOnTrino(t *testing.T) {
	trino := querytest.NewTrino(t)
	digesttest.SlowEngines(t, func(t *testing.T, lines []archive.Line) digesttest.Engine {
		if err := os.RemoveAll(filepath.Join(trino.Dir, archive.ReportsPrefix)); err != nil {
			t.Fatal(err)
		}
		store(t, trino.Dir, lines)
		return sqlsum.Engine{Database: onTrino{trino}}
	})
}

// store writes lines where an archive has those of their day: here all of them
// into one file, which is less to open.
func store(t *testing.T, dir string, lines []archive.Line) {
	t.Helper()
	days := make(map[string]*bytes.Buffer)
	for _, line := range lines {
		day := line.ReceivedAt.UTC().Format(time.DateOnly)
		if days[day] == nil {
			days[day] = new(bytes.Buffer)
		}
		line.StartDatetime, line.EndDatetime = line.StartDatetime.UTC(), line.EndDatetime.UTC()
		if err := json.MarshalWrite(days[day], line); err != nil {
			t.Fatal(err)
		}
		days[day].WriteByte('\n')
	}
	for day, text := range days {
		folder := filepath.Join(dir, archive.ReportsPrefix, archive.PartitionColumn+"="+day)
		var object bytes.Buffer
		w := gzip.NewWriter(&object)
		_, err := w.Write(text.Bytes())
		err = errors.Join(err, w.Close(), os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "lines"+archive.LineSuffix), object.Bytes(), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// openDuckDB opens a directory, where there is an engine.
func openDuckDB(t testing.TB, dir string) sqlsum.Database {
	t.Helper()
	db, err := duckdb.Open(t.Context(), dir)
	if errors.Is(err, query.ErrNoEngine) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return onDuckDB{db}
}

type onDuckDB struct{ *duckdb.DB }

func (db onDuckDB) Rows(ctx context.Context, sql string) iter.Seq2[[]string, error] {
	result, err := db.Query(ctx, sql)
	return texts(result.Rows, err)
}

type onTrino struct{ *querytest.Trino }

func (trino onTrino) Rows(ctx context.Context, sql string) iter.Seq2[[]string, error] {
	answer, err := trino.Run(ctx, sql)
	return texts(answer.Rows, err)
}

// texts gives rows as an engine reads them. What is no text stays none.
func texts(rows [][]any, err error) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, row := range rows {
			values := make([]string, len(row))
			for i, value := range row {
				text, is := value.(string)
				if !is && value != nil {
					yield(nil, fmt.Errorf("column %d has a %T", i+1, value))
					return
				}
				values[i] = text
			}
			if !yield(values, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}
