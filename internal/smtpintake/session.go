package smtpintake

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-smtp"

	"sealpost/internal/reportintake"
)

// session is one connection of a sender.
type session struct {
	server     Server
	connection *connection

	// Of the mail under way. One that comes in chunks is read concurrently with the
	// commands after it.
	envelope atomic.Pointer[envelope]
}

// envelope is what MAIL says of a mail.
type envelope struct {
	from string
	size int64 // That it declares (RFC 1870), or -1.
}

var _ smtp.Session = (*session)(nil)

// Mail takes mails from everybody: whom to believe is a matter of signatures.
func (s *session) Mail(from string, options *smtp.MailOptions) error {
	if len(from) > maxPath {
		return errLongPath
	}
	if s.connection.mails++; s.connection.mails > maxMails {
		return errManyMails
	}
	declared := int64(-1)
	if options != nil && options.Size > 0 {
		declared = options.Size
	}
	s.envelope.Store(&envelope{from, declared})
	return nil
}

var errNoRelay = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1},
	Message: "Reports only: nothing is taken for that domain, and nothing is sent on"}

var errManyMails = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0},
	Message: "Too many mails on one connection; please connect again for the next"}

var errLongPath = &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "The address is too long"}

// Rcpt takes mails for every name in the reports domain, so also for its
// postmaster (RFC 5321, section 4.5.1).
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if len(to) > maxPath {
		return errLongPath
	}
	domain := strings.TrimSuffix(to[strings.LastIndexByte(to, '@')+1:], ".")
	if s.server.ReportsDomain == "" || strings.EqualFold(domain, s.server.ReportsDomain) {
		return nil
	}
	return errNoRelay
}

var (
	errNotWhole = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2},
		Message: "The mail did not come whole; please send it again"}
	errBusy = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2},
		Message: "Too many reports are being received; please send the mail again later"}
	errNotKept = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0},
		Message: "The mail could not be judged or stored now; please send it again later"}
)

// tooMuch is what the library answers to a mail that is over its limit.
func tooMuch(why string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "Not kept: " + why}
}

// Data answers 250 only once all that is in the mail is kept.
func (s *session) Data(r io.Reader) error {
	d := delivery{s, envelope{size: -1}}
	if sent := s.envelope.Load(); sent != nil {
		d.envelope = *sent
	}
	r = s.connection.beginMail(r)
	err := d.receive(r)
	if err != nil {
		io.Copy(io.Discard, r) //nolint:errcheck // The answer is given once all has come, or the sender is gone.
	}
	return err
}

// delivery is one mail of a session, with the envelope that it began with.
type delivery struct {
	*session
	envelope envelope
}

func (d delivery) receive(r io.Reader) error {
	ctx, cancel := context.WithTimeout(context.Background(), mailTimeout)
	defer cancel()
	mail, err := d.server.Intake.ReadMail(ctx, r, d.envelope.size)
	defer mail.Release()
	raw := mail.Bytes
	if answer := (*smtp.SMTPError)(nil); errors.As(err, &answer) {
		return d.say(len(raw), answer, nil, err)
	}
	switch {
	case errors.Is(err, reportintake.ErrBusy):
		return d.say(len(raw), errBusy, nil, err)
	case err != nil:
		return d.say(len(raw), errNotWhole, nil, err)
	}
	d.connection.judgeMail()
	return d.take(raw)
}

// take judges and stores a mail.
func (d delivery) take(raw []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), keepTimeout) // Whoever hangs up has had no answer, and sends it again.
	defer cancel()
	receipts, err := d.server.Intake.ReceiveMail(ctx, reportintake.Mail{Raw: raw})
	switch {
	case errors.Is(err, reportintake.ErrBusy):
		return d.say(len(raw), errBusy, nil, err)
	case err != nil:
		return d.say(len(raw), errNotKept, nil, err)
	}
	for _, receipt := range receipts {
		if receipt.Status == reportintake.Refused {
			return d.say(len(raw), tooMuch(problems(receipt)), receipts, nil)
		}
	}
	return d.say(len(raw), nil, receipts, nil)
}

// say puts a mail's one line into the log, and gives the answer; nil is 250.
func (d delivery) say(size int, answer *smtp.SMTPError, receipts []reportintake.Receipt, err error) error {
	attributes := []any{"answer", 250, "peer", d.connection.RemoteAddr().String(), "sender", d.envelope.from, "bytes", size}
	if answer != nil {
		attributes[1] = answer.Code
	}
	for _, receipt := range receipts {
		attributes = append(attributes, "status", receipt.Status)
		if receipt.Reason != "" {
			attributes = append(attributes, "reason", receipt.Reason)
		}
		if receipt.Key != "" {
			attributes = append(attributes, "key", receipt.Key)
		}
		if len(receipt.Problems) > 0 {
			attributes = append(attributes, "problem", problems(receipt))
		}
	}
	if err != nil {
		d.server.Log.Error("mail not kept", append(attributes, "error", err)...)
	} else {
		d.server.Log.Info("mail", attributes...)
	}
	if answer == nil {
		return nil // Of the interface's type.
	}
	return answer
}

const maxShown = 300 // Bytes of what is wrong, in a log and in an answer.

// problems words what is wrong on one line.
func problems(receipt reportintake.Receipt) string {
	var all []string
	for _, problem := range receipt.Problems {
		all = append(all, problem.String())
	}
	text := strings.Map(printable, strings.Join(all, "; "))
	return strings.ToValidUTF8(text[:min(len(text), maxShown)], "")
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?' // An answer is ASCII (RFC 5321, section 2.4).
	}
	return r
}

// Reset forgets the mail under way.
func (s *session) Reset() {
	s.envelope.Store(nil)
	s.connection.endMail()
}

// Logout has nothing to put away.
func (s *session) Logout() error { return nil }
