package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"sealpost/internal/archive"
	"sealpost/internal/aws/s3bucket"
)

// mails takes in again what lies in a stack's inbox, and sums up.
func (r replaying) mails(ctx context.Context, since time.Time) error {
	mails, err := r.inbox.Since(ctx, since)
	if err != nil {
		return r.endedEarly(ctx, err)
	}
	tally := newTally(r.terminal, "inbox", len(mails))
	workers, working := errgroup.WithContext(ctx)
	workers.SetLimit(atOnce)
	for i, mail := range mails {
		if working.Err() != nil {
			break
		}
		workers.Go(func() error { return r.mail(working, i, mail, tally) })
	}
	err = workers.Wait()
	tally.sum(r.terminal.stdout)
	if err != nil {
		return r.endedEarly(ctx, err)
	}
	if tally.fates[fate{status: notJudged}] > 0 {
		return errProblems
	}
	return nil
}

func (r replaying) mail(ctx context.Context, i int, mail s3bucket.Object, tally *tally) error {
	defer tally.done(i)
	receipts, err := r.inbox.TakeIn(ctx, mail)
	switch {
	case err != nil && ctx.Err() == nil && isItsOwn(err):
		tally.note(i, mail.Key, fate{status: notJudged}, []archive.Problem{{Message: err.Error()}})
	case err != nil:
		return fmt.Errorf("%s: %w", mail.Key, err)
	case len(receipts) == 0:
		tally.note(i, mail.Key, fate{status: leftUnread}, nil)
	}
	for _, receipt := range receipts {
		tally.add(i, mail.Key, receipt)
	}
	return nil
}
