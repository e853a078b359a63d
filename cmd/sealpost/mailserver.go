package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"

	"sealpost/internal/mtasts"
	"sealpost/internal/reportintake"
	"sealpost/internal/smtpintake"
)

const (
	smtpAddress = "127.0.0.1:2525"
	smtpOff     = "off"
)

// smtpOption is where mails are taken in. Whoever names a place gets that or an
// error. Whoever names none gets the usual one if it is free: what else uses it
// must not keep policies from being served.
type smtpOption struct {
	address string
	isNamed bool
}

// String implements flag.Value.
func (o *smtpOption) String() string { return o.address }

// Set implements flag.Value.
func (o *smtpOption) Set(address string) error {
	o.address, o.isNamed = address, true
	return nil
}

// mailServer takes in reports by mail, or not, with a reason.
type mailServer struct {
	listener net.Listener // Nil where it does not.
	whyNot   string
	domain   string // The only one that mails are taken for; may be empty.
}

// openMail listens for mails. Who can be reached by others has to say whose
// mail is wanted, so as not to be taken for a server that relays.
func openMail(option smtpOption, reportsDomain string) (mailServer, error) {
	domain, err := parseReportsDomain(reportsDomain)
	if err != nil {
		return mailServer{}, err
	}
	if option.address == smtpOff {
		return mailServer{whyNot: "off, since -smtp says so", domain: domain}, nil
	}
	if domain == "" && !isLoopback(option.address) {
		return mailServer{}, fmt.Errorf("others may reach -smtp %s; say with -reports-domain for which domain mail is taken there, or give an address such as %s", option.address, smtpAddress)
	}
	listener, err := net.Listen("tcp", option.address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && !option.isNamed:
		return mailServer{whyNot: fmt.Sprintf("off, since another program listens on %s; choose another address with -smtp", option.address), domain: domain}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return mailServer{}, fmt.Errorf("another program listens on %s already; end it, or choose another address with -smtp", option.address)
	case err != nil:
		return mailServer{}, fmt.Errorf("cannot listen on %q: %w; give -smtp an address such as %s, or %s", option.address, err, smtpAddress, smtpOff)
	}
	return mailServer{listener: listener, domain: domain}, nil
}

// parseReportsDomain reads -reports-domain, which may be left out.
func parseReportsDomain(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	domain, err := mtasts.ParseDomain(name)
	if err != nil {
		return "", fmt.Errorf("-reports-domain: %w", err)
	}
	return domain, nil
}

func (m mailServer) close() {
	if m.listener != nil {
		m.listener.Close() //nolint:errcheck // It is closed already where all went well.
	}
}

// isLoopback says whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return true // Listening there fails, and says why.
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// String says where mails go.
func (m mailServer) String() string {
	switch {
	case m.listener == nil:
		return m.whyNot
	case m.domain == "":
		return fmt.Sprintf("smtp://%s, for every recipient; nothing is sent on", m.listener.Addr())
	default:
		return fmt.Sprintf("smtp://%s, for %s; nothing is sent on", m.listener.Addr(), m.domain)
	}
}

// runningMail is a mail server at work, and how it ended. It never ends where
// there is none.
type runningMail struct {
	server smtpintake.BoundedServer // Zero where there is none.
	ended  chan error
}

func (s *site) serveMail(t terminal, log *slog.Logger, mail mailServer) runningMail {
	running := runningMail{ended: make(chan error, 1)}
	if mail.listener == nil {
		return running
	}
	running.server = smtpintake.Server{Intake: s.intake(reportintake.Alert(s.alerts(t))), Log: log, ReportsDomain: mail.domain}.New()
	go func() {
		running.ended <- running.server.Serve(mail.listener)
	}()
	return running
}

// finish lets mails under way come to their end, while there is time. A mail
// that is cut off has had no answer, and comes again.
func (r runningMail) finish(ctx context.Context) error {
	if r.server.Server == nil {
		return nil
	}
	err := r.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// curlMail gives the command that sends a file as a mail.
func (m mailServer) curlMail(file string) string {
	domain := m.domain
	if domain == "" {
		domain = exampleReportsDomain
	}
	return strings.Join([]string{"curl", "-sS", "smtp://" + m.listener.Addr().String(), "--mail-from", "tls-reports@" + exampleSender,
		"--mail-rcpt", "reports@" + domain, "--upload-file", file}, " ")
}
