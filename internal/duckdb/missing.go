//go:build !cgo || !(darwin || linux) || !(amd64 || arm64)

package duckdb

import (
	"context"

	"sealpost/internal/query"
)

// DB is an engine that is not there.
type DB struct{}

// Open gives [query.ErrNoEngine].
func Open(context.Context, string) (*DB, error) { return nil, query.ErrNoEngine }

// Close does nothing.
func (*DB) Close() error { return nil }

// Query gives [query.ErrNoEngine].
func (*DB) Query(context.Context, string, ...any) (query.Answer, error) {
	return query.Answer{}, query.ErrNoEngine
}
