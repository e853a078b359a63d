package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/reportintake"
)

// runReportImport takes in the reports of many files, and sums up at the end.
func runReportImport(ctx context.Context, t terminal, args []string) error {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	var dir, accept string
	var distrust distrustOption
	names, err := flags("report import", args, func(f *flag.FlagSet) {
		f.StringVar(&dir, "dir", defaultDir, "the `FOLDER` that everything is kept in")
		f.StringVar(&accept, "accept", acceptHosted, acceptUsage)
		distrust.define(f)
	})
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errors.New("name files or folders to import; see: sealpost report import -h")
	}
	if err := importInto(dir, accept); err != nil {
		return err
	}
	s, err := newSite(dir, accept, t.now)
	if err != nil {
		return err
	}
	s.signers = distrust.Signers
	files, err := filesIn(names)
	if err != nil {
		return err
	}
	tally := newTally(t, "import", len(files))
	err = s.importAll(ctx, t, files, tally)
	tally.sum(t.stdout)
	if errors.Is(err, fs.ErrPermission) { // To run it again would end the same.
		return fmt.Errorf("the import ended early: %w", s.explain(err))
	}
	if err != nil {
		return fmt.Errorf("the import ended early: %w; run it again, what is stored is not stored twice", err)
	}
	if tally.notCounted() > 0 {
		return errProblems
	}
	return nil
}

// importInto makes no folder in which nothing would count.
func importInto(dir, accept string) error {
	if accept == acceptAny {
		return forReports(dir)
	}
	return ofReports(dir)
}

func (s *site) importAll(ctx context.Context, t terminal, files []string, tally *tally) error {
	intake := s.intake()
	workers, working := errgroup.WithContext(ctx)
	workers.SetLimit(4 * runtime.GOMAXPROCS(0)) // Most of the time goes by waiting for the disk.
	for i, file := range files {
		if working.Err() != nil {
			break
		}
		workers.Go(func() error {
			defer tally.done(i)
			for f, err := range allIn(file, t.stdin) {
				if err != nil {
					tally.unreadable(i, file, err)
					return nil
				}
				if err := s.importOne(working, intake, i, f, tally); err != nil {
					return fmt.Errorf("%s: %w", f, err)
				}
			}
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// importOne takes in a report, or what is in a mail. A mail whose signature
// cannot be judged now holds up no other.
func (s *site) importOne(ctx context.Context, intake *reportintake.Intake, i int, f filed, tally *tally) error {
	if !f.isMail {
		receipt, err := intake.Receive(ctx, f.submission())
		if err == nil {
			tally.add(i, f.String(), receipt)
		}
		return err
	}
	receipts, err := intake.ReceiveMail(ctx, f.mail(s.now()))
	var lookup *lookupError
	if errors.As(err, &lookup) && ctx.Err() == nil {
		tally.note(i, f.String(), fate{status: notJudged}, []archive.Problem{{Message: lookup.Error()}})
		return nil
	}
	for _, receipt := range receipts {
		tally.add(i, f.String(), receipt)
	}
	return err
}

// tally counts what became of pieces, files or mails, and says so while it goes
// on, in their order, whichever is done first.
type tally struct {
	mu       sync.Mutex
	terminal terminal
	bar      bar
	fates    map[fate]int
	next     int            // The first piece that is not done.
	ended    map[int]bool   // Of those after it.
	unsaid   map[int]string // Of it and those after it.
}

// fate is what became of a submission.
type fate struct {
	status reportintake.Status
	reason archive.Reason // Of quarantine.
}

const (
	// unreadable is the fate of a file that could not be read.
	unreadable reportintake.Status = "not readable"

	// leftUnread is that of a mail in an inbox.
	leftUnread reportintake.Status = "left unread, since SES has found a virus in it"

	// notJudged is that of a mail whose signature's key could not be looked up.
	notJudged reportintake.Status = "not judged, try again later"
)

func (f fate) String() string {
	if f.reason == "" {
		return string(f.status)
	}
	return fmt.Sprintf("%s, %s", f.status, f.reason)
}

// fates are all there are, in the order of the sum.
func fates() []fate {
	all := []fate{{status: reportintake.Stored}, {status: reportintake.Replaced}, {status: reportintake.Duplicate}}
	for _, reason := range archive.Reasons() {
		all = append(all, fate{reportintake.Quarantined, reason})
	}
	return append(all, fate{status: reportintake.Refused}, fate{status: leftUnread}, fate{status: notJudged}, fate{status: unreadable})
}

func newTally(t terminal, what string, pieces int) *tally {
	return &tally{terminal: t, bar: newBar(t, what, pieces), fates: make(map[fate]int), ended: make(map[int]bool), unsaid: make(map[int]string)}
}

func (t *tally) add(piece int, file string, receipt reportintake.Receipt) {
	t.note(piece, file, fate{receipt.Status, receipt.Reason}, receipt.Problems)
}

func (t *tally) unreadable(piece int, file string, err error) {
	t.note(piece, file, fate{status: unreadable}, []archive.Problem{{Message: err.Error()}})
}

func (t *tally) note(piece int, file string, f fate, problems []archive.Problem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fates[f]++
	if f.status.Counts() {
		return
	}
	said := fmt.Sprintf("%s: %s\n", digest.Readable(file, maxShown), f)
	for _, problem := range problems {
		said += fmt.Sprintf("  %s\n", digest.Readable(problem.String(), maxShown))
	}
	t.unsaid[piece] += said
}

func (t *tally) done(piece int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[piece] = true
	for ; t.ended[t.next]; t.next++ {
		t.say(t.next)
		delete(t.ended, t.next)
	}
	t.bar.done()
}

// say says what there is to say of a piece.
func (t *tally) say(piece int) {
	if said := t.unsaid[piece]; said != "" {
		t.bar.clear()
		io.WriteString(t.terminal.stdout, said) //nolint:errcheck // As with all that is said.
		delete(t.unsaid, piece)
	}
}

// sum says how many there are of each fate, and before that what is left to say
// where some pieces had no turn.
func (t *tally) sum(w io.Writer) {
	t.bar.clear()
	for _, piece := range slices.Sorted(maps.Keys(t.unsaid)) {
		t.say(piece)
	}
	for _, f := range fates() {
		if n := t.fates[f]; n > 0 || f.status == reportintake.Stored || f.status == reportintake.Duplicate {
			fmt.Fprintf(w, "%6d %s\n", n, f)
		}
	}
}

// notCounted is how many submissions are not counted.
func (t *tally) notCounted() int {
	n := 0
	for f, count := range t.fates {
		if !f.status.Counts() {
			n += count
		}
	}
	return n
}
