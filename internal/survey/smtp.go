package survey

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"syscall"
	"time"
)

// maxTalk is more than any host says before its handshake.
const maxTalk = 64 << 10

// talk speaks SMTP with an address up to the handshake, as a sender does before
// each delivery (RFC 3207). It names no mail.
func (l *look) talk(ctx context.Context, host string, address netip.Addr) Talk {
	defer l.connections.take(maxConnections)()
	return byOffers(func(o offer) Talk { return l.talkOffering(ctx, host, address, o) })
}

func (t Talk) handshake() *TLS { return t.TLS }

func (l *look) talkOffering(ctx context.Context, host string, address netip.Addr, offered offer) Talk {
	limited, cancel := context.WithTimeout(ctx, l.timeout())
	defer cancel()
	seen := Talk{Address: address}
	var connection net.Conn
	if connection, seen.Reach, seen.Why = l.connect(limited, address, l.smtpPort()); seen.Reach != Reached {
		return seen
	}
	defer connection.Close()
	stop := context.AfterFunc(limited, func() { connection.SetDeadline(time.Unix(1, 0)) }) //nolint:errcheck // Then it waits for the close.
	defer stop()
	c := conversation{Talk: &seen, connection: connection, reader: textproto.NewConn(bounded(connection))}
	if !c.greeted() || !c.introduced(l.hello(connection)) || !c.readyForTLS() {
		c.quit(connection)
		return seen
	}
	var secured *tls.Conn
	if secured, seen.TLS = l.handshake(limited, connection, host, offered); secured == nil {
		return seen
	}
	c.quit(secured)
	connection.Close() //nolint:errcheck // All is said.
	seen.TLS.Certificate = l.inspect(ctx, host, secured)
	return seen
}

// bounded reads so much and no more.
func bounded(connection net.Conn) io.ReadWriteCloser {
	return struct {
		io.Reader
		io.Writer
		io.Closer
	}{io.LimitReader(connection, maxTalk), connection, connection}
}

// conversation is one in SMTP (RFC 5321).
type conversation struct {
	*Talk
	connection net.Conn
	reader     *textproto.Conn
}

func (c *conversation) greeted() bool {
	code, text, ok := c.hear(Greeting)
	c.Banner = text
	return ok && c.expect(Greeting, code, text, 220)
}

func (c *conversation) introduced(hello string) bool {
	code, text, ok := c.say(EHLO, "EHLO "+hello)
	if !ok || !c.expect(EHLO, code, text, 250) {
		return false
	}
	lines := strings.Split(text, "\n")
	c.Extensions = lines[1:]
	return true
}

// offers reports whether the answer to EHLO has a keyword.
func (t Talk) offers(keyword string) bool {
	for _, line := range t.Extensions {
		word, _, _ := strings.Cut(line, " ")
		if strings.EqualFold(word, keyword) {
			return true
		}
	}
	return false
}

// OffersTLS reports whether the host offers STARTTLS.
func (t Talk) OffersTLS() bool { return t.offers("STARTTLS") }

func (c *conversation) readyForTLS() bool {
	if !c.OffersTLS() {
		return false
	}
	code, text, ok := c.say(StartTLS, "STARTTLS")
	return ok && c.expect(StartTLS, code, text, 220)
}

func (c *conversation) expect(stage Stage, code int, text string, want int) bool {
	if code != want {
		c.Ended = &Ending{Stage: stage, Code: code, Text: text}
	}
	return code == want
}

func (c *conversation) say(stage Stage, line string) (code int, text string, ok bool) {
	if err := c.reader.PrintfLine("%s", line); err != nil {
		c.Ended = ending(stage, err)
		return 0, "", false
	}
	return c.hear(stage)
}

func (c *conversation) hear(stage Stage) (code int, text string, ok bool) {
	code, text, err := c.reply()
	if err != nil {
		c.Ended = ending(stage, err)
		return 0, "", false
	}
	return code, text, true
}

// reply does not wait for the rest of what does not begin like one.
func (c *conversation) reply() (code int, text string, err error) {
	begin, err := c.reader.R.Peek(3)
	if err != nil {
		return 0, "", err
	}
	if !isDigits(string(begin)) {
		return 0, "", textproto.ProtocolError("no reply code")
	}
	return c.reader.ReadResponse(0)
}

func ending(stage Stage, err error) *Ending {
	var protocol textproto.ProtocolError
	switch {
	case isTimeout(err):
		return &Ending{Stage: stage, Text: "it says nothing in time", TimedOut: true}
	case errors.As(err, &protocol):
		return &Ending{Stage: stage, Text: "it answers what is not SMTP"}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		return &Ending{Stage: stage, Text: "it closes the connection"}
	default:
		return &Ending{Stage: stage, Text: cause(err)}
	}
}

// quit takes leave, and does not wait for the answer.
func (c *conversation) quit(w io.Writer) {
	io.WriteString(w, "QUIT\r\n") //nolint:errcheck // It is a courtesy.
}

// hello is the name that we give, or else our address (RFC 5321, section 4.1.3).
func (l *Looker) hello(connection net.Conn) string {
	if l.Hello != "" {
		return l.Hello
	}
	host, _, err := net.SplitHostPort(connection.LocalAddr().String())
	if err != nil {
		return "localhost"
	}
	if strings.Contains(host, ":") {
		return "[IPv6:" + host + "]"
	}
	return "[" + host + "]"
}
