package tlsrpt

import (
	"bytes"
	"fmt"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// The limits on a mail. RFC 8460 sets none.
const (
	MaxMail        = 32 << 20  // Bytes of a mail: a report of MaxSize fits in, in base64.
	MaxMailHeader  = 128 << 10 // Bytes of the header of a mail, or of one of its parts.
	MaxMailDepth   = 10        // Nested parts; RFC 8460, section 5.3, needs 2.
	MaxMailParts   = 200       // Parts, in all.
	MaxAttachments = 20        // Reports in one mail; RFC 8460 has one.
)

// Message is a mail that has reports in it, and what its header says. None of
// it is proven: see RFC 8460, section 3, on signatures.
//
// A field that stands more than once is left empty, since nobody can tell which
// of them is meant.
type Message struct {
	From        string // Address of the author; empty, too, where there are several.
	Subject     string
	Domain      string // TLS-Report-Domain: the Policy Domain (RFC 8460, section 5.3).
	Submitter   string // TLS-Report-Submitter: the domain of contact-info (section 5.3).
	Attachments []Attachment
}

// Attachment is a part of a mail that is a report, or was meant as one.
type Attachment struct {
	Body      []byte // JSON, or gzip that holds JSON.
	Filename  string // As [ParseFilename] reads it; may be empty.
	MediaType string // In lower case; may be wrong.
	IsMail    bool   // The mail is nothing but this, so its fields have the name and the media type.
}

// NoReportError says that nothing in a mail looks like a report. The mail is
// worth keeping: a later version may know better.
type NoReportError struct {
	Parts int // That were looked at.
}

func (e *NoReportError) Error() string {
	if e.Parts == 1 {
		return "there is no report in the mail: it is neither JSON nor gzip that holds JSON, and has no attachment"
	}
	return fmt.Sprintf("there is no report in the mail: none of its %d parts is one by media type, name or content", e.Parts)
}

// Attachments finds the reports in a mail (RFC 8460, section 5.3). Reporters
// and gateways disagree about how a report is attached, so a part is taken for
// one by its media type, its name or its content, at any depth, and in a
// forwarded mail too. A mail that is nothing but a report counts as well.
//
// The time it takes goes with the size of the mail. The error is a
// [*LimitError] or a [*NoReportError].
func Attachments(mail []byte) (Message, error) {
	if len(mail) > MaxMail {
		return Message{}, errMailTooLarge
	}
	f := finder{}
	header, err := f.walk(mail, "", 1)
	if err != nil {
		return Message{}, err
	}
	if len(f.found) == 0 {
		return Message{}, &NoReportError{Parts: f.parts}
	}
	return Message{
		From:        header.author(),
		Subject:     header.only("subject"),
		Domain:      domainName(header.only("tls-report-domain")),
		Submitter:   domainName(header.only("tls-report-submitter")),
		Attachments: f.found,
	}, nil
}

var errMailTooLarge = &LimitError{"the mail", MaxMail, "bytes"}

// finder goes through the parts of a mail.
type finder struct {
	parts int
	found []Attachment
}

// walk looks at a part, and at those within it, and gives its header. Of a part
// that does not say its media type it is usual.
func (f *finder) walk(part []byte, usual string, depth int) (partHeader, error) {
	if f.parts++; f.parts > MaxMailParts {
		return nil, &LimitError{"the mail", MaxMailParts, "parts"}
	}
	if depth > MaxMailDepth {
		return nil, &LimitError{"the nesting of the mail", MaxMailDepth, "levels"}
	}
	header, body, err := cutHeader(part)
	if err != nil {
		return nil, err
	}
	mediaType, parameters := header.mediaType()
	if mediaType == "" {
		mediaType = usual
	}
	boundary := parameters["boundary"]
	switch {
	case strings.HasPrefix(mediaType, "multipart/") && hasPart(body, boundary):
		usual = ""
		if mediaType == "multipart/digest" {
			usual = forwardedMail // RFC 2046, section 5.1.5.
		}
		for inner := range parts(body, boundary) {
			if _, err := f.walk(inner, usual, depth+1); err != nil {
				return nil, err
			}
		}
		return header, nil
	case mediaType == forwardedMail, mediaType == "message/global", strings.EqualFold(path.Ext(header.filename(parameters)), ".eml"):
		_, err := f.walk(header.decoded(body), "", depth+1)
		return header, err
	}
	a := Attachment{Body: header.decodedReport(body), Filename: header.filename(parameters), MediaType: mediaType, IsMail: depth == 1}
	if IsGzip(a.Body) {
		a.Body = bytes.TrimRight(a.Body, "\r\n") // A mail ends with a line break (RFC 5321, section 4.1.1.4); gzip data of less than 160 MiB does not.
	}
	return header, f.look(a)
}

const forwardedMail = "message/rfc822"

// look keeps the attachment if it is a report.
func (f *finder) look(a Attachment) error {
	if !a.isReport() {
		return nil
	}
	if len(f.found) == MaxAttachments {
		return &LimitError{"the mail", MaxAttachments, "reports"}
	}
	f.found = append(f.found, a)
	return nil
}

// isReport tells reports from everything else that mails hold. What is said to
// be a report is one, so that its damage is told; of the rest, what looks like one.
func (a Attachment) isReport() bool {
	if a.MediaType == "application/tlsrpt" || strings.HasPrefix(a.MediaType, "application/tlsrpt+") {
		return true
	}
	if _, err := ParseFilename(a.Filename); err == nil {
		return true
	}
	text := a.beginning()
	if !bytes.HasPrefix(bytes.TrimLeft(TrimByteOrderMark(text), " \t\r\n"), []byte("{")) {
		return false
	}
	if isPlain := strings.HasPrefix(a.MediaType, "text/") && !a.isNamedReport(); isPlain {
		return bytes.Contains(text, []byte(`"organization-name"`)) || bytes.Contains(text, []byte(`"policies"`))
	}
	return true
}

func (a Attachment) isNamedReport() bool {
	return slices.Contains([]string{".json", ".gz"}, strings.ToLower(path.Ext(a.Filename)))
}

// beginning is enough of the text to tell what it is. Reports about DMARC come
// as gzip too, and hold XML.
func (a Attachment) beginning() []byte {
	const enough = 4096
	if !IsGzip(a.Body) {
		return a.Body[:min(len(a.Body), enough)]
	}
	reader := readers.Get().(*gzip.Reader)
	defer readers.Put(reader)
	if err := reader.Reset(bytes.NewReader(a.Body)); err != nil {
		return nil
	}
	text := make([]byte, enough)
	n := 0
	for n < enough {
		read, err := reader.Read(text[n:])
		n += read
		if err != nil {
			break
		}
	}
	return text[:n]
}

// SubjectDomain gives the Policy Domain that a mail's subject names, or nothing.
// Real subjects follow the grammar of RFC 8460, section 5.3, up to there.
func SubjectDomain(subject string) string {
	words := strings.Fields(subject)
	for i, word := range words {
		if strings.EqualFold(word, "Domain:") && i > 0 && strings.EqualFold(words[i-1], "Report") && i+1 < len(words) {
			return domainName(words[i+1])
		}
	}
	return ""
}

// domainName gives a domain as a report has it, or nothing where it is none.
func domainName(s string) string {
	s = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if len(s) > maxDomainName || !isFilenameDomain(s) {
		return ""
	}
	return s
}

const maxDomainName = 253 // RFC 1035, section 2.3.4, without the last dot.

var words = mime.WordDecoder{CharsetReader: anyCharset}
