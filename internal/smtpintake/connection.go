package smtpintake

import (
	"bytes"
	"io"
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
	maxMails       = 100 // Of one connection. A mail that is broken off between chunks ends some time after the command that ends it.

	// maxCommand is the longest line outside of a mail. RFC 5321, section 4.5.3.1.4,
	// has 512 bytes; a chunk (RFC 3030) may be read ahead of its reader by 36 KiB.
	maxCommand = 64 << 10
	maxPath    = 1024 // Bytes of an address; RFC 5321, section 4.5.3.1.3, has 256.
)

// listener bounds the connections that it accepts, and the lines of their commands.
type listener struct{ net.Listener }

func listen(l net.Listener) net.Listener {
	return listener{netlimit.Listen(l, netlimit.Limits{
		Total: maxConnections, PerPeer: maxPerPeer, IdleTimeout: idleTimeout, MaxLifetime: maxSession,
	})}
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
	mails       int          // That the sender began.
	line        atomic.Int64 // Bytes of the line under way.
	inMail      atomic.Bool
	isUnbounded atomic.Bool // Lines may have any length: after DATA, no command comes before the end of the mail.
}

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.isUnbounded.Load() {
		c.line.Store(0)
		return n, err
	}
	if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
		c.line.Store(int64(n - end - 1))
	} else {
		c.line.Add(int64(n))
	}
	if c.line.Load() > maxCommand {
		return 0, smtp.ErrTooLongLine
	}
	return n, err
}

// chunks reads a mail that comes in chunks (RFC 3030), each after a command. So lines
// stay bounded, but what the mail has read no longer counts.
type chunks struct {
	io.Reader
	connection *connection
}

// Read implements io.Reader.
func (c chunks) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if n > 0 {
		c.connection.line.Store(0)
	}
	return n, err
}

// beginMail gives a mail time, and returns its reader, for which lines may have any
// length.
func (c *connection) beginMail(r io.Reader) io.Reader {
	c.inMail.Store(true)
	c.Allow(mailTimeout)
	if isInChunks(r) {
		return chunks{r, c}
	}
	c.isUnbounded.Store(true)
	return r
}

// isInChunks reports whether a mail comes by BDAT: only then is it piped.
func isInChunks(r io.Reader) bool {
	_, is := r.(*io.PipeReader)
	return is
}

// judgeMail gives the connection the time that we need to store the mail.
func (c *connection) judgeMail() { c.Allow(keepTimeout + idleTimeout) }

// endMail is the end of what beginMail began.
func (c *connection) endMail() {
	c.isUnbounded.Store(false)
	if c.inMail.Swap(false) {
		c.Progress()
	}
}
