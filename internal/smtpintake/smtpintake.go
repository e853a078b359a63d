// Package smtpintake takes in reports by SMTP (RFC 5321): a mail server that
// keeps reports and sends nothing on.
package smtpintake

import (
	"log/slog"
	"time"

	"github.com/emersion/go-smtp"

	"sealpost/internal/reportintake"
	"sealpost/internal/tlsrpt"
)

// MaxConnections is how many connections are good to have at once: each may
// hold a mail of [tlsrpt.MaxMail]. It is for whoever listens to see to.
const MaxConnections = 10

const (
	maxRecipients = 100             // RFC 5321, section 4.5.3.1.8, asks for no fewer.
	readTimeout   = 5 * time.Minute // For a command, or a whole mail; RFC 5321, section 4.5.3.2.7.
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

// New makes a server of it. It has no TLS, and knows no senders: reports are
// believed by their signatures alone (RFC 8460, section 3).
func (s Server) New() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, peer: c.Conn().RemoteAddr().String()}, nil
	}))
	server.Domain = "localhost"
	if s.ReportsDomain != "" {
		server.Domain = s.ReportsDomain
	}
	server.MaxMessageBytes = tlsrpt.MaxMail
	server.MaxLineLength = tlsrpt.MaxMail // Some gateways put the whole of a report on one line.
	server.MaxRecipients = maxRecipients
	server.ReadTimeout = readTimeout
	server.WriteTimeout = writeTimeout
	server.EnableSMTPUTF8 = true
	server.ErrorLog = slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn)
	return server
}
