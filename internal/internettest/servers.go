package internettest

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Internet is hosts by address and port, such as 192.0.2.1:25, each a server on
// loopback.
type Internet struct {
	t       testing.TB
	mu      sync.Mutex
	servers map[string]net.Addr
	lost    map[string]bool // Addresses to which there is no way.
	silent  map[string]bool // Addresses with ports at which nothing answers.
}

// New gives an empty one.
func New(t testing.TB) *Internet {
	return &Internet{t: t, servers: make(map[string]net.Addr), lost: make(map[string]bool), silent: make(map[string]bool)}
}

// Dial connects to the server that stands for a host. Where there is none, the
// connection is refused.
func (i *Internet) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	server, lost, silent := i.servers[address], i.lost[host], i.silent[address]
	i.mu.Unlock()
	switch {
	case lost:
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
	case silent:
		return nil, &net.OpError{Op: "dial", Net: network, Err: context.DeadlineExceeded}
	case server == nil:
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	return new(net.Dialer).DialContext(ctx, server.Network(), server.String())
}

// Server is where the server listens that stands for an address with its port.
func (i *Internet) Server(address string) (string, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	server, is := i.servers[address]
	if !is {
		return "", false
	}
	return server.String(), true
}

// Lose takes the way to an address away.
func (i *Internet) Lose(address string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.lost[address] = true
}

// Silence has nothing answer at an address with its port: whoever connects there
// hears at once that the time is over, however long it may be.
func (i *Internet) Silence(address string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.silent[address] = true
}

// Listen has serve answer every connection to an address with its port, until the
// test ends.
func (i *Internet) Listen(address string, serve func(net.Conn)) net.Addr {
	i.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	i.servers[address] = listener.Addr()
	i.mu.Unlock()
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				i.t.Error(err)
				return
			}
			connections.Go(func() {
				defer connection.Close()
				serve(connection)
			})
		}
	})
	i.t.Cleanup(func() {
		listener.Close() //nolint:errcheck // It only listens.
		connections.Wait()
	})
	return listener.Addr()
}

// Web is a web server.
type Web struct {
	Certificate tls.Certificate
	MaxTLS      uint16
	Ciphers     []uint16
	Bears       func(*tls.ClientHelloInfo) bool // Whether it goes on with an offer; else it closes the connection, without an alert. Nil for any.
	Handler     http.Handler
}

// Web serves at an address with its port.
func (i *Internet) Web(address string, web Web) net.Addr {
	i.t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{web.Certificate}, MinVersion: tls.VersionTLS10, MaxVersion: web.MaxTLS, CipherSuites: web.Ciphers, GetConfigForClient: closing(web.Bears)}
	return i.Listen(address, func(connection net.Conn) {
		secured := tls.Server(connection, config)
		if secured.Handshake() != nil {
			return
		}
		serveOne(secured, web.Handler)
	})
}

// closing ends a handshake before its time.
func closing(bears func(*tls.ClientHelloInfo) bool) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if bears != nil && !bears(hello) {
			return nil, hello.Conn.Close()
		}
		return nil, nil
	}
}

func serveOne(connection net.Conn, handler http.Handler) {
	one := &oneConnection{connection: connection, closed: make(chan struct{})}
	server := http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0), ConnState: one.state}
	server.Serve(one) //nolint:errcheck // It ends with the connection.
}

// oneConnection is a listener for one that is there already.
type oneConnection struct {
	connection net.Conn
	given      bool
	once       sync.Once
	closed     chan struct{}
}

func (o *oneConnection) Accept() (net.Conn, error) {
	if o.given {
		<-o.closed
		return nil, net.ErrClosed
	}
	o.given = true
	return o.connection, nil
}

func (o *oneConnection) state(_ net.Conn, state http.ConnState) {
	if state == http.StateClosed || state == http.StateHijacked {
		o.Close() //nolint:errcheck // It never fails.
	}
}

func (o *oneConnection) Close() error   { o.once.Do(func() { close(o.closed) }); return nil }
func (o *oneConnection) Addr() net.Addr { return o.connection.LocalAddr() }

// Mail is a mail server, up to the handshake. What is empty is as it should be.
type Mail struct {
	Certificate tls.Certificate
	ByName      map[string]tls.Certificate // Those for hosts by their names.
	MaxTLS      uint16
	Ciphers     []uint16
	Bears       func(*tls.ClientHelloInfo) bool // As of Web.
	Greeting    string                          // Replies, with their codes.
	EHLO        string
	StartTLS    string
	Hangs       string // Says nothing more at "greeting", "EHLO", "STARTTLS" or "handshake".
	Closes      string // Closes the connection there.
}

const (
	greeting = "220 mx.example ESMTP"
	ehlo     = "250-mx.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME"
	startTLS = "220 Go ahead"
)

// Mail serves at an address with its port.
func (i *Internet) Mail(address string, mail Mail) net.Addr {
	i.t.Helper()
	return i.Listen(address, mail.serve)
}

func (m Mail) serve(connection net.Conn) {
	reader := bufio.NewReader(connection)
	if !m.say(connection, "greeting", cmp.Or(m.Greeting, greeting)) {
		return
	}
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.ToUpper(verb) {
		case "EHLO":
			if !m.say(connection, "EHLO", cmp.Or(m.EHLO, ehlo)) {
				return
			}
		case "STARTTLS":
			if !m.say(connection, "STARTTLS", cmp.Or(m.StartTLS, startTLS)) {
				return
			}
			if m.StartTLS == "" {
				m.secure(connection)
				return
			}
		case "QUIT":
			return
		default:
			io.WriteString(connection, "502 What?\r\n") //nolint:errcheck // Whoever asked is gone.
		}
	}
}

func (m Mail) say(connection net.Conn, stage, reply string) bool {
	if !m.comesTo(connection, stage) {
		return false
	}
	_, err := io.WriteString(connection, reply+"\r\n")
	return err == nil
}

func (m Mail) comesTo(connection net.Conn, stage string) bool {
	if stage == m.Hangs {
		io.Copy(io.Discard, connection) //nolint:errcheck // Until the other side has enough.
	}
	return stage != m.Hangs && stage != m.Closes
}

// secure makes the handshake, and waits for the other side to go.
func (m Mail) secure(connection net.Conn) {
	if !m.comesTo(connection, "handshake") {
		return
	}
	secured := tls.Server(connection, &tls.Config{GetCertificate: m.certificate, MinVersion: tls.VersionTLS10, MaxVersion: m.MaxTLS, CipherSuites: m.Ciphers, GetConfigForClient: closing(m.Bears)})
	if secured.Handshake() == nil {
		io.Copy(io.Discard, secured) //nolint:errcheck // The same.
	}
}

// Plain serves HTTP without TLS at an address with its port.
func (i *Internet) Plain(address string, handler http.Handler) net.Addr {
	i.t.Helper()
	return i.Listen(address, func(connection net.Conn) { serveOne(connection, handler) })
}

func (m Mail) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if named, is := m.ByName[hello.ServerName]; is {
		return &named, nil
	}
	return &m.Certificate, nil
}
