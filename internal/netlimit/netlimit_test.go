package netlimit_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/netlimit"
)

// door is a listener that accepts the connections that a test makes.
type door struct{ in chan net.Conn }

func (d door) Accept() (net.Conn, error) { return <-d.in, nil }
func (d door) Close() error              { return nil }
func (d door) Addr() net.Addr            { return nil }

// from is a connection from an address, or by a socket without one.
type from struct {
	net.Conn
	address string
}

func (f from) RemoteAddr() net.Addr {
	if f.address == "" {
		return &net.UnixAddr{}
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(f.address), 1025))
}

// house is where connections are accepted.
type house struct {
	t        *testing.T
	door     door
	listener net.Listener
}

func open(t *testing.T, limits netlimit.Limits) house {
	d := door{make(chan net.Conn, 1)}
	return house{t, d, netlimit.Listen(d, limits)}
}

func (h house) connect(address string) *netlimit.Conn {
	h.t.Helper()
	client, server := net.Pipe()
	h.t.Cleanup(func() { client.Close() })
	h.door.in <- from{server, address}
	accepted, err := h.listener.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { accepted.Close() })
	return accepted.(*netlimit.Conn)
}

func (h house) want(isOpen bool, who string, c *netlimit.Conn) {
	h.t.Helper()
	c.SetReadDeadline(time.Unix(1, 0))
	_, err := c.Read(make([]byte, 1))
	if is := errors.Is(err, os.ErrDeadlineExceeded); is != isOpen {
		h.t.Errorf("%s: open is %v, want %v (%v)", who, is, isOpen, err)
	}
}

func TestWhoMakesRoom(t *testing.T) {
	h := open(t, netlimit.Limits{Total: 4, PerPeer: 2})
	a1, b1, a2 := h.connect("192.0.2.1"), h.connect("2001:db8::1"), h.connect("::ffff:192.0.2.1")
	a1.Progress()
	a3 := h.connect("192.0.2.1")
	h.want(false, "the idle connection of the same peer", a2)
	h.want(true, "the one that made progress", a1)
	h.want(true, "that of another peer", b1)
	b2, b3 := h.connect("2001:db8::2"), h.connect("2001:db8::3")
	h.want(false, "the first of a /64", b1)
	h.want(true, "the second of a /64", b2)
	other := h.connect("2001:db8:0:1::1")
	h.want(false, "the most idle of all", a1)
	a3.Close()
	h.connect("198.51.100.1")
	for name, c := range map[string]*netlimit.Conn{"the most idle, beside a free place": b2, "the last of a /64": b3, "the next /64": other} {
		h.want(true, name, c)
	}
}

// TestActiveIsKept: one that sends slowly does not make room for silent ones.
func TestActiveIsKept(t *testing.T) {
	h := open(t, netlimit.Limits{Total: 3, PerPeer: 2})
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close() })
	h.door.in <- from{server, "127.0.0.1"}
	accepted, err := h.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		h.connect("127.0.0.1")
		go client.Write([]byte("x")) //nolint:errcheck // The read below fails then.
		if _, err := accepted.Read(make([]byte, 1)); err != nil {
			t.Fatalf("the active connection was closed: %v", err)
		}
	}
}

// TestManyOfOnePeer: the peer that has most connections makes room, even if others
// have been inactive for longer.
func TestManyOfOnePeer(t *testing.T) {
	h := open(t, netlimit.Limits{Total: 3, PerPeer: 2})
	alone, first, second := h.connect("198.51.100.1"), h.connect("192.0.2.1"), h.connect("192.0.2.1")
	second.Progress()
	h.connect("203.0.113.1")
	h.want(true, "the only one of its peer", alone)
	h.want(false, "the inactive one of two", first)
	h.want(true, "the active one of two", second)
}

// TestPeers: which addresses are of one peer, that has one connection.
func TestPeers(t *testing.T) {
	for _, test := range []struct {
		first, second string
		same          bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"127.0.0.1", "127.0.0.1", false},
		{"::1", "::1", false},
		{"::ffff:127.0.0.1", "::ffff:127.0.0.1", false},
		{"", "", false},
	} {
		h := open(t, netlimit.Limits{Total: 9, PerPeer: 1})
		first := h.connect(test.first)
		second := h.connect(test.second)
		h.want(!test.same, test.first+", after one from "+test.second, first)
		h.want(true, test.second, second)
	}
}

// TestClosedHoldNoPlace: nor do they get one by what their server notes too late.
func TestClosedHoldNoPlace(t *testing.T) {
	h := open(t, netlimit.Limits{Total: 2, PerPeer: 2})
	first, second := h.connect("192.0.2.1"), h.connect("192.0.2.2")
	second.Close()
	second.Progress()
	h.connect("192.0.2.3")
	h.want(true, "the first, beside a free place", first)
}

func TestLoopbackSpeaksForMany(t *testing.T) {
	h := open(t, netlimit.Limits{Total: 4, PerPeer: 2})
	first := h.connect("127.0.0.1")
	for range 3 {
		h.connect("::1")
	}
	h.want(true, "the first of four", first)
	h.connect("127.0.0.1")
	h.want(false, "the first of five", first)
}

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, netlimit.Limits{Total: 9, PerPeer: 9, IdleTimeout: time.Minute, MaxLifetime: 150 * time.Second})
		begun := time.Now()
		wantEnd := func(c *netlimit.Conn, after time.Duration) {
			t.Helper()
			c.SetReadDeadline(time.Now().Add(time.Hour))
			_, err := c.Read(make([]byte, 1))
			if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != after {
				t.Errorf("%v after %v, want a timeout after %v", err, time.Since(begun), after)
			}
		}
		useful, allowed := h.connect("192.0.2.1"), h.connect("192.0.2.1")
		allowed.Allow(2 * time.Minute)
		go func() {
			time.Sleep(30 * time.Second)
			useful.Allow(time.Hour)
		}()
		wantEnd(h.connect("192.0.2.1"), time.Minute)
		wantEnd(allowed, 2*time.Minute)
		wantEnd(useful, 150*time.Second)
		useful.SetDeadline(time.Now().Add(time.Hour))
		wantEnd(useful, 150*time.Second)
	})
}
