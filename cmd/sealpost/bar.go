package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows on a terminal how far a long work is. Where nobody watches it is
// empty, and does nothing.
type bar struct{ shown *progressbar.ProgressBar }

func newBar(t terminal, work string, steps int) bar {
	out, isFile := t.stderr.(*os.File)
	if !isFile || steps < 2 || !term.IsTerminal(int(out.Fd())) {
		return bar{}
	}
	return bar{progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(work),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())}
}

// done counts a step.
func (b bar) done() {
	if b.shown != nil {
		b.shown.Add(1) //nolint:errcheck // The bar is for the eye only.
	}
}

// clear makes room for other output.
func (b bar) clear() {
	if b.shown != nil {
		b.shown.Clear() //nolint:errcheck // The bar is for the eye only.
	}
}
