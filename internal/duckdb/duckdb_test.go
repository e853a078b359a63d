package duckdb_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/duckdb"
	"sealpost/internal/query"
	"sealpost/internal/querytest"
	"sealpost/schemas/athena"
)

// TestNothing: no report is no error, and no failure either.
func TestNothing(t *testing.T) {
	for name, prepare := range map[string]func(dir string) error{
		"no folder of reports":       func(string) error { return nil },
		"an empty one":               func(dir string) error { return os.MkdirAll(filepath.Join(dir, "reports/v1/dt=2026-11-20"), 0o755) },
		"a file that is no report's": func(dir string) error { return write(dir, "reports/v1/dt=2026-11-20/.DS_Store", "x") },
	} {
		dir := t.TempDir()
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		db := open(t, dir)
		for _, q := range athena.Queries() {
			var values []any
			if q.AsksFor != "" {
				values = append(values, "x")
			}
			if result, err := db.Query(t.Context(), q.SQL(), values...); err != nil || len(result.Rows) > 0 || len(result.Columns) == 0 {
				t.Errorf("%s: %s: got %v, %v", name, q.Name, result, err)
			}
		}
	}
}

// TestForeignFiles: what lies among the reports and is none does not keep the
// rest from being read, and is said.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	querytest.NewCorpus().First(3).Store(t, dir)
	want := fmt.Sprint(counted(t, open(t, dir)).Rows)
	foreign := map[string]string{
		"reports/v1/dt=2026-11-20/empty.json.gz":    "",
		"reports/v1/dt=2026-11-20/text.json.gz":     "no gzip",
		"reports/v1/dt=2026-11-20/no-json.json.gz":  gzipped(t, "hello\n"),
		"reports/v1/dt=2026-11-20/list.json.gz":     gzipped(t, "[1]\n"),
		"reports/v1/dt=2026-11-20/other.json.gz":    gzipped(t, `{"policies":"none"}`+"\n"),
		"reports/v1/dt=2026-11-21/it's one.json.gz": gzipped(t, `{"policies":[1]}`+"\n"),
		"reports/v1/dt=2026-11-21/bad-utf8.json.gz": gzipped(t, "{\"report_key\":\"\xff\"}\n"),
	}
	for key, content := range foreign {
		if err := write(dir, key, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(dir, "reports/v1/dt=2026-11-20/.DS_Store", "x"); err != nil {
		t.Fatal(err)
	}
	answer := counted(t, open(t, dir))
	if got := fmt.Sprint(answer.Rows); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	left := answer.LeftOut
	for key := range foreign {
		if !slices.Contains(left, key) {
			t.Errorf("%s is not said to be left out", key)
		}
	}
	if len(left) != len(foreign) {
		t.Errorf("left out are %q", left)
	}
}

// TestLargest would not end if the time went by the square of a report's size.
func TestLargest(t *testing.T) {
	dir := t.TempDir()
	querytest.Largest().Store(t, dir)
	db := open(t, dir)
	answer, err := db.Query(t.Context(), "SELECT count(*), count(DISTINCT policy_domain) FROM failures")
	if got := fmt.Sprint(answer.Rows); err != nil || got != "[[142000 22001]]" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestOnlyReportsAreRead: a query reads nothing but reports, and writes nothing.
func TestOnlyReportsAreRead(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	querytest.NewCorpus().First(3).Store(t, dir)
	if err := write(elsewhere, "secret.csv", "secret"); err != nil {
		t.Fatal(err)
	}
	if err := write(dir, "policies/secret.csv", "secret"); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir)
	inReports := filepath.Join(dir, "reports/v1/dt=2026-11-20/new.csv")
	for _, sql := range []string{
		"SELECT * FROM read_csv('" + elsewhere + "/secret.csv')",
		"SELECT * FROM '" + elsewhere + "/secret.csv'",
		"SELECT * FROM read_text('" + dir + "/policies/secret.csv')",
		"SELECT * FROM read_text('" + dir + "/reports/v1/../../policies/secret.csv')",
		"SELECT * FROM glob('" + elsewhere + "/*')",
		"COPY (SELECT 1) TO '" + inReports + "'",
		"SELECT 1; COPY (SELECT 1) TO '" + inReports + "'",
		"COPY (SELECT 1) TO '" + inReports + "'; SELECT 1",
		"SELECT 1) TO '" + inReports + "'; SELECT (1",
		"EXPLAIN ANALYZE COPY (SELECT 1) TO '" + inReports + "'",
		"CREATE TABLE t AS SELECT 1",
		"CREATE OR REPLACE VIEW failures AS SELECT 1",
		"DROP VIEW failures",
		"SET enable_external_access = true",
		"PRAGMA enable_external_access = true",
		"ATTACH '" + elsewhere + "/db'",
		"INSTALL httpfs",
		"LOAD httpfs",
		"CALL pragma_version()",
		"",
		";",
		"-- nothing",
		"SELECT",
		"SELECT 1 FROM nowhere",
	} {
		if result, err := db.Query(t.Context(), sql); err == nil {
			t.Errorf("%s gave %v", sql, result)
		} else if strings.Contains(err.Error(), "secret\n") || strings.Contains(err.Error(), "configuration") && strings.HasPrefix(sql, "SELECT") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := os.Stat(inReports); err == nil {
		t.Error("something was written")
	}
	for _, sql := range []string{
		"SELECT 1;",
		"  -- a comment\nSELECT 1 -- and one more",
		"WITH a AS (SELECT 1 AS b) SELECT b FROM a",
		"VALUES (1)",
		"DESCRIBE failures",
		"FROM failures LIMIT 1",
	} {
		if _, err := db.Query(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestValues gives values of every type.
func TestValues(t *testing.T) {
	db := open(t, t.TempDir())
	result, err := db.Query(t.Context(), `SELECT NULL, true, 1, 9007199254740993, 18446744073709551616::HUGEINT, 0.5::DECIMAL(4, 2), 0.1::DOUBLE,
		'a' || chr(0), DATE '2026-11-20', TIMESTAMP '2026-11-20 01:02:03.125', ['a', NULL], [DATE '2026-11-20'], {'a': 1, 'b': ['c']}, 1::UTINYINT, 'x'::BLOB, ?`, "it's")
	if err != nil {
		t.Fatal(err)
	}
	want := "[<nil> true 1 9007199254740993 18446744073709551616 0.5 0.1 a\x00 2026-11-20 2026-11-20T01:02:03.125Z [a <nil>] [2026-11-20] map[a:1 b:[c]] 1 x it's]"
	if got := fmt.Sprint(result.Rows[0]); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestValuesForPrograms: whatever a type is, JSON can say it, and a person read it.
func TestValuesForPrograms(t *testing.T) {
	db := open(t, t.TempDir())
	for sql, want := range map[string]string{
		`'00112233-4455-6677-8899-aabbccddeeff'::UUID`:                               `"00112233-4455-6677-8899-aabbccddeeff"`,
		`[{'id': '00112233-4455-6677-8899-aabbccddeeff'::UUID}]`:                     `[{"id":"00112233-4455-6677-8899-aabbccddeeff"}]`,
		`'\xFF\x00it''s'::BLOB`:                                                      `"\\xFF\\x00it\\x27s"`,
		`'0123456789abcdef'::BLOB`:                                                   `"0123456789abcdef"`,
		`MAP {'b': 1, 'a': 2}`:                                                       `{"a":2,"b":1}`,
		`MAP {DATE '2026-11-20': [TIME '01:02:03']}`:                                 `{"2026-11-20":["01:02:03"]}`,
		`{'day': DATE '2026-11-20', 'a, "b': [DATE '2026-11-21'], 'c': {'d': 1.25}}`: `{"a, \"b":["2026-11-21"],"c":{"d":1.25},"day":"2026-11-20"}`,
		`[DATE '2026-11-20']::DATE[1]`:                                               `["2026-11-20"]`,
		`TIME '23:59:59.5'`:                                                          `"23:59:59.5"`,
		`'10:00:00+02'::TIMETZ`:                                                      `"10:00:00+02:00"`,
		`TIMESTAMPTZ '2026-11-20 01:02:03+02'`:                                       `"2026-11-19T23:02:03Z"`,
		`TIMESTAMP '2026-11-20 03:00:00' - TIMESTAMP '2026-11-18 01:59:59.5'`:        `"2 days 01:00:00.5"`,
		`INTERVAL '14' MONTH`:                                                        `"1 year 2 months"`,
		`INTERVAL '-90' MINUTE`:                                                      `"-01:30:00"`,
		`INTERVAL '0' DAY`:                                                           `"00:00:00"`,
		`union_value(day := DATE '2026-11-20')`:                                      `"2026-11-20"`,
		`'101'::BIT`:                                                                 `"101"`,
		`'x'::ENUM('x', 'y')`:                                                        `"x"`,
		`NULL::MAP(VARCHAR, INTEGER)`:                                                `null`,
		`json_object('a', [1, NULL])`:                                                `{"a":[1,null]}`,
		`340282366920938463463374607431768211455::UHUGEINT`:                          `340282366920938463463374607431768211455`,
		`TIMESTAMP_S '2026-11-20 01:02:03'`:                                          `"2026-11-20T01:02:03Z"`,
		`json_object('a', 9007199254740993); -- of type JSON`:                        `{"a":9007199254740993}`,
		`'1e400'::JSON`:                                                              `1e400`,
		`'{"a":1}' -> '$.none'`:                                                      `null`,
		`['9007199254740993'::JSON, '"x"'::JSON]`:                                    `[9007199254740993,"x"]`,
		`{'a, JSON': '[9007199254740993]'::JSON, 'b': 'JSON', 'day': DATE '2026-11-20'}`: `{"a, JSON":[9007199254740993],"b":"JSON","day":"2026-11-20"}`,
		`MAP {json_object('a', 1): '9007199254740993'::JSON}`:                            `{"{\"a\":1}":9007199254740993}`,
		`{'e': 'JSON'::ENUM('JSON', 'it''s, )'), 'j': '9007199254740993'::JSON}`:         `{"e":"JSON","j":9007199254740993}`,
	} {
		result, err := db.Query(t.Context(), "SELECT "+sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		text, err := json.Marshal(result.Rows[0][0])
		if err != nil || string(text) != want {
			t.Errorf("%s: got %s, %v; want %s", sql, text, err, want)
		}
	}
}

// TestOrder: that there is a value of the type JSON changes neither the order of the
// rows nor the names of the columns.
func TestOrder(t *testing.T) {
	db := open(t, t.TempDir())
	answer, err := db.Query(t.Context(), "SELECT json_object('n', range) AS a, range AS a FROM range(300000) ORDER BY range DESC")
	if err != nil || len(answer.Rows) != 300000 || !slices.Equal(answer.Columns, []string{"a", "a"}) {
		t.Fatal(len(answer.Rows), answer.Columns, err)
	}
	for i, row := range answer.Rows {
		if want := fmt.Sprint(299999 - i); fmt.Sprint(row[1]) != want || fmt.Sprint(row[0]) != "map[n:"+want+"]" {
			t.Fatalf("row %d is %v", i, row)
		}
	}
}

// TestNotShown: what the driver can't give is told in words that are of use.
func TestNotShown(t *testing.T) {
	db := open(t, t.TempDir())
	for sql, want := range map[string]string{
		"SELECT row(1, 2)":                      "parts without names",
		"SELECT [{'a': row(1)}]":                "parts without names",
		"SELECT 'x'::VARIANT":                   "CAST(... AS VARCHAR)",
		"SELECT *\nFROM failures WHERE nothing": "LINE 2: FROM failures WHERE nothing",
	} {
		if answer, err := db.Query(t.Context(), sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", sql, answer.Rows, err)
		}
	}
}

// TestBounds: a query takes no more than its part of the machine.
func TestBounds(t *testing.T) {
	db := open(t, t.TempDir())
	settings, err := db.Query(t.Context(), "SELECT current_setting('memory_limit'), current_setting('max_temp_directory_size')")
	if err != nil {
		t.Fatal(err)
	}
	for _, bound := range settings.Rows[0] {
		var number float64
		var unit string
		if _, err := fmt.Sscan(bound.(string), &number, &unit); err != nil || unit == "GiB" && number > 16 || unit == "TiB" {
			t.Errorf("%v is no bound that was set here", bound)
		}
	}
	if _, err := db.Query(t.Context(), "SELECT repeat('x', 270000000)"); err == nil || !strings.Contains(err.Error(), "larger than 256 MB") {
		t.Errorf("an answer of 270 MB: %v", err)
	}
}

// TestOnDisk: what does not fit into memory lies in a folder of each engine's own,
// which is gone after it.
func TestOnDisk(t *testing.T) {
	dir := t.TempDir()
	var folders []string
	for range 2 {
		db := open(t, dir)
		answer, err := db.Query(t.Context(), "SELECT current_setting('temp_directory')")
		if err != nil {
			t.Fatal(err)
		}
		folder := fmt.Sprint(answer.Rows[0][0])
		if slices.Contains(folders, folder) || filepath.Dir(folder) != filepath.Join(dir, ".tmp") {
			t.Errorf("the folder is %s; before it were %q", folder, folders)
		}
		folders = append(folders, folder)
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(folder); err == nil {
				t.Errorf("%s is still there", folder)
			}
		}()
	}
}

// TestReadOnly: a directory need not be writable.
func TestReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("whoever is root may write everywhere")
	}
	dir := t.TempDir()
	querytest.NewCorpus().First(3).Store(t, dir)
	for _, folder := range []string{dir, filepath.Join(dir, ".tmp")} {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(folder, 0o755) //nolint:errcheck // It is to be removed.
	}
	counted(t, open(t, dir))
}

// TestNoNumber: what a division by zero gives is written in words, since JSON has
// no number for it.
func TestNoNumber(t *testing.T) {
	db := open(t, t.TempDir())
	result, err := db.Query(t.Context(), "SELECT 1.0 / 0, -1 / 0, 'NaN'::FLOAT, ['Infinity'::DOUBLE], {'a': 'NaN'::DOUBLE}")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result)
	if want := `"rows":[["Infinity","-Infinity","NaN",["Infinity"],{"a":"NaN"}]]`; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("got %s, %v; want %s", text, err, want)
	}
}

func counted(t *testing.T, db *duckdb.DB) query.Answer {
	t.Helper()
	answer, err := db.Query(t.Context(), "SELECT count(*), sum(failed_session_count), max(additional_information) FROM failures")
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func write(dir, key, content string) error {
	file := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(content), 0o644)
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
