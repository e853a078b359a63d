//go:build !cgo || !(darwin || linux) || !(amd64 || arm64)

package duckdb

import "context"

// DB is an engine that is not there.
type DB struct{}

// Open gives ErrMissing.
func Open(context.Context, string) (*DB, error) { return nil, ErrMissing }

// Close does nothing.
func (*DB) Close() error { return nil }

// LeftOut gives nothing.
func (*DB) LeftOut() []string { return nil }

// Query gives ErrMissing.
func (*DB) Query(context.Context, string, ...any) (Result, error) { return Result{}, ErrMissing }
