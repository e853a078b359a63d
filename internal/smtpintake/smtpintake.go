// Package smtpintake takes in reports by SMTP (RFC 5321): a mail server that
// keeps reports and sends nothing on.
package smtpintake

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-smtp"

	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

const (
	maxRecipients = 100 // RFC 5321, section 4.5.3.1.8, asks for no fewer.
	writeTimeout  = time.Minute
	keepTimeout   = 2 * time.Minute // To judge and store a mail. The sender waits for ten (RFC 5321, section 4.5.3.2.6).
)

// Server says what a server is for.
type Server struct {
	Intake *reportintake.Intake
	Log    *slog.Logger

	// ReportsDomain is the only domain that mails are taken for, in lower-case
	// A-labels. Without it they are taken for every recipient, which is fit for
	// a listener that nobody else can reach.
	ReportsDomain string
}

// BoundedServer is an SMTP server with bounded connections: see [netlimit.Listen].
type BoundedServer struct{ *smtp.Server }

// Serve accepts connections until the server ends.
func (r BoundedServer) Serve(l net.Listener) error { return r.Server.Serve(listen(l)) }

// New makes a server of it. It has no TLS, and knows no senders: reports are
// believed by their signatures alone (RFC 8460, section 3).
func (s Server) New() BoundedServer {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		connection, is := c.Conn().(*connection)
		if !is {
			return nil, errNotBounded
		}
		return &session{server: s, connection: connection}, nil
	}))
	server.Domain = "localhost"
	if s.ReportsDomain != "" {
		server.Domain = s.ReportsDomain
	}
	server.MaxMessageBytes = tlsrpt.MaxMail
	server.MaxLineLength = 0 // Some gateways put the whole of a report on one line; commands are bounded by the connection.
	server.MaxRecipients = maxRecipients
	server.ReadTimeout = mailTimeout
	server.WriteTimeout = writeTimeout
	server.EnableSMTPUTF8 = true
	server.ErrorLog = slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn)
	return BoundedServer{server}
}

var errNotBounded = errors.New("the connection is not one that BoundedServer.Serve accepted")
