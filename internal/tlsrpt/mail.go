package tlsrpt

import (
	"bytes"
	"fmt"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"sealpost/internal/message"
)

// The limits on a mail. RFC 8460 sets none.
const (
	MaxMail        = 32 << 20          // Bytes of a mail: a report of MaxSize fits in, in base64.
	MaxMailHeader  = message.MaxHeader // Bytes of the header of a mail, or of one of its parts.
	MaxMailDepth   = 10                // Nested parts; RFC 8460, section 5.3, needs 2.
	MaxMailParts   = 200               // Parts, in all.
	MaxAttachments = 20                // Reports in one mail; RFC 8460 has one.

	// MaxDecodedRatio is how many times its size all that is encoded in a mail may
	// have, a part within a part counted again; it is never over MaxMail in all. A
	// report in base64 has three quarters.
	MaxDecodedRatio = 2
)

// Message is a mail that has reports in it.
type Message struct {
	*Header
	Attachments []Attachment
}

// Header is what the header of a mail says. None of it is proven: see RFC 8460,
// section 3, on signatures.
//
// A field that is there more than once is left empty, since it cannot be known
// which of them is meant.
type Header struct {
	From      string          // Address of the author; empty, too, where there are several.
	Subject   string          // Encoded words undone.
	Domain    string          // TLS-Report-Domain: the Policy Domain (RFC 8460, section 5.3).
	Submitter string          // TLS-Report-Submitter: the domain of contact-info (section 5.3).
	Source    message.Message // The mail that was read.
}

// Attachment is a part of a mail that is a report, or was meant as one.
type Attachment struct {
	Body      []byte  // JSON, or gzip that holds JSON.
	Filename  string  // As [ParseFilename] reads it; may be empty.
	MediaType string  // In lower case; may be wrong.
	IsMail    bool    // The mail is nothing but this, so its fields have the name and the media type.
	In        *Header // Of the mail that this is attached to. If that is a forwarded one, only its own signature counts.

	undecoded []byte // Of what is a mail in quoted-printable, the text as it is there.
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
	f := finder{most: min(MaxDecodedRatio*len(mail), MaxMail)}
	header, err := f.walkMail(mail, 1)
	if err != nil {
		return Message{}, err
	}
	if len(f.found) == 0 {
		return Message{}, &NoReportError{Parts: f.parts}
	}
	return Message{Header: header, Attachments: f.found}, nil
}

var errMailTooLarge = &LimitError{"the mail", MaxMail, "bytes"}

// finder goes through the parts of a mail.
type finder struct {
	parts   int
	decoded int // Bytes, of what is encoded in the mail.
	most    int // Of these.
	found   []Attachment
}

// walkMail looks at a mail, and at the parts of it, and gives what its header says.
func (f *finder) walkMail(mail []byte, depth int) (*Header, error) {
	if err := f.enter(depth); err != nil {
		return nil, err
	}
	cut, err := message.Cut(mail)
	if err != nil {
		return nil, errHeaderTooLarge
	}
	fields := partHeader{cut}
	header := &Header{
		From:      fields.author(),
		Subject:   fields.only("subject"),
		Domain:    domainName(fields.only("tls-report-domain")),
		Submitter: domainName(fields.only("tls-report-submitter")),
		Source:    cut,
	}
	return header, f.walk(fields, "", depth, header, true)
}

// walkPart looks at a part of the mail of a header. Of a part that does not say
// its media type it is usual.
func (f *finder) walkPart(part []byte, usual string, depth int, in *Header) error {
	if err := f.enter(depth); err != nil {
		return err
	}
	cut, err := message.CutPart(part)
	if err != nil {
		return errHeaderTooLarge
	}
	return f.walk(partHeader{cut}, usual, depth, in, false)
}

// enter counts a part.
func (f *finder) enter(depth int) error {
	if f.parts++; f.parts > MaxMailParts {
		return &LimitError{"the mail", MaxMailParts, "parts"}
	}
	if depth > MaxMailDepth {
		return &LimitError{"the nesting of the mail", MaxMailDepth, "levels"}
	}
	return nil
}

// decodes counts what is about to be decoded of a part. Mails within mails, each
// encoded, could otherwise be decoded to ten times the size.
func (f *finder) decodes(part partHeader) error {
	if f.decoded += part.decodedSize(part.Body); f.decoded > f.most {
		return &LimitError{"what is encoded in the mail", f.most, "bytes"}
	}
	return nil
}

var errHeaderTooLarge = &LimitError{"a header in the mail", message.MaxHeader, fmt.Sprintf("bytes or %d fields", message.MaxFields)}

// walk looks at what is in a part, and within that.
func (f *finder) walk(part partHeader, usual string, depth int, in *Header, isMail bool) error {
	mediaType, parameters := part.mediaType()
	if mediaType == "" {
		mediaType = usual
	}
	boundary := parameters["boundary"]
	switch {
	case isMultipart(mediaType) && hasPart(part.Body, boundary):
		usual = ""
		if mediaType == multipartDigest {
			usual = forwardedMail // RFC 2046, section 5.1.5.
		}
		for inner := range parts(part.Body, boundary) {
			if err := f.walkPart(inner, usual, depth+1, in); err != nil {
				return err
			}
		}
		return nil
	case mediaType == forwardedMail, mediaType == "message/global", strings.EqualFold(path.Ext(part.filename(parameters)), ".eml"):
		if err := f.decodes(part); err != nil {
			return err
		}
		_, err := f.walkMail(part.decoded(part.Body), depth+1)
		return err
	}
	if err := f.decodes(part); err != nil {
		return err
	}
	a := Attachment{Body: part.decodedReport(part.Body), Filename: part.filename(parameters), MediaType: mediaType, IsMail: isMail, In: in}
	if IsGzip(a.Body) {
		a.Body = bytes.TrimRight(a.Body, "\r\n") // A mail ends with a line break (RFC 5321, section 4.1.1.4); gzip data of less than 160 MiB does not.
	}
	if isMail && part.encoding() == quotedPrintable {
		a.undecoded = part.Body
	}
	return f.look(a)
}

func isMultipart(mediaType string) bool { return strings.HasPrefix(mediaType, "multipart/") }

const multipartDigest = "multipart/digest"

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
	if a.saysReport() {
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

// saysReport reports whether the media type or the name says that it is a report.
func (a Attachment) saysReport() bool {
	_, err := ParseFilename(a.Filename)
	return err == nil || isReportType(a.MediaType)
}

// isReportType is RFC 8460, section 6.4, and what is written for it.
func isReportType(mediaType string) bool {
	return mediaType == "application/tlsrpt" || strings.HasPrefix(mediaType, "application/tlsrpt+")
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
