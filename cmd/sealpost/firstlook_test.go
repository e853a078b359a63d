package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/tlsrpt"
)

// hostedFrom is a domain that is hosted from a moment on.
type hostedFrom struct{ at time.Time }

func (h hostedFrom) Ours(context.Context, []tlsrpt.PolicyResult) (bool, error) {
	return !time.Now().Before(h.at), nil
}

func TestReportsWaitForTheFirstLook(t *testing.T) {
	const never = 1000 * time.Hour
	for name, c := range map[string]struct {
		hosted, looked time.Duration // Until the domain is published, and until all are.
		patience       time.Duration
		want           bool
		fails          bool
		after          time.Duration
	}{
		"published before":             {0, never, never, true, false, 0},
		"published while it waits":     {time.Second, 3 * time.Second, never, true, false, 3 * time.Second},
		"not hosted":                   {never, 3 * time.Second, never, false, false, 3 * time.Second},
		"not hosted, and all looked":   {never, 0, never, false, false, 0},
		"a look that takes long":       {never, never, never, false, true, firstLookTimeout},
		"whoever asks goes away first": {never, never, time.Second, false, true, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				done := make(chan struct{})
				look := time.AfterFunc(c.looked, func() { close(done) })
				defer look.Stop()
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), c.patience)
				defer cancel()
				got, err := firstLook{hostedFrom{begin.Add(c.hosted)}, done}.Ours(ctx, nil)
				if got != c.want || (err != nil) != c.fails || time.Since(begin) != c.after {
					t.Errorf("%v, %v after %v; want %v after %v", got, err, time.Since(begin), c.want, c.after)
				}
				if err != nil && c.patience == never && !errors.Is(err, errFirstLook) {
					t.Error(err)
				}
			})
		})
	}
}
