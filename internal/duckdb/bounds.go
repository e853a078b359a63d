//go:build cgo && (darwin || linux) && (amd64 || arm64)

package duckdb

import (
	"context"
	"fmt"
	"strings"
	"syscall"
)

// What a query may take of the machine, which has other work to do: sealpost
// local takes in reports on the same disk. By itself DuckDB would take four fifths
// of the memory and nine tenths of what is free on the disk.
const (
	maxMemory = 4 << 30
	maxOnDisk = 16 << 30 // And never more than half of what is free.
	maxAnswer = 256 << 20
)

// bounds words the settings that keep a query within them.
func (db *DB) bounds(ctx context.Context) ([]string, error) {
	memory, err := db.ownMemory(ctx)
	if err != nil {
		return nil, err
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(db.dir, &disk); err != nil {
		return nil, fmt.Errorf("look how much is free on the disk of %s: %w", db.dir, err)
	}
	free := disk.Bavail * uint64(disk.Bsize)
	return []string{
		fmt.Sprintf("SET memory_limit = '%d MiB'", min(memory, maxMemory)>>20),
		fmt.Sprintf("SET max_temp_directory_size = '%d MiB'", min(free/2, maxOnDisk)>>20),
	}, nil
}

// ownMemory is what DuckDB would take by itself, such as "18.8 GiB": on a small
// machine that is less.
func (db *DB) ownMemory(ctx context.Context) (int64, error) {
	var text, unit string
	var number float64
	if err := db.engine.QueryRowContext(ctx, "SELECT current_setting('memory_limit')").Scan(&text); err != nil {
		return 0, err
	}
	if _, err := fmt.Sscan(text, &number, &unit); err != nil {
		return 0, fmt.Errorf("read the limit of memory %q: %w", text, err)
	}
	exponent := strings.Index("KMGTP", unit[:1]) + 1 // KiB, and so on; or bytes.
	return int64(number * float64(int64(1)<<(10*exponent))), nil
}

// errTooLarge ends an answer that is larger than anybody reads: it would be held
// in memory, here and by whoever shows it.
var errTooLarge = fmt.Errorf("the answer is larger than %d MB: ask for fewer rows or columns, for sums, or for some rows with LIMIT", maxAnswer>>20)
