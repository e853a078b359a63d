package smtpintake

import (
	"bytes"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"sealpost/internal/netlimit"
)

// The bounds on connections. RFC 5321, section 4.5.3.2.7, asks to wait five
// minutes for a command; that is for servers that take any mail, and lets anyone
// hold a connection for nothing.
const (
	maxConnections = 64
	maxPerPeer     = 8
	idleTimeout    = time.Minute     // Until a mail begins; NOOP does not count.
	mailTimeout    = 5 * time.Minute // For a mail to come.
	maxSession     = 30 * time.Minute

	// maxCommand is the longest line outside of a mail. RFC 5321, section 4.5.3.1.4,
	// has 512 bytes; a chunk (RFC 3030) may be read ahead of its reader by 36 KiB.
	maxCommand = 64 << 10
	maxPath    = 1024 // Bytes of an address; RFC 5321, section 4.5.3.1.3, has 256.
)

// listener bounds the connections that it accepts, and the lines of their commands.
type listener struct{ net.Listener }

func listen(l net.Listener) net.Listener {
	return listener{netlimit.Listen(l, netlimit.Limits{Total: maxConnections, PerPeer: maxPerPeer, IdleTimeout: idleTimeout, MaxLifetime: maxSession})}
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c.(*netlimit.Conn)}, nil
}

// connection is one connection of a sender. The library bounds commands and
// mails by the same length of a line, and keeps what comes of a command in
// memory; so commands are bounded here.
type connection struct {
	*netlimit.Conn
	line   int // Bytes of the command under way.
	inMail atomic.Bool
}

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.inMail.Load() {
		c.line = 0
		return n, err
	}
	if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
		c.line = n - end - 1
	} else {
		c.line += n
	}
	if c.line > maxCommand {
		return 0, smtp.ErrTooLongLine
	}
	return n, err
}

// beginMail has lines of any length, and time for a mail.
func (c *connection) beginMail() {
	c.inMail.Store(true)
	c.Allow(mailTimeout)
}

// judgeMail lets no more time pass for the sender than we take ourselves.
func (c *connection) judgeMail() { c.Allow(keepTimeout + idleTimeout) }

// endMail is the end of what beginMail began.
func (c *connection) endMail() {
	if c.inMail.Swap(false) {
		c.Progress()
	}
}
