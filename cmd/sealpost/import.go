package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/reportintake"
)

// runReportImport takes in the reports of many files, and sums up at the end.
func runReportImport(ctx context.Context, t terminal, args []string) error {
	var dir, accept string
	names, err := flags("report import", args, func(f *flag.FlagSet) {
		f.StringVar(&dir, "dir", defaultDir, "")
		f.StringVar(&accept, "accept", acceptHosted, "")
	})
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errors.New("name files or folders to import; see: sealpost report import -h")
	}
	s, err := newSite(dir, accept, t.now)
	if err != nil {
		return err
	}
	files, err := filesIn(names)
	if err != nil {
		return err
	}
	tally := newTally(t, len(files))
	err = s.importAll(ctx, files, tally)
	tally.sum(t.stdout)
	if err != nil {
		return fmt.Errorf("the import ended early: %w; run it again, what is stored is not stored twice", err)
	}
	if tally.quarantined() > 0 {
		return errProblems
	}
	return nil
}

func (s *site) importAll(ctx context.Context, files []string, tally *tally) error {
	intake := s.intake()
	workers, working := errgroup.WithContext(ctx)
	workers.SetLimit(4 * runtime.GOMAXPROCS(0)) // Most of the time goes by waiting for the disk.
	for _, file := range files {
		if working.Err() != nil {
			break
		}
		workers.Go(func() error {
			submissions, err := readSubmissions(file)
			if err != nil {
				return err
			}
			for _, submission := range submissions {
				receipt, err := intake.Receive(working, submission)
				if err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
				tally.add(file, receipt)
			}
			tally.done()
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// tally counts what became of the files, and says so while it goes on.
type tally struct {
	mu       sync.Mutex
	terminal terminal
	bar      *progressbar.ProgressBar // Nil where nobody watches.
	counts   map[string]int
}

func newTally(t terminal, files int) *tally {
	tally := &tally{terminal: t, counts: make(map[string]int)}
	if out, isFile := t.stderr.(*os.File); isFile && term.IsTerminal(int(out.Fd())) {
		tally.bar = progressbar.NewOptions(files,
			progressbar.OptionSetWriter(out),
			progressbar.OptionSetDescription("import"),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish())
	}
	return tally
}

// kind names what became of a submission, for the sum.
func kind(receipt reportintake.Receipt) string {
	if receipt.Status == reportintake.Quarantined {
		return fmt.Sprintf("%s, %s", receipt.Status, receipt.Reason)
	}
	return string(receipt.Status)
}

func (t *tally) add(file string, receipt reportintake.Receipt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[kind(receipt)]++
	if receipt.Status == reportintake.Stored || receipt.Status == reportintake.Duplicate {
		return
	}
	t.clear()
	fmt.Fprintf(t.terminal.stdout, "%s: %s\n", digest.Readable(file, maxShown), kind(receipt))
	for _, problem := range receipt.Problems {
		fmt.Fprintf(t.terminal.stdout, "  %s\n", digest.Readable(problem.String(), maxShown))
	}
}

func (t *tally) clear() {
	if t.bar != nil {
		t.bar.Clear() //nolint:errcheck // The bar is for the eye only.
	}
}

func (t *tally) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bar != nil {
		t.bar.Add(1) //nolint:errcheck // The bar is for the eye only.
	}
}

func (t *tally) sum(w io.Writer) {
	t.clear()
	kinds := []string{string(reportintake.Stored), string(reportintake.Duplicate)}
	for _, reason := range archive.Reasons() {
		kinds = append(kinds, kind(reportintake.Receipt{Status: reportintake.Quarantined, Reason: reason}))
	}
	kinds = append(kinds, string(reportintake.Refused))
	for _, kind := range kinds {
		if n := t.counts[kind]; n > 0 || slices.Index(kinds, kind) < 2 {
			fmt.Fprintf(w, "%6d %s\n", n, kind)
		}
	}
}

// quarantined is how many submissions are not counted.
func (t *tally) quarantined() int {
	n := 0
	for kind, count := range t.counts {
		if kind != string(reportintake.Stored) && kind != string(reportintake.Duplicate) {
			n += count
		}
	}
	return n
}
