package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/admission"
)

// TestMakeOnce: a page is made once for all who ask at the same time, one page after
// the other, though who asked first goes away.
func TestMakeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := newDigestPage(nil, slog.New(slog.DiscardHandler))
		var made, underWay atomic.Int64
		ready := make(chan struct{})
		ask := func(ctx context.Context, name string, answers chan<- string) {
			text, err := page.makeOnce(ctx, name, func(ctx context.Context) ([]byte, error) {
				made.Add(1)
				if underWay.Add(1) > 1 {
					t.Error("two pages are made at the same time")
				}
				defer underWay.Add(-1)
				<-ready
				return []byte(name), ctx.Err()
			})
			answers <- fmt.Sprint(string(text), err)
		}
		impatient, goAway := context.WithCancel(t.Context())
		gone, answers := make(chan string, 1), make(chan string, 100)
		go ask(impatient, "one", gone)
		synctest.Wait()
		for i := range cap(answers) {
			go ask(t.Context(), []string{"one", "two"}[i%2], answers)
		}
		goAway()
		if answer := <-gone; answer != context.Canceled.Error() {
			t.Errorf("who went away gets %q", answer)
		}
		synctest.Wait()
		close(ready)
		got := make(map[string]int)
		for range cap(answers) {
			got[<-answers]++
		}
		if made.Load() != 2 || got["one<nil>"] != 50 || got["two<nil>"] != 50 {
			t.Errorf("%d pages were made, and the answers are %v", made.Load(), got)
		}
	})
}

// TestPagesThatWait are refused in time, with all who asked for them.
func TestPagesThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := newDigestPage(nil, slog.New(slog.DiscardHandler))
		hold, err := page.turns.Take(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer hold.Release()
		begun := time.Now()
		_, err = page.makeOnce(t.Context(), "one", func(context.Context) ([]byte, error) { return nil, nil })
		if !errors.Is(err, admission.ErrBusy) || time.Since(begun) != reportTimeout {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}
