//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	_ "github.com/duckdb/duckdb-go/v2" // The driver.

	"sealpost/internal/archive"
	"sealpost/internal/localdir"
	"sealpost/internal/query"
	"sealpost/schemas/athena"
)

// DB is the reports in a directory.
type DB struct {
	engine  *sql.DB
	dir     string
	unread  bool         // There are files, and the views do not read them yet.
	leftOut []string     // Files.
	clear   func() error // Nil where nothing is held on the disk.
}

// Open opens the directory of sealpost local, for reading. Whatever is asked, nothing
// but its reports is read, and nothing is written but what does not fit into
// memory, which is gone when the query is over.
func Open(ctx context.Context, dir string) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	engine, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("start DuckDB: %w", err)
	}
	engine.SetMaxOpenConns(1)
	db := &DB{engine: engine, dir: dir}
	if err := db.prepare(ctx); err != nil {
		db.Close() //nolint:errcheck // The error before says more.
		return nil, fmt.Errorf("prepare DuckDB: %w", err)
	}
	return db, nil
}

// Close ends the engine, and removes what it has on the disk.
func (db *DB) Close() error {
	err := db.engine.Close()
	if db.clear != nil {
		err = errors.Join(err, db.clear())
	}
	return err
}

func (db *DB) prepare(ctx context.Context) error {
	var err error
	if db.unread, err = db.hasReports(ctx); err != nil {
		return err
	}
	bounds, err := db.bounds(ctx)
	if err != nil {
		return err
	}
	onDisk, err := db.onDisk()
	if err != nil {
		return err
	}
	statements := slices.Concat(settings, bounds, macros, views())
	statements = append(statements,
		`SET temp_directory = `+quoted(onDisk),
		`SET allowed_directories = [`+quoted(db.reports())+`]`,
		`SET enable_external_access = false`,
		`SET lock_configuration = true`,
	)
	for _, statement := range statements {
		if _, err := db.engine.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", firstLine(statement), err)
		}
	}
	return nil
}

// onDisk is the folder for what does not fit into memory, this engine's own: the
// files of any two have the same names. A directory that is only to be read has
// none, and "" is none to DuckDB.
func (db *DB) onDisk() (string, error) {
	folder, remove, err := (localdir.Bucket{Root: db.dir}).TemporaryFolder()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	db.clear = remove
	return folder, nil
}

var settings = []string{
	`SET TimeZone = 'UTC'`,
	// To keep the order of the files, of a line each, would take 180 KB a line.
	`SET preserve_insertion_order = false`,
}

// reports is the folder of the reports, with a slash at its end.
func (db *DB) reports() string {
	return filepath.Join(db.dir, filepath.FromSlash(archive.ReportsPrefix)) + string(filepath.Separator)
}

// hasReports says whether there is any file to read.
func (db *DB) hasReports(ctx context.Context) (bool, error) {
	for key, err := range (localdir.Bucket{Root: db.dir}).List(ctx, archive.ReportsPrefix) {
		if err != nil {
			return false, fmt.Errorf("look for reports: %w", err)
		}
		if strings.HasSuffix(key, archive.LineSuffix) {
			return true, nil
		}
	}
	return false, nil
}

// views words the views, over a table that is empty yet: to make a view, DuckDB
// looks for all the files that it reads.
func views() []string {
	var none []string
	for _, c := range athena.Columns() {
		none = append(none, "CAST(NULL AS "+c.Type.DuckDB()+") AS "+c.Name)
	}
	statements := []string{"CREATE VIEW " + athena.Reports + " AS SELECT " + strings.Join(none, ", ") + ", CAST(NULL AS VARCHAR) AS dt WHERE false"}
	for _, view := range athena.Views() {
		statements = append(statements, "CREATE VIEW "+view.Name+" AS "+translated(view.SQL))
	}
	return statements
}

// readFiles puts the files in the place of the empty table.
func (db *DB) readFiles(ctx context.Context) error {
	_, err := db.engine.ExecContext(ctx, "CREATE OR REPLACE VIEW "+athena.Reports+" AS "+db.files())
	return err
}

// files words the SELECT that reads all files but those that are left out. To
// look at each name takes longer than to read the file, so it is not done in vain.
func (db *DB) files() string {
	all := fmt.Sprintf(`SELECT * EXCLUDE (filename)
FROM read_json(%s, format = 'newline_delimited', compression = 'gzip', columns = %s,
  hive_partitioning = true, hive_types = {%s: VARCHAR}, filename = true)`,
		quoted(db.reports()+archive.PartitionColumn+"=*/*"+archive.LineSuffix), columnsOfLines(), archive.PartitionColumn)
	if len(db.leftOut) == 0 {
		return all
	}
	var left []string
	for _, file := range db.leftOut {
		left = append(left, quoted(file))
	}
	return all + "\nWHERE filename NOT IN (" + strings.Join(left, ", ") + ")"
}

// left gives the keys of what lies among the reports and is none.
func (db *DB) left() []string {
	var keys []string
	for _, file := range db.leftOut {
		key, err := filepath.Rel(db.dir, file)
		if err != nil {
			key = file
		}
		keys = append(keys, filepath.ToSlash(key))
	}
	return keys
}

// maxLeftOut is how many files are left out. With more than that, something else
// is wrong.
const maxLeftOut = 100

// Query runs one SELECT. Values stand for its question marks. A file that is no
// report is left out, and the query run again without it.
func (db *DB) Query(ctx context.Context, sql string, values ...any) (query.Answer, error) {
	sql = translated(sql)
	alone, err := db.onlySelect(ctx, sql)
	if err != nil {
		return query.Answer{}, err
	}
	columns, err := db.columns(ctx, alone, values)
	if err != nil {
		// Of the query as it was asked DuckDB shows where something is wrong with it.
		if _, asked := db.engine.PrepareContext(ctx, sql); asked != nil {
			err = asked
		}
		return query.Answer{}, worded(err)
	}
	if hasJSON(columns) {
		sql = jsonAsText(columns, alone)
	}
	if db.unread { // Whatever was wrong with the query has been said by now.
		if err := db.readFiles(ctx); err != nil {
			return query.Answer{}, fmt.Errorf("look for the files of reports: %w", err)
		}
		db.unread = false
	}
	for {
		answer, err := db.run(ctx, sql, values, columns)
		file := db.fileIn(err)
		if file == "" || len(db.leftOut) == maxLeftOut {
			return answer, err
		}
		db.leftOut = append(db.leftOut, file)
		if err := db.readFiles(ctx); err != nil {
			return query.Answer{}, fmt.Errorf("leave out %s: %w", file, err)
		}
	}
}

func (db *DB) run(ctx context.Context, sql string, values []any, columns []column) (query.Answer, error) {
	rows, err := db.engine.QueryContext(ctx, sql, values...)
	if err != nil {
		return query.Answer{}, worded(err)
	}
	defer rows.Close()
	answer, err := answerOf(rows, columns)
	answer.LeftOut = db.left()
	return answer, worded(err)
}

// fileIn gives the file that an error is about: DuckDB says which it cannot read.
// A file that was left out already is not meant.
func (db *DB) fileIn(err error) string {
	if err == nil {
		return ""
	}
	_, rest, found := strings.Cut(err.Error(), db.reports())
	name, _, whole := strings.Cut(rest, archive.LineSuffix)
	file := db.reports() + name + archive.LineSuffix
	if !found || !whole || slices.Contains(db.leftOut, file) {
		return ""
	}
	return file
}

// onlySelect refuses what is not one SELECT: everything that could write is
// something else. It gives the SELECT without what may stand behind it.
func (db *DB) onlySelect(ctx context.Context, sql string) (string, error) {
	var parsed string
	if err := db.engine.QueryRowContext(ctx, "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", sql).Scan(&parsed); err != nil {
		return "", fmt.Errorf("parse the query: %w", err)
	}
	var is struct {
		Error        bool              `json:"error"`
		ErrorType    string            `json:"error_type"`
		ErrorMessage string            `json:"error_message"`
		Statements   []json.RawMessage `json:"statements"`
	}
	if err := json.Unmarshal([]byte(parsed), &is); err != nil {
		return "", fmt.Errorf("parse the query: %w", err)
	}
	switch {
	case is.ErrorType == "not implemented", !is.Error && len(is.Statements) != 1:
		return "", errors.New("only one SELECT is run: reports are read, and never changed")
	case is.Error:
		return "", errors.New(is.ErrorMessage)
	}
	var alone string
	if err := db.engine.QueryRowContext(ctx, "SELECT json_deserialize_sql(CAST(? AS JSON))", parsed).Scan(&alone); err != nil {
		return "", fmt.Errorf("parse the query: %w", err)
	}
	return alone, nil
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
