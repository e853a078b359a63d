package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/replay"
	"sealpost/internal/reportintake"
)

// runReplay judges again what lies in quarantine, and sums up by reason.
func runReplay(ctx context.Context, t terminal, args []string) error {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	var dir, accept, reason, since, reportsDomain string
	err := options("replay", args, func(f *flag.FlagSet) {
		f.StringVar(&dir, "dir", defaultDir, "the `FOLDER` that everything is kept in")
		f.StringVar(&accept, "accept", acceptHosted, acceptUsage)
		f.StringVar(&reason, "reason", "", "only what is there for this `REASON`: "+reasonNames())
		f.StringVar(&since, "since", "", "only what came on this UTC `DAY`, such as 2026-11-17, or later")
		f.StringVar(&reportsDomain, "reports-domain", "", "the `DOMAIN` that reports are mailed to")
	})
	if err != nil {
		return err
	}
	if err := existing(dir); err != nil {
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
	s, err := newSite(dir, accept, t.now)
	if err != nil {
		return err
	}
	if s.reportsDomain, err = parseReportsDomain(reportsDomain); err != nil {
		return err
	}
	return s.replay(ctx, t, reasons, first)
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

// again counts what became of what lay in quarantine for one reason.
type again struct {
	good, elsewhere, stay, later int
}

// sum says it on one line, as far as there is something to say.
func (a again) sum(w io.Writer, reason archive.Reason) {
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

func (s *site) replay(ctx context.Context, t terminal, reasons []archive.Reason, since time.Time) error {
	r := replay.Replay{Archive: s.archive, Intake: s.intake(), Remover: s.bucket}
	unjudged := false
	for _, reason := range reasons {
		var sum again
		err := s.replayOne(ctx, t, r, reason, since, &sum)
		sum.sum(t.stdout, reason)
		if err != nil {
			return fmt.Errorf("the replay ended early: %w; run it again, nothing is lost or doubled", err)
		}
		unjudged = unjudged || sum.later > 0
	}
	if unjudged {
		return errProblems
	}
	return nil
}

// replayOne goes on over what cannot be judged now for reasons of its own.
func (s *site) replayOne(ctx context.Context, t terminal, r replay.Replay, reason archive.Reason, since time.Time, sum *again) error {
	for outcome, err := range r.Each(ctx, reason, since) {
		var lookup *lookupError
		var damaged *archive.DamagedError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &lookup), errors.As(err, &damaged):
			sum.later++
			fmt.Fprintf(t.stdout, "%s: %s\n", outcome.Key, digest.Readable(err.Error(), maxShown))
		case err != nil:
			return err
		case outcome.Stays:
			sum.stay++
		case isGood(outcome):
			sum.good++
		case len(outcome.Receipts) > 0:
			sum.elsewhere++
		}
	}
	return nil
}

// isGood says whether something of it counts now.
func isGood(outcome replay.Outcome) bool {
	return slices.ContainsFunc(outcome.Receipts, func(receipt reportintake.Receipt) bool {
		return receipt.Status == reportintake.Stored || receipt.Status == reportintake.Duplicate
	})
}
