package survey

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

const (
	maxBody   = 64 << 10 // RFC 8461, section 3.3 gives it as an example, and senders follow it.
	maxHeader = 64 << 10
)

// question is an HTTPS request to each address of a host.
type question struct {
	method, url, host, port string
}

// askHost asks every address of a host: a sender may get to any of them.
func (l *look) askHost(ctx context.Context, q question) Host {
	host := l.host(ctx, q)
	l.askAll(ctx, q, &host)
	return host
}

// host is one that is to be asked.
func (l *look) host(ctx context.Context, q question) Host {
	return Host{Name: q.host, Port: q.port, Addresses: l.addresses(ctx, q.host)}
}

func (l *look) askAll(ctx context.Context, q question, host *Host) {
	host.Answers = make([]Answer, len(host.Addresses.List))
	var all sync.WaitGroup
	for i, address := range host.Addresses.List {
		all.Go(func() { host.Answers[i] = l.askAddress(ctx, q, address) })
	}
	all.Wait()
}

func (l *look) askAddress(ctx context.Context, q question, address netip.Addr) Answer {
	defer l.connections.take(maxConnections)()
	return byOffers(func(o offer) Answer { return l.askOffering(ctx, q, address, o) })
}

func (a Answer) handshake() *TLS { return a.TLS }

func (l *look) askOffering(ctx context.Context, q question, address netip.Addr, offered offer) Answer {
	limited, cancel := context.WithTimeout(ctx, l.timeout())
	defer cancel()
	answer, begun := Answer{Address: address}, l.Now()
	var connection net.Conn
	if connection, answer.Reach, answer.Why = l.connect(limited, address, q.port); answer.Reach != Reached {
		if answer.Reach == Silent {
			answer.Waited = l.connectTimeout()
		}
		return answer
	}
	defer connection.Close()
	var secured *tls.Conn
	if secured, answer.TLS = l.handshake(limited, connection, q.host, offered); secured == nil {
		if answer.TLS.TimedOut {
			answer.Waited = l.timeout()
		}
		return answer
	}
	answer.request(limited, q, secured)
	if answer.TimedOut {
		answer.Waited = l.timeout()
	}
	answer.Took = l.Now().Sub(begun)
	answer.TLS.Certificate = l.inspect(ctx, q.host, secured)
	return answer
}

// request asks no cache, no proxy, and nobody whom the host redirects to
// (RFC 8461, section 3.3).
func (a *Answer) request(ctx context.Context, q question, connection net.Conn) {
	request, err := http.NewRequestWithContext(ctx, q.method, q.url, nil)
	if err != nil {
		a.Why = err.Error()
		return
	}
	transport := &http.Transport{
		DialTLSContext:         func(context.Context, string, string) (net.Conn, error) { return connection, nil },
		DisableKeepAlives:      true,
		DisableCompression:     true, // The bytes count.
		MaxResponseHeaderBytes: maxHeader,
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		a.ended(ctx, err)
		return
	}
	defer response.Body.Close()
	a.Status, a.Location, a.ContentType = response.StatusCode, response.Header.Get("Location"), response.Header.Get("Content-Type")
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	a.TooLarge = len(body) > maxBody
	a.Body = string(body[:min(len(body), maxBody)])
	if err != nil {
		a.ended(ctx, err)
	}
}

// ended says why there is no whole answer.
func (a *Answer) ended(ctx context.Context, err error) {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded) || isTimeout(err):
		a.TimedOut, a.Why = true, "it was not whole in time"
	case errors.Is(ctx.Err(), context.Canceled):
		a.Why = "it was interrupted"
	default:
		a.CutOff, a.Why = true, cause(err)
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			a.Why = "the connection ends before the answer does"
		}
	}
}
