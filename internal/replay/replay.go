// Package replay judges again what lies in quarantine, with the program as it
// is now: a later version may know better, a domain may be hosted since, and a
// key may be in the DNS that was not there.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/reportintake"
)

// Remover removes objects from where an archive's lie.
type Remover interface {
	// Remove removes an object for good, no matter if there is none. An error
	// means try again.
	Remove(ctx context.Context, key string) error
}

// Replay takes in again what lies in quarantine.
type Replay struct {
	Archive archive.Archive
	Intake  *reportintake.Intake // Which keeps in the same archive.
	Remover Remover
}

// Outcome says what became of something that lay in quarantine.
type Outcome struct {
	Key      string                 // Where it lay.
	Receipts []reportintake.Receipt // One, or for a mail one for each report in it; none where it was gone already.
	Stays    bool                   // It still lies where it lay.
}

// Waiting gives the keys of what came on the UTC day of since or later and lies
// in quarantine for a reason, the oldest first: all of them, before any moves.
func (r Replay) Waiting(ctx context.Context, reason archive.Reason, since time.Time) ([]string, error) {
	var keys []string
	for key, err := range r.Archive.InQuarantine(ctx, reason, since) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys, nil
}

// Judge judges again what lies at a key. What is good now is kept with its first
// time of receipt; what is not lies where it belongs by now. Only then it is
// removed from where it lay, so nothing is lost if this ends at any moment, and
// to do it again does no harm. Several may be judged at once.
//
// An error means that it could not be judged or moved now, and lies where it
// lay; another may fare better.
func (r Replay) Judge(ctx context.Context, key string) (Outcome, error) {
	stays := Outcome{Key: key, Stays: true}
	q, err := r.Archive.Quarantined(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return Outcome{Key: key}, r.remove(ctx, key) // To remove it was begun before.
	}
	if err != nil {
		return stays, err
	}
	receipts, err := r.judge(ctx, q)
	if err != nil {
		return stays, fmt.Errorf("judge %s again: %w", key, err)
	}
	stays.Receipts = receipts
	if !isElsewhere(receipts, key) {
		return stays, nil
	}
	if err := r.remove(ctx, key); err != nil {
		return stays, err
	}
	return Outcome{Key: key, Receipts: receipts}, nil
}

func (r Replay) judge(ctx context.Context, q archive.Quarantined) ([]reportintake.Receipt, error) {
	if q.Channel == archive.ChannelMail {
		return r.Intake.ReceiveMail(ctx, reportintake.Mail{Raw: q.Body, ReceivedAt: q.ReceivedAt, Verdicts: q.Verdicts})
	}
	receipt, err := r.Intake.Receive(ctx, reportintake.Submission{
		Body: q.Body, Channel: q.Channel, Trust: archive.TrustNone, ReceivedAt: q.ReceivedAt,
	})
	return []reportintake.Receipt{receipt}, err
}

// isElsewhere says whether all that was taken in is kept, and none of it at key.
// As not hosted it would be kept for a few days only, which may be over: then
// it has to stay where it is, too. So has what was authenticated when it came, and
// cannot be any more.
func isElsewhere(receipts []reportintake.Receipt, key string) bool {
	return len(receipts) > 0 && !slices.ContainsFunc(receipts, func(receipt reportintake.Receipt) bool {
		return receipt.Key == "" || receipt.Key == key || receipt.Reason == archive.ReasonNotHosted ||
			archive.IsAuthenticated(key) && receipt.Reason != "" && !archive.IsAuthenticated(receipt.Key)
	})
}

// remove takes the note away last: it is what the bytes are found by.
func (r Replay) remove(ctx context.Context, key string) error {
	for _, object := range []string{key, archive.NoteOf(key)} {
		if err := r.Remover.Remove(ctx, object); err != nil {
			return fmt.Errorf("remove %s: %w", object, err)
		}
	}
	return nil
}
