//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // The driver.

	"sealpost/internal/archive"
	"sealpost/internal/localdir"
	"sealpost/schemas/athena"
)

// DB is the reports in a directory.
type DB struct {
	sql *sql.DB
	dir string
}

// Open opens the directory of sealpost local, for reading. Whatever is asked, nothing
// but its reports is read, and nothing is written.
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
	db := &DB{engine, dir}
	if err := db.prepare(ctx); err != nil {
		engine.Close() //nolint:errcheck // The error before says more.
		return nil, fmt.Errorf("prepare DuckDB: %w", err)
	}
	return db, nil
}

// Close ends the engine.
func (db *DB) Close() error { return db.sql.Close() }

func (db *DB) prepare(ctx context.Context) error {
	table, err := db.table(ctx)
	if err != nil {
		return err
	}
	statements := append([]string{`SET TimeZone = 'UTC'`}, macros...)
	statements = append(statements, "CREATE VIEW reports AS "+table)
	for _, view := range athena.Views() {
		statements = append(statements, "CREATE VIEW "+view.Name+" AS "+translated(view.SQL))
	}
	statements = append(statements,
		`SET temp_directory = `+quoted(filepath.Join(db.dir, ".tmp", "duckdb")),
		`SET allowed_directories = [`+quoted(db.reports())+`]`,
		`SET enable_external_access = false`,
		`SET lock_configuration = true`,
	)
	for _, statement := range statements {
		if _, err := db.sql.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", firstLine(statement), err)
		}
	}
	return nil
}

// reports is the folder of the reports, with a slash at its end.
func (db *DB) reports() string {
	return filepath.Join(db.dir, filepath.FromSlash(archive.ReportsPrefix)) + string(filepath.Separator)
}

// table gives the SELECT that is the table of reports. Where there is no report, there
// is no file to read either.
func (db *DB) table(ctx context.Context) (string, error) {
	for key, err := range (localdir.Bucket{Root: db.dir}).List(ctx, archive.ReportsPrefix) {
		if err != nil {
			return "", fmt.Errorf("look for reports: %w", err)
		}
		if strings.HasSuffix(key, archive.LineSuffix) {
			return fmt.Sprintf(`SELECT * FROM read_json(%s, format = 'newline_delimited', compression = 'gzip',
				columns = %s, hive_partitioning = true, hive_types = {dt: VARCHAR})`,
				quoted(db.reports()+"dt=*/*"+archive.LineSuffix), columnsOfLines()), nil
		}
	}
	var none []string
	for _, c := range athena.Columns() {
		none = append(none, "CAST(NULL AS "+c.Type.DuckDB()+") AS "+c.Name)
	}
	return "SELECT " + strings.Join(none, ", ") + ", CAST(NULL AS VARCHAR) AS dt WHERE false", nil
}

// LeftOut gives the keys of what lies among the reports and is none.
func (db *DB) LeftOut() []string { return nil }

// Query runs one SELECT. Values stand for its question marks.
func (db *DB) Query(ctx context.Context, query string, values ...any) (Result, error) {
	query = translated(query)
	if err := db.onlySelects(ctx, query); err != nil {
		return Result{}, err
	}
	rows, err := db.sql.QueryContext(ctx, query, values...)
	if err != nil {
		return Result{}, plain(err)
	}
	defer rows.Close()
	result, err := resultOf(rows)
	return result, plain(err)
}

// onlySelects refuses what is not one SELECT: everything that could write is
// something else.
func (db *DB) onlySelects(ctx context.Context, query string) error {
	var parsed string
	if err := db.sql.QueryRowContext(ctx, "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", query).Scan(&parsed); err != nil {
		return fmt.Errorf("parse the query: %w", plain(err))
	}
	var is struct {
		Error        bool              `json:"error"`
		ErrorType    string            `json:"error_type"`
		ErrorMessage string            `json:"error_message"`
		Statements   []json.RawMessage `json:"statements"`
	}
	if err := json.Unmarshal([]byte(parsed), &is); err != nil {
		return fmt.Errorf("parse the query: %w", err)
	}
	switch {
	case is.ErrorType == "not implemented", !is.Error && len(is.Statements) != 1:
		return errors.New("only one SELECT is run: reports are read, and never changed")
	case is.Error:
		return errors.New(is.ErrorMessage)
	default:
		return nil
	}
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// plain takes out of an error what says only that it is one.
func plain(err error) error { return err }
