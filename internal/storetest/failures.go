// Package storetest holds the conformance suites that every driver of an
// interface passes, and drivers in memory that fail on purpose.
package storetest

import (
	"errors"
	"sync"
)

// Op is a call that can be made to fail.
type Op string

const (
	OpAny Op = "any" // Whichever comes.

	// Calls of an archive.Bucket.
	OpCreate Op = "create"
	OpGet    Op = "get"
	OpList   Op = "list"

	// Calls of the stores of package weekly.
	OpPut         Op = "put"
	OpDelivery    Op = "delivery"
	OpSetDelivery Op = "set delivery"

	// Calls of told.DayStore.
	OpDay    Op = "day"
	OpSetDay Op = "set day"

	// Call of a replay.Remover.
	OpRemove Op = "remove"

	// Calls of the stores of package publication.
	OpPublished    Op = "published"
	OpPublish      Op = "publish"
	OpWithdraw     Op = "withdraw"
	OpAllPublished Op = "all published"
	OpStatus       Op = "status"
	OpSetStatus    Op = "set status"
	OpAllStatuses  Op = "all statuses"
	OpHistory      Op = "history"
	OpAddHistory   Op = "add history"
	OpCopy         Op = "copy"
	OpPutCopy      Op = "put copy"
	OpRemoveCopy   Op = "remove copy"
	OpEvidence     Op = "evidence"
	OpAddEvidence  Op = "add evidence"
	OpBrake        Op = "brake"
	OpSetBrake     Op = "set brake"

	// Calls of publication.Items.
	OpItem    Op = "item"
	OpDomains Op = "domains"
)

// ErrFailed is the error of a call that was made to fail.
var ErrFailed = errors.New("failed on purpose")

// Failures makes calls fail of the driver that embeds it. One failure at a time
// can be ahead; setting another replaces it.
type Failures struct {
	lock      sync.Mutex
	ahead     *failure
	interrupt *interrupt
}

// interrupt is what somebody else does between two calls.
type interrupt struct {
	calls int // Until and with the one that it comes before.
	do    func()
}

type failure struct {
	op      Op
	calls   int // Of op, until and with the one that fails.
	written bool
}

// FailNext makes the next call of op fail. Whoever gets an error from a store
// can't tell whether the work was done, so written says whether it is. A call
// that lists gives all it has before it fails, if written; one that reads just
// fails.
func (f *Failures) FailNext(op Op, written bool) { f.FailNth(op, 1, written) }

// FailNth makes the nth call of op from now on fail, like [Failures.FailNext].
func (f *Failures) FailNth(op Op, n int, written bool) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.ahead = &failure{op, n, written}
}

// InterruptNth has something happen before the nth call from now on, as if
// somebody else did it meanwhile.
func (f *Failures) InterruptNth(n int, do func()) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.interrupt = &interrupt{n, do}
}

// interrupted does what is to happen before this call, if anything is.
func (f *Failures) interrupted() {
	f.lock.Lock()
	due := f.interrupt
	if due == nil {
		f.lock.Unlock()
		return
	}
	if due.calls--; due.calls > 0 {
		f.lock.Unlock()
		return
	}
	f.interrupt = nil
	f.lock.Unlock()
	due.do()
}

// FailureAhead reports whether a call is still to fail.
func (f *Failures) FailureAhead() bool {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.ahead != nil
}

// Meet says, to the driver, of a call whether to do its work, and how to end it.
func (f *Failures) Meet(op Op) (work bool, err error) {
	f.interrupted()
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.ahead == nil || f.ahead.op != op && f.ahead.op != OpAny {
		return true, nil
	}
	if f.ahead.calls--; f.ahead.calls > 0 {
		return true, nil
	}
	work, f.ahead = f.ahead.written, nil
	return work, ErrFailed
}
