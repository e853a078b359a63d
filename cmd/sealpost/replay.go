package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"sealpost/internal/alert"
	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/replay"
	"sealpost/internal/reportintake"
)

// runReplay judges again what lies in quarantine, and sums up by reason; or what
// lies in a stack's inbox.
func runReplay(ctx context.Context, t terminal, args []string) error {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	var from replayFrom
	var reason, since string
	var isInbox bool
	err := options("replay", args, func(f *flag.FlagSet) {
		from.define(f)
		f.StringVar(&reason, "reason", "", "only what is there for this `REASON`: "+reasonNames())
		f.StringVar(&since, "since", "", "only what came on this UTC `DAY`, such as 2026-11-17, or later")
		f.BoolVar(&isInbox, "inbox", false, "take in again the mails in the stack's inbox, in place of what lies in quarantine")
	})
	if err != nil {
		return err
	}
	reasons, err := reasonsNamed(reason)
	if err != nil {
		return err
	}
	first, err := dayNamed(since)
	if err != nil {
		return err
	}
	if isInbox && reason != "" {
		return errors.New("-reason is for what lies in quarantine; in the inbox nothing has a reason")
	}
	r, err := from.open(ctx, t)
	switch {
	case err != nil:
		return err
	case !isInbox:
		return r.quarantine(ctx, reasons, first)
	case r.inbox == nil:
		return errors.New(r.noInbox)
	default:
		return r.mails(ctx, first)
	}
}

func reasonNames() string {
	var names []string
	for _, reason := range archive.Reasons() {
		names = append(names, string(reason))
	}
	return strings.Join(names, ", ")
}

func reasonsNamed(name string) ([]archive.Reason, error) {
	reason := archive.Reason(name)
	switch {
	case name == "":
		return archive.Reasons(), nil
	case slices.Contains(archive.Reasons(), reason):
		return []archive.Reason{reason}, nil
	default:
		return nil, fmt.Errorf("-reason is %q; it takes one of %s", name, reasonNames())
	}
}

// dayNamed gives the zero time, before all days, where none is named.
func dayNamed(name string) (time.Time, error) {
	if name == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, name)
	if err != nil {
		return time.Time{}, fmt.Errorf("-since is %q; it takes a day such as 2026-11-17", name)
	}
	return day, nil
}

// atOnce is how many are judged at once: most of the time goes by waiting, for a
// disk or a network.
const atOnce = 8

// quarantine judges again what lies there for some reasons.
func (r replaying) quarantine(ctx context.Context, reasons []archive.Reason, since time.Time) error {
	unjudged, moved := 0, 0
	for _, reason := range reasons {
		sum := again{terminal: r.terminal}
		err := r.all(ctx, reason, since, &sum)
		sum.sum(r.terminal.stdout, reason)
		if err != nil {
			return r.endedEarly(ctx, err)
		}
		unjudged += sum.later
		moved += sum.good + sum.elsewhere
	}
	if moved > 0 && r.versions != "" {
		fmt.Fprintln(r.terminal.stdout, r.versions)
	}
	if unjudged > 0 {
		return errProblems
	}
	return nil
}

func (r replaying) endedEarly(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if errors.Is(err, fs.ErrPermission) { // To run it again would end the same.
		return fmt.Errorf("the replay ended early: %w", r.explain(err))
	}
	return fmt.Errorf("the replay ended early: %w; run it again, nothing is lost or doubled", r.explain(err))
}

func (r replaying) all(ctx context.Context, reason archive.Reason, since time.Time, sum *again) error {
	keys, err := r.replay.Waiting(ctx, reason, since)
	if err != nil {
		return err
	}
	sum.bar = newBar(r.terminal, string(reason), len(keys))
	defer sum.bar.clear()
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(atOnce)
	for _, key := range keys {
		if ctx.Err() != nil {
			break
		}
		workers.Go(func() error {
			outcome, err := r.replay.Judge(ctx, key)
			if err != nil && (ctx.Err() != nil || !isItsOwn(err)) {
				return err
			}
			sum.add(outcome, err)
			return nil
		})
	}
	return workers.Wait()
}

// isItsOwn says of an error that others have no part in it.
func isItsOwn(err error) bool {
	var lookup *lookupError
	var damaged *archive.DamagedError
	return errors.As(err, &lookup) || errors.As(err, &damaged) || errors.Is(err, alert.ErrUnderWay)
}

// again counts what became of what lay in quarantine for one reason.
type again struct {
	terminal terminal
	bar      bar

	mu                           sync.Mutex
	good, elsewhere, stay, later int
}

func (a *again) add(outcome replay.Outcome, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err != nil:
		a.later++
		a.bar.clear()
		fmt.Fprintf(a.terminal.stdout, "%s: %s\n", outcome.Key, digest.Readable(err.Error(), maxShown))
	case outcome.Stays:
		a.stay++
	case isGood(outcome):
		a.good++
	case len(outcome.Receipts) > 0:
		a.elsewhere++
	}
	a.bar.done()
}

// isGood says whether something of it counts now.
func isGood(outcome replay.Outcome) bool {
	return slices.ContainsFunc(outcome.Receipts, func(receipt reportintake.Receipt) bool {
		return receipt.Status.Counts()
	})
}

// sum says it on one line, as far as there is something to say.
func (a *again) sum(w io.Writer, reason archive.Reason) {
	fmt.Fprintf(w, "%-10s %d judged again", reason, a.good+a.elsewhere+a.stay+a.later)
	for _, part := range []struct {
		n    int
		text string
	}{
		{a.good, "good now"},
		{a.elsewhere, "in quarantine for another reason now"},
		{a.stay, "as before"},
		{a.later, "not judged, try again later"},
	} {
		if part.n > 0 {
			fmt.Fprintf(w, ", %d %s", part.n, part.text)
		}
	}
	fmt.Fprintln(w)
}
