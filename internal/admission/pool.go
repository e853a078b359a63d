// Package admission bounds how much is worked on at the same time, and how
// much waits.
package admission

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// ErrBusy says that a pool has no room, and that too many charges wait for it or that
// the wait was too long. The sender should try again later.
var ErrBusy = errors.New("too much is being worked on; please try again later")

// Pool is an amount, such as of bytes of memory, that work is charged to before
// it begins. Work waits in the order in which it came.
//
// Work that holds a charge must not take another one of the same pool: two that do
// would wait for each other. [Charge.Grow] does not wait.
type Pool struct {
	size       int64
	maxWaiting int64
	timeout    time.Duration

	free    *semaphore.Weighted
	waiting atomic.Int64
}

// NewPool returns a pool of a size. At most maxWaiting charges wait for it, each
// no longer than timeout.
func NewPool(size int64, maxWaiting int, timeout time.Duration) *Pool {
	return &Pool{size: size, maxWaiting: int64(maxWaiting), timeout: timeout, free: semaphore.NewWeighted(size)}
}

// Take charges n, or the whole pool where n is more than that. The error is
// ErrBusy or that of ctx.
func (p *Pool) Take(ctx context.Context, n int64) (*Charge, error) {
	n = min(n, p.size)
	if p.free.TryAcquire(n) {
		return &Charge{p, n}, nil
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > p.maxWaiting {
		return nil, ErrBusy
	}
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if p.free.Acquire(bounded, n) == nil {
		return &Charge{p, n}, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, ErrBusy
}

// Charge is what was taken from a pool. The nil charge is empty.
type Charge struct {
	pool *Pool
	held int64
}

// Shrink gives back all but n.
func (c *Charge) Shrink(n int64) {
	if c != nil && n < c.held {
		c.pool.free.Release(c.held - n)
		c.held = n
	}
}

// Grow charges n in all, and reports whether that was possible without waiting.
func (c *Charge) Grow(n int64) bool {
	n = min(n, c.pool.size)
	if n > c.held {
		if !c.pool.free.TryAcquire(n - c.held) {
			return false
		}
		c.held = n
	}
	return true
}

// Release gives all of it back. It may be called more than once.
func (c *Charge) Release() { c.Shrink(0) }
