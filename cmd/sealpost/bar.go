package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows how far long work has come, where somebody watches. It is for the eye
// only, so nothing depends on whether it can be drawn.
type bar struct {
	drawn *progressbar.ProgressBar // Nil where nobody watches.
}

// newBar begins with work that has so many pieces.
func newBar(t terminal, what string, pieces int) bar {
	if pieces < 2 {
		return bar{}
	}
	return draw(t, what, pieces, progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond))
}

// newClock begins with work of which nobody knows how long it takes, and shows how
// long it has taken.
func newClock(t terminal, what string) bar {
	return draw(t, what, -1, progressbar.OptionSetElapsedTime(true), progressbar.OptionSetRenderBlankState(true))
}

func draw(t terminal, what string, pieces int, options ...progressbar.Option) bar {
	out, isFile := t.stderr.(*os.File)
	if !isFile || !term.IsTerminal(int(out.Fd())) {
		return bar{}
	}
	return bar{progressbar.NewOptions(pieces, append(options,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what),
		progressbar.OptionClearOnFinish())...)}
}

// end takes it away.
func (b bar) end() {
	if b.drawn != nil {
		b.drawn.Finish() //nolint:errcheck // See bar.
	}
}

// clear makes room for a line.
func (b bar) clear() {
	if b.drawn != nil {
		b.drawn.Clear() //nolint:errcheck // See bar.
	}
}

// done says that one more piece is done.
func (b bar) done() {
	if b.drawn != nil {
		b.drawn.Add(1) //nolint:errcheck // See bar.
	}
}
