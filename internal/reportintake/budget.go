package reportintake

import (
	"context"
	"errors"
	"io"
	"time"

	"sealpost/internal/admission"
	"sealpost/internal/tlsrpt"
)

// ErrBusy is [admission.ErrBusy]: so much is received or judged already that a
// report can wait no longer. Nothing of it is kept, and the sender should try again.
var ErrBusy = admission.ErrBusy

// Budget is the memory that reports take, from their first byte to the last
// that is stored. There is one for a process: intakes share it.
//
// It has pools of four kinds. A report is charged to one of the first two while
// its bytes are held, and to one of the others while it is judged, in this order
// and once to each; so nobody waits for what is held by one who waits for him.
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

	// BudgetSize is the most that reports take at once, in bytes.
	BudgetSize = bodiesSize + mailsSize + smallSize + largeSize

	// MemoryLimit is for debug.SetMemoryLimit: the budget, with room for connections,
	// stacks, and for garbage before it is collected.
	MemoryLimit = BudgetSize + 16<<20

	heldOfMail = 1 + tlsrpt.MaxDecodedRatio // For each byte of a mail.

	// Unpaid is how much of what a connection sends is not charged: a report or a
	// mail as they usually are. It is bounded by the number of connections.
	Unpaid = 64 << 10

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
// longer than patience, at each of two places.
func NewBudget(maxWaiting int, patience time.Duration) *Budget {
	pool := func(size int64) *admission.Pool { return admission.NewPool(size, maxWaiting, patience) }
	return &Budget{bodies: pool(bodiesSize), mails: pool(mailsSize), small: pool(smallSize), large: pool(largeSize)}
}

// unhurried is a budget for one who would rather wait than come again.
func unhurried() *Budget { return NewBudget(1000, 10*time.Minute) }

// Charging has an intake share a budget. Without it, it has one of its own, where
// waiting has no bound to speak of.
func Charging(b *Budget) Option { return func(in *Intake) { in.budget = b } }

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

// read reads to the end. Beyond what is unpaid, a byte is charged before it is
// read: those that are declared, or a megabyte, as soon as there is room; more
// only if there is room already, since nobody waits who holds something.
func read(ctx context.Context, r io.Reader, declared int64, pool *admission.Pool, perByte, most int64) (Received, error) {
	const undeclared = 1 << 20
	received := Received{Bytes: make([]byte, 0, sizeBetween(512, declared+1, Unpaid))}
	for {
		if size := len(received.Bytes); size == cap(received.Bytes) {
			next := int64(2 * size)
			if received.charge == nil && next > Unpaid {
				next = max(next, undeclared)
				if declared >= Unpaid {
					next = declared + 1 // The reader needs room to find the end.
				}
			}
			next = max(min(next, most+1), int64(size)+1)
			switch {
			case next <= Unpaid:
			case received.charge == nil:
				var err error
				if received.charge, err = pool.Take(ctx, perByte*next); err != nil {
					return Received{}, err
				}
			case !received.charge.Grow(perByte * next):
				return received, ErrBusy
			}
			grown := make([]byte, size, next)
			copy(grown, received.Bytes)
			received.Bytes = grown
		}
		n, err := r.Read(received.Bytes[len(received.Bytes):cap(received.Bytes)])
		received.Bytes = received.Bytes[:len(received.Bytes)+n]
		if errors.Is(err, io.EOF) {
			return received, nil
		}
		if err != nil {
			return received, err
		}
	}
}

func sizeBetween(least, size, most int64) int64 { return max(least, min(size, most)) }

// inflate gives the JSON of a report, charged for all that will be made of it. A
// report is charged before it is inflated, by the size that it declares and the
// dearest JSON of that size; what turns out not to be needed is given back.
func (b *Budget) inflate(ctx context.Context, body []byte) ([]byte, *admission.Charge, error) {
	declared := tlsrpt.DeclaredSize(body)
	if declared <= smallText {
		text, charge, err := inflateAtMost(ctx, b.small, smallCharge, body, smallText)
		isSmall := err == nil && (costOf(len(text), len(text)) <= smallCharge || costOf(len(text), tlsrpt.Values(text)) <= smallCharge)
		if isSmall || err != nil && !isOver(err) {
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
