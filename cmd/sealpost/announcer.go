package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// announcer calls the rotator for each domain when it is due. It forgets all
// when the program ends; the walk at the start of the next asks for it again.
type announcer struct {
	rotator *publication.Rotator
	now     func() time.Time
	failed  func(error)
	paused  func() bool // No TXT record can be read or written now; nil for never.

	lock  sync.Mutex
	due   map[string]time.Time
	woken chan struct{} // Something is due that was not before.
}

var _ publication.Queue = (*announcer)(nil)

func newAnnouncer(rotator *publication.Rotator, now func() time.Time, failed func(error)) *announcer {
	return &announcer{rotator: rotator, now: now, failed: failed, due: make(map[string]time.Time), woken: make(chan struct{}, 1)}
}

// Later implements publication.Queue. Of several times for a domain the first
// will do: the rotator says itself when it wants to be called again.
func (a *announcer) Later(_ context.Context, domain string, after time.Duration) error {
	a.lock.Lock()
	at := a.now().Add(after)
	if before, is := a.due[domain]; !is || at.Before(before) {
		a.due[domain] = at
	}
	a.lock.Unlock()
	select {
	case a.woken <- struct{}{}:
	default: // It is to wake up already.
	}
	return nil
}

const (
	retryAfter  = time.Minute     // Until a domain is looked at again of which something failed.
	pausedRetry = 2 * time.Second // The same, while the announcer is paused.
)

// run calls the rotator until the context ends.
func (a *announcer) run(ctx context.Context) {
	for {
		domain, wait := a.next()
		if wait > 0 {
			a.sleep(ctx, wait)
		} else {
			a.advance(ctx, domain)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (a *announcer) advance(ctx context.Context, domain string) {
	if a.paused != nil && a.paused() {
		a.Later(ctx, domain, pausedRetry) //nolint:errcheck // It never fails.
		return
	}
	again, err := a.rotator.Advance(ctx, domain)
	if err != nil && ctx.Err() == nil {
		a.failed(fmt.Errorf("%w; it is tried again in a minute", err))
		again = retryAfter
	}
	if again > 0 {
		a.Later(ctx, domain, again) //nolint:errcheck // It never fails.
	}
}

// next takes the domain that is due, or says how long none is.
func (a *announcer) next() (domain string, wait time.Duration) {
	a.lock.Lock()
	defer a.lock.Unlock()
	wait = time.Hour
	for candidate, at := range a.due {
		if until := at.Sub(a.now()); until < wait {
			domain, wait = candidate, until
		}
	}
	if wait <= 0 {
		delete(a.due, domain)
	}
	return domain, wait
}

func (a *announcer) sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.woken:
	case <-ctx.Done():
	}
}

// loopback fetches policies from our own server, with the name of the Policy
// Host, as a reverse proxy in front of it would. That speaks no TLS, so this
// stands in for what senders do without trying the certificate.
type loopback struct {
	address string
}

var _ publication.PolicyHosts = loopback{}

const (
	fetchTimeout = 5 * time.Second
	maxFetched   = 64 << 10 // As senders do (RFC 8461, section 3.3).
)

// newLoopback reaches a server that may listen on all addresses.
func newLoopback(address net.Addr) loopback {
	if tcp, is := address.(*net.TCPAddr); is && tcp.IP.IsUnspecified() {
		return loopback{net.JoinHostPort("localhost", fmt.Sprint(tcp.Port))}
	}
	return loopback{address.String()}
}

// Fetch implements publication.PolicyHosts.
func (l loopback) Fetch(ctx context.Context, domain string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.address+mtasts.PolicyPath, nil)
	if err != nil {
		return nil, err
	}
	request.Host = mtasts.PolicyHost(domain)
	transport := &http.Transport{DisableKeepAlives: true} // Follows no redirect, and asks no proxy.
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", request.Host, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxFetched))
}
