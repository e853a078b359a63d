package main

import (
	"context"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"sealpost/internal/netlimit"
	"sealpost/internal/reportintake"
)

// The limits of one process. A report that waits longer is refused, well before
// answerTimeout, and its sender tries again.
const (
	maxWaiting    = 64
	reportTimeout = 10 * time.Second

	maxConnections = 256
	maxPerPeer     = 32 // Browsers open six, and proxies on this machine have no such bound.
)

// limitMemory sets the memory limit of the garbage collector to what reports may take,
// unless GOMEMLIMIT is set.
func limitMemory(environment func(string) string) {
	if environment("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(reportintake.MemoryLimit)
	}
}

func limitConnections(l net.Listener) net.Listener {
	return netlimit.Listen(l, netlimit.Limits{Total: maxConnections, PerPeer: maxPerPeer})
}

// noteProgress is an http.Server's ConnState: a connection makes progress when a
// request begins and when it is answered.
func noteProgress(c net.Conn, state http.ConnState) {
	if bounded, is := c.(*netlimit.Conn); is && (state == http.StateActive || state == http.StateIdle) {
		bounded.Progress()
	}
}

// makeOnce makes a page once for all requests for it that come meanwhile, even if
// some of them end first. Only one page is made at a time.
func (p *digestPage) makeOnce(ctx context.Context, name string, make func(context.Context) ([]byte, error)) ([]byte, error) {
	made := p.underWay.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
		defer cancel()
		charge, err := p.turns.Take(ctx, 1)
		if err != nil {
			return []byte(nil), err
		}
		defer charge.Release()
		return make(ctx)
	})
	select {
	case result := <-made:
		return result.Val.([]byte), result.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
