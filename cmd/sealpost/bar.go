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
	out, isFile := t.stderr.(*os.File)
	if !isFile || pieces < 2 || !term.IsTerminal(int(out.Fd())) {
		return bar{}
	}
	return bar{progressbar.NewOptions(pieces,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())}
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
