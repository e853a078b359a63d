// Package netlimit bounds the connections of a listener, in all and for each
// peer, so that no peer can keep the others out by holding connections.
package netlimit

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound the connections of a listener.
type Limits struct {
	Total   int
	PerPeer int // Of one IPv4 address or one /64 of IPv6. Loopback has no such bound: a proxy on this machine speaks for many.

	// IdleTimeout is how long a connection may go without [Conn.Progress], and
	// MaxLifetime how long it may last in all; 0 is no bound.
	IdleTimeout, MaxLifetime time.Duration
}

// Listen bounds the connections of a listener. A connection beyond a bound takes
// the place of another: of the same peer where the peer is at its bound, otherwise
// of the peer that has most connections. There, it is the one that has been inactive
// for the longest time: that has received no data, and made no progress.
//
// It accepts connections of type [*Conn].
func Listen(l net.Listener, limits Limits) net.Listener {
	return &listener{Listener: l, limits: limits}
}

type listener struct {
	net.Listener
	limits Limits

	activity atomic.Int64 // Counts what connections do, so that the later of two is known.

	lock  sync.Mutex
	conns []*Conn
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &Conn{Conn: accepted, listener: l, peer: peerOf(accepted.RemoteAddr())}
	c.touch()
	if l.limits.IdleTimeout > 0 {
		c.idle = time.AfterFunc(l.limits.IdleTimeout, c.end)
	}
	if l.limits.MaxLifetime > 0 {
		c.lifetime = time.AfterFunc(l.limits.MaxLifetime, c.end)
	}
	if replaced := l.add(c); replaced != nil {
		replaced.Close() //nolint:errcheck // Its place is free in any case.
	}
	return c, nil
}

// add notes a connection, and removes and returns the one that makes room for
// it, or nil.
func (l *listener) add(c *Conn) (replaced *Conn) {
	l.lock.Lock()
	defer l.lock.Unlock()
	count := make(map[peer]int)
	for _, other := range l.conns {
		count[other.peer]++
	}
	switch {
	case count[c.peer] >= l.limits.PerPeer && !c.peer.isUnbounded:
		replaced = l.leastActive(func(p peer) bool { return p == c.peer })
	case len(l.conns) >= l.limits.Total:
		most := slices.Max(slices.Collect(maps.Values(count)))
		replaced = l.leastActive(func(p peer) bool { return count[p] == most })
	}
	l.remove(replaced)
	l.conns = append(l.conns, c)
	return replaced
}

// leastActive returns the connection of such peers that has been inactive for the
// longest time. The caller holds the lock.
func (l *listener) leastActive(isOf func(peer) bool) *Conn {
	var least *Conn
	for _, c := range l.conns {
		if isOf(c.peer) && (least == nil || c.active.Load() < least.active.Load()) {
			least = c
		}
	}
	return least
}

// remove forgets a connection, if it is known. The caller holds the lock.
func (l *listener) remove(c *Conn) {
	l.conns = slices.DeleteFunc(l.conns, func(other *Conn) bool { return other == c })
}

// peer is the network that a connection comes from. All connections of this machine
// are of one.
type peer struct {
	network     netip.Prefix
	isUnbounded bool
}

func peerOf(address net.Addr) peer {
	tcp, is := address.(*net.TCPAddr)
	if !is {
		return peer{isUnbounded: true}
	}
	const ofOneSite = 64 // Bits of IPv6 (RFC 6177, section 2); an address of IPv4 has 32.
	ip := tcp.AddrPort().Addr().Unmap()
	network, err := ip.Prefix(min(ip.BitLen(), ofOneSite))
	if err != nil || ip.IsLoopback() {
		return peer{isUnbounded: true}
	}
	return peer{network: network}
}

// Conn is a bounded connection.
type Conn struct {
	net.Conn
	listener *listener
	peer     peer
	idle     *time.Timer // Nil where there is no bound.
	lifetime *time.Timer
	active   atomic.Int64 // When it was last active, as the listener counts.

	lock  sync.Mutex
	ended bool
}

func (c *Conn) touch() { c.active.Store(c.listener.activity.Add(1)) }

// Read implements net.Conn.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.touch()
	}
	return n, err
}

// Progress notes that the connection did something useful: its idle time begins
// again, and others make room before it does.
func (c *Conn) Progress() { c.Allow(c.listener.limits.IdleTimeout) }

// Allow is Progress with another timeout until the next.
func (c *Conn) Allow(timeout time.Duration) {
	if c.idle != nil {
		c.idle.Reset(timeout)
	}
	c.touch()
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

// end makes reads fail as after a deadline, now and later, so that the server
// can still say why it closes the connection.
func (c *Conn) end() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.ended = true
	c.Conn.SetReadDeadline(past) //nolint:errcheck // It fails on a closed connection, which has ended.
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.ended {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.ended {
		return c.Conn.SetWriteDeadline(t)
	}
	return c.Conn.SetDeadline(t)
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	for _, timer := range []*time.Timer{c.idle, c.lifetime} {
		if timer != nil {
			timer.Stop()
		}
	}
	c.listener.lock.Lock()
	c.listener.remove(c)
	c.listener.lock.Unlock()
	return c.Conn.Close()
}
