package reportintake

import (
	"context"
	"errors"
	"io"
	"time"

	"sealpost/internal/admission"
	"sealpost/internal/tlsrpt"
)

// ErrBusy is [admission.ErrBusy]: too many reports are received or judged already.
// Nothing of the report is stored, and the sender should try again.
var ErrBusy = admission.ErrBusy

// Budget bounds the memory that reports take, from the first byte that is read to
// the last that is stored. The intakes of a process share one.
//
// It has four pools. A report is charged to one of the first two while its bytes
// are held, and to one of the others while it is judged: in this order, and once to
// each, so that no two reports wait for each other.
type Budget struct {
	bodies *admission.Pool // Bytes of requests.
	mails  *admission.Pool // Bytes of mails, and of what is decoded in them.
	small  *admission.Pool // Of small reports, which large ones are not to hold up.
	large  *admission.Pool // Of all others.
}

const (
	bodiesSize = 8 << 20
	mailsSize  = tlsrpt.MaxMail / 4 * 7 // As much as the largest takes: what is attached to it in base64 is decoded to three quarters.
	smallSize  = 16 << 20
	largeSize  = 136 << 20 // As much as any one report takes.

	// budgetSize is the most that reports take in all, in bytes.
	budgetSize = bodiesSize + mailsSize + smallSize + largeSize

	// MemoryLimit is for debug.SetMemoryLimit: the budget, with room for connections,
	// stacks, and for garbage before it is collected.
	MemoryLimit = budgetSize + 16<<20

	heldOfMail = 1 + tlsrpt.MaxDecodedRatio // For each byte of a mail.

	// uncharged is how much of what a connection sends is not charged: a report or a
	// mail as they usually are. It is bounded by the number of connections.
	uncharged = 64 << 10

	smallText   = 128 << 10 // Bytes of JSON of a small report.
	smallCharge = 1 << 20   // The same for each, so that it can be charged before it is read.
)

// What a report costs while it is judged, in bytes of memory; TestCharge measures it.
const (
	perReport = 64 << 10
	perByte   = 5   // Of JSON.
	perValue  = 200 // Of JSON: an empty failure detail has five bytes, and becomes two structures of 120.
)

func costOf(bytes, values int) int64 {
	return perReport + perByte*int64(bytes) + perValue*int64(values)
}

// NewBudget returns a budget in which at most maxWaiting reports wait, each no
// longer than timeout, at each of two places.
func NewBudget(maxWaiting int, timeout time.Duration) *Budget {
	pool := func(size int64) *admission.Pool { return admission.NewPool(size, maxWaiting, timeout) }
	return &Budget{bodies: pool(bodiesSize), mails: pool(mailsSize), small: pool(smallSize), large: pool(largeSize)}
}

// unsharedBudget returns the budget of an intake that has none to share: to wait is
// better there than to be refused.
func unsharedBudget() *Budget { return NewBudget(1000, 10*time.Minute) }

// WithBudget has an intake share a budget. By default an intake has its own, and
// reports wait for up to ten minutes.
func WithBudget(b *Budget) Option { return func(in *Intake) { in.budget = b } }

// Received is what was read, and is charged until it is released.
type Received struct {
	Bytes  []byte
	charge *admission.Charge
}

// Release ends the charge. The zero Received has none.
func (r Received) Release() { r.charge.Release() }

// ReadBody reads the body of a request, of a declared size or -1. The error is
// ErrBusy, or that of the reader, which bounds what there is to read.
func (in *Intake) ReadBody(ctx context.Context, r io.Reader, declared int64) (Received, error) {
	return read(ctx, r, declared, in.budget.bodies, 1, MaxBody)
}

// ReadMail reads a mail, like ReadBody.
func (in *Intake) ReadMail(ctx context.Context, r io.Reader, declared int64) (Received, error) {
	return read(ctx, r, declared, in.budget.mails, heldOfMail, tlsrpt.MaxMail)
}

// read reads to the end.
func read(ctx context.Context, r io.Reader, declared int64, pool *admission.Pool, perByte, most int64) (Received, error) {
	b := buffer{pool: pool, perByte: perByte, declared: declared, most: most}
	b.Bytes = make([]byte, 0, sizeBetween(512, declared+1, uncharged))
	for {
		if len(b.Bytes) == cap(b.Bytes) {
			if err := b.grow(ctx); err != nil {
				return b.Received, err
			}
		}
		n, err := r.Read(b.Bytes[len(b.Bytes):cap(b.Bytes)])
		b.Bytes = b.Bytes[:len(b.Bytes)+n]
		if errors.Is(err, io.EOF) {
			return b.Received, nil
		}
		if err != nil {
			return b.Received, err
		}
	}
}

// buffer holds what was read so far. Beyond uncharged, a byte is charged before it
// is read.
type buffer struct {
	Received
	pool     *admission.Pool
	perByte  int64 // What each byte is charged.
	declared int64 // Size of all that comes, or -1.
	most     int64 // Bytes that there are to read.
}

// grow makes room for more.
func (b *buffer) grow(ctx context.Context) error {
	size := b.nextSize()
	if err := b.chargeFor(ctx, size); err != nil {
		return err
	}
	grown := make([]byte, len(b.Bytes), size)
	copy(grown, b.Bytes)
	b.Bytes = grown
	return nil
}

// nextSize returns double the size, and where the charge begins, the declared size
// or a megabyte.
func (b *buffer) nextSize() int64 {
	const undeclared = 1 << 20
	size := int64(len(b.Bytes))
	next := 2 * size
	switch {
	case b.charge != nil || next <= uncharged:
	case b.declared >= uncharged:
		next = b.declared + 1 // The reader needs room to find the end.
	default:
		next = max(next, undeclared)
	}
	return max(min(next, b.most+1), size+1)
}

// chargeFor charges a buffer of a size. It waits for the first charge only: what
// already holds a charge must not wait for more.
func (b *buffer) chargeFor(ctx context.Context, size int64) (err error) {
	switch {
	case size <= uncharged:
		return nil
	case b.charge == nil:
		b.charge, err = b.pool.Take(ctx, b.perByte*size)
		return err
	case !b.charge.Grow(b.perByte * size):
		return ErrBusy
	default:
		return nil
	}
}

func sizeBetween(least, size, most int64) int64 { return max(least, min(size, most)) }

// inflate returns the JSON of a report, charged for all that will be made of it. A
// report is charged before it is inflated, by the size that it declares and the
// costliest JSON of that size; what turns out not to be needed is given back.
func (b *Budget) inflate(ctx context.Context, body []byte) ([]byte, *admission.Charge, error) {
	declared := tlsrpt.DeclaredSize(body)
	if declared <= smallText {
		text, charge, err := inflateAtMost(ctx, b.small, smallCharge, body, smallText)
		isLarge := isOver(err) || err == nil && !isSmall(text)
		if !isLarge {
			return text, charge, err
		}
		charge.Release()
	}
	text, charge, err := inflateAtMost(ctx, b.large, costOf(declared, min(declared, tlsrpt.MaxValues)), body, declared)
	if isOver(err) && declared < tlsrpt.MaxSize { // It has more than it declares.
		charge.Release()
		text, charge, err = inflateAtMost(ctx, b.large, largeSize, body, tlsrpt.MaxSize)
	}
	charge.Shrink(costOf(len(text), tlsrpt.Values(text)))
	return text, charge, err
}

// isSmall reports whether the charge of a small report covers a text. Most are so
// short that their values need not be counted.
func isSmall(text []byte) bool {
	return costOf(len(text), len(text)) <= smallCharge || costOf(len(text), tlsrpt.Values(text)) <= smallCharge
}

func inflateAtMost(ctx context.Context, pool *admission.Pool, cost int64, body []byte, most int) ([]byte, *admission.Charge, error) {
	charge, err := pool.Take(ctx, cost)
	if err != nil {
		return nil, nil, err
	}
	text, err := tlsrpt.InflateAtMost(body, most)
	return text, charge, err
}

func isOver(err error) bool {
	var limit *tlsrpt.LimitError
	return errors.As(err, &limit)
}
