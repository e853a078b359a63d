package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"

	"sealpost/internal/weekly"
)

// submission is the way of a mail through a mail server of the user's.
type submission struct {
	server string // Host and port.
	from   string
	to     []string
}

var _ weekly.Mailer = submission{}

func (s *submission) define(f *flag.FlagSet) {
	f.StringVar(&s.server, "smtp", "", "the `HOST:PORT` of a mail server that takes the mail without a password")
	f.StringVar(&s.from, "from", "", "the `ADDRESS` that it comes from")
	f.Func("to", "an `ADDRESS` that it goes to; may be given again", func(address string) error {
		s.to = append(s.to, address)
		return nil
	})
}

func (s submission) isZero() bool { return s.server == "" && s.from == "" && len(s.to) == 0 }

// check says what is missing or wrong, before anything is done.
func (s submission) check() error {
	if missing := s.missing(); len(missing) > 0 {
		return misusef("to mail the digest, name %s, such as -smtp localhost:25 -from tls@example.com -to postmaster@example.com", strings.Join(missing, " and "))
	}
	if host, port, err := net.SplitHostPort(s.server); err != nil || host == "" || port == "" {
		return misusef("-smtp is %q; it takes a host and a port, such as localhost:25", s.server)
	}
	if _, err := mail.ParseAddress(s.from); err != nil {
		return misusef("-from is %q; it takes one mail address, such as tls@example.com", s.from)
	}
	for _, to := range s.to {
		if _, err := mail.ParseAddress(to); err != nil {
			return misusef("-to is %q; it takes one mail address, such as postmaster@example.com, and may be given again", to)
		}
	}
	return nil
}

func (s submission) missing() []string {
	var missing []string
	for _, part := range []struct {
		is   bool
		what string
	}{
		{s.server != "", "your mail server with -smtp"},
		{s.from != "", "the sender with -from"},
		{len(s.to) > 0, "the recipients with -to"},
	} {
		if !part.is {
			missing = append(missing, part.what)
		}
	}
	return missing
}

// All of it is done before anybody takes the mail for one that is in doubt.
const (
	smtpConnect = 15 * time.Second
	smtpCommand = 15 * time.Second
	smtpTaken   = 45 * time.Second // Until the server says that it has the mail.
)

// Send implements weekly.Mailer. Only of a server that breaks off when it has the
// whole mail nobody knows whether it took it.
func (s submission) Send(ctx context.Context, from string, to []string, raw []byte) (id string, err error) {
	client, err := s.connect(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: %w", weekly.ErrNotSent, err)
	}
	defer client.Close() //nolint:errcheck // What counts has been answered.
	client.CommandTimeout, client.SubmissionTimeout = smtpCommand, smtpTaken
	data, err := begin(client, from, to)
	if err == nil {
		_, err = data.Write(raw)
	}
	if err != nil {
		return "", fmt.Errorf("%w: the mail server %s: %w", weekly.ErrNotSent, s.server, err)
	}
	var refused *smtp.SMTPError
	switch answer, err := data.CloseWithResponse(); {
	case errors.As(err, &refused):
		return "", fmt.Errorf("%w: the mail server %s: %w", weekly.ErrNotSent, s.server, err)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		return "", fmt.Errorf("the mail server %s broke off before it said whether it took the mail", s.server)
	case err != nil:
		return "", fmt.Errorf("the mail server %s: %w", s.server, err)
	default:
		return answer.StatusText, nil
	}
}

func begin(client *smtp.Client, from string, to []string) (*smtp.DataCommand, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, err
	}
	if err := client.Mail(sender.Address, nil); err != nil {
		return nil, err
	}
	for _, one := range to {
		recipient, err := mail.ParseAddress(one)
		if err != nil {
			return nil, err
		}
		if err := client.Rcpt(recipient.Address, nil); err != nil {
			return nil, err
		}
	}
	return client.Data()
}

// connect encrypts, and knows the server by its certificate, but for one on this
// machine.
func (s submission) connect(ctx context.Context) (*smtp.Client, error) {
	dialer := net.Dialer{Timeout: smtpConnect}
	connection, err := dialer.DialContext(ctx, "tcp", s.server)
	if err != nil {
		return nil, err
	}
	if isLoopback(connection.RemoteAddr().String()) {
		return smtp.NewClient(connection), nil
	}
	host, _, _ := net.SplitHostPort(s.server) //nolint:errcheck // It was dialled.
	client, err := smtp.NewClientStartTLS(connection, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	if err != nil {
		connection.Close() //nolint:errcheck // It was of no use.
		return nil, fmt.Errorf("encrypt the connection to %s: %w", s.server, err)
	}
	return client, nil
}
