package digest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Envelope says of a message what the digest does not.
type Envelope struct {
	From      string   // An address, with or without a name.
	To        []string // The same, each.
	Date      time.Time
	MessageID string // Without angle brackets.
}

// boundary stands between the parts. Quoted-printable text cannot hold "=_",
// so nothing that a reporter wrote ends a part.
const boundary = "=_digest"

// Message writes the digest as a mail (RFC 5322) that holds it as text and, for
// programs that can show it, as HTML.
func Message(d Digest, e Envelope) ([]byte, error) {
	var b bytes.Buffer
	if err := writeHeader(&b, d, e); err != nil {
		return nil, fmt.Errorf("write digest as a mail: %w", err)
	}
	parts := multipart.NewWriter(&b)
	if err := parts.SetBoundary(boundary); err != nil {
		return nil, fmt.Errorf("write digest as a mail: %w", err)
	}
	// RFC 2046, section 5.1.4: the plainest comes first.
	if err := writePart(parts, "text/plain", d.Text); err != nil {
		return nil, err
	}
	if err := writePart(parts, "text/html", func(w io.Writer) error { return d.HTML(w, Options{}) }); err != nil {
		return nil, err
	}
	if err := parts.Close(); err != nil {
		return nil, fmt.Errorf("write digest as a mail: %w", err)
	}
	return b.Bytes(), nil
}

func writeHeader(b *bytes.Buffer, d Digest, e Envelope) error {
	from, err := address(e.From)
	if err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	to, err := addresses(e.To)
	if err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	// A message's id has the form of an address (RFC 5322, section 3.6.4).
	if id, err := address("<" + e.MessageID + ">"); err != nil || id.Address != e.MessageID {
		return fmt.Errorf("%q cannot be the id of a message", e.MessageID)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	for _, field := range [][2]string{
		{"From", from.String()},
		{"To", to},
		{"Subject", d.Subject()},
		{"Date", e.Date.Format(time.RFC1123Z)},
		{"Message-ID", "<" + e.MessageID + ">"},
		{"List-Id", "TLS reports <tls-rpt." + domain + ">"}, // RFC 2919: what to sort by.
		{"Auto-Submitted", "auto-generated"},                // RFC 3834: nothing is to answer.
		{"MIME-Version", "1.0"},
		{"Content-Type", mime.FormatMediaType("multipart/alternative", map[string]string{"boundary": boundary})},
	} {
		fmt.Fprintf(b, "%s: %s\r\n", field[0], field[1])
	}
	b.WriteString("\r\n")
	return nil
}

// addresses gives the value of a field, an address a line.
func addresses(list []string) (string, error) {
	var field []string
	for _, s := range list {
		a, err := address(s)
		if err != nil {
			return "", err
		}
		field = append(field, a.String())
	}
	if len(field) == 0 {
		return "", errors.New("there is none")
	}
	return strings.Join(field, ",\r\n "), nil
}

// address reads an address. Beyond ASCII it would need an extension on its
// whole way (RFC 6531); its name need not.
func address(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not a mail address, such as postmaster@example.com: %w", s, err)
	}
	if strings.ContainsFunc(a.Address, func(r rune) bool { return r > '~' }) {
		return nil, fmt.Errorf("%q is not a mail address of ASCII characters", s)
	}
	return a, nil
}

func writePart(parts *multipart.Writer, mediaType string, content func(io.Writer) error) error {
	part, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {mediaType + "; charset=utf-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return fmt.Errorf("write digest as %s: %w", mediaType, err)
	}
	w := quotedprintable.NewWriter(part)
	if err := content(w); err != nil {
		return fmt.Errorf("write digest as %s: %w", mediaType, err)
	}
	return w.Close()
}

// Subject says in some words what [Digest.Headline] says in a sentence.
func (d Digest) Subject() string {
	return fmt.Sprintf("[TLS-RPT] %s: %s, %s", d.Week, amount(len(d.Domains), "domain"), d.outcome())
}

func (d Digest) outcome() string {
	act, look, silent := len(d.asking(Act)), len(d.asking(Look)), d.silent()
	switch {
	case act == 1:
		return "1 needs action"
	case act > 1:
		return grouped(int64(act)) + " need action"
	case look > 0:
		return grouped(int64(look)) + " to look at"
	case urgency(d.Findings) == Look:
		return "the archive to look at"
	case silent == len(d.Domains):
		return "no report"
	case silent > 0:
		return grouped(int64(silent)) + " without a report"
	default:
		return "no failure"
	}
}
