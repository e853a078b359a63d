package tlsrpt

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// The fields of a mail's header by which the reports in it are found.
const (
	contentType             = "content-type"
	contentTypeBroken       = "contenttype" // Trustwave's gateway has written it so.
	contentTransferEncoding = "content-transfer-encoding"
	contentDisposition      = "content-disposition"
	mimeVersion             = "mime-version"
)

// structural are these fields, as people know them.
var structural = []struct{ name, shown string }{
	{contentType, "Content-Type"},
	{contentTypeBroken, "ContentType"},
	{contentTransferEncoding, "Content-Transfer-Encoding"},
	{contentDisposition, "Content-Disposition"},
	{mimeVersion, "MIME-Version"},
}

// StructureProblem returns why a valid signature does not prove that this is a report
// which its signer sent, or "" where it does. That the mail is a report, and where in
// it the report is, may come from signed bytes only. The signature is that of the mail
// In, covers reports which fields of its header it covers, and by names it to people.
//
// The signed body can be relied on: only the signer can have written its parts and
// their headers. What remains are the fields of the mail that say how to read the
// body. docs/security.md has the attacks.
func (a Attachment) StructureProblem(by string, covers func(field string) bool) string {
	s := structure{a, partHeader{a.In.Source}, by, covers}
	for _, field := range structural {
		if n := s.header.Count(field.name); n > 1 {
			return fmt.Sprintf("the mail has %d %s fields: which of them is meant cannot be said, whatever %s covers", n, field.shown, by)
		}
	}
	switch {
	case !s.isCovered(contentType):
		return s.withoutType("Content-Type")
	case !s.has(contentType) && !s.isCovered(contentTypeBroken):
		return s.withoutType("ContentType")
	default:
		return s.withType()
	}
}

// structure is an attachment, and what a signature covers of the mail that it is in.
type structure struct {
	a      Attachment
	header partHeader
	by     string
	covers func(field string) bool
}

func (s structure) has(field string) bool { return s.header.Count(field) > 0 }

// isCovered reports whether the signature covers a field, or there is none.
func (s structure) isCovered(field string) bool { return !s.has(field) || s.covers(field) }

// withoutType judges a mail whose media type is not signed, as Google's: only
// where the signed fields say that it is a report, the signed body begins with
// the boundary, so that this, too, is the signer's, and the part says that it is
// the report.
func (s structure) withoutType(field string) string {
	uncovered := field + " is not covered by " + s.by
	mediaType, parameters := s.header.mediaType()
	switch {
	case s.a.IsMail || !isMultipart(mediaType) || mediaType == multipartDigest || !beginsWithBoundary(s.header.Body, parameters["boundary"]):
		return uncovered + ", and the signed text does not begin with the boundary of parts"
	case !s.fieldsSayReport():
		return uncovered + ", nor is a TLS-Report-Domain or a Subject as RFC 8460, section 5.3, has it"
	case !s.a.saysReport():
		return uncovered + ", and the signed part does not say that it is a report"
	}
	return ""
}

// beginsWithBoundary reports whether the first line of a body is a boundary. The
// preamble is empty then: the boundary cannot be another one.
func beginsWithBoundary(body []byte, boundary string) bool {
	for delimiter := range delimiters(body, boundary) {
		return delimiter.start == 0 && !delimiter.isLast
	}
	return false
}

// withType judges a mail whose media type is signed, or has none.
func (s structure) withType() string {
	saysReport := s.typeSaysReport()
	if !saysReport && !s.fieldsSayReport() {
		for _, field := range structural {
			if !s.isCovered(field.name) {
				return field.shown + " is not covered by " + s.by + ", and neither its Content-Type nor any other field that it covers says that the mail is a report"
			}
		}
		if s.a.IsMail && !s.a.saysReport() {
			return "nothing that " + s.by + " covers says that the mail is a report"
		}
	}
	if isText(s.a.MediaType) && !saysReport && !s.isNamed() && !s.domainIsCovered() {
		return "nothing that " + s.by + " covers says that this text in the mail is a report"
	}
	if s.a.undecoded != nil && !s.isCovered(contentTransferEncoding) && isReadableAsIs(s.a) {
		return "Content-Transfer-Encoding is not covered by " + s.by + ", and the mail is a report with and without it, not the same one"
	}
	return ""
}

// typeSaysReport reports whether the mail's media type does.
func (s structure) typeSaysReport() bool {
	mediaType, parameters := s.header.mediaType()
	if mediaType == "multipart/report" { // Of another kind are bounces, which have mails of strangers in them.
		kind, has := parameters["report-type"]
		return !has || strings.EqualFold(kind, "tlsrpt")
	}
	return isReportType(mediaType)
}

// fieldsSayReport reports whether another field that is signed does, of which
// there is one.
func (s structure) fieldsSayReport() bool {
	return s.domainIsCovered() ||
		s.covers("Subject") && s.header.Count("subject") == 1 && reportSubject.MatchString(s.header.first("subject"))
}

// reportSubject is how the subject of a report begins (RFC 8460, section 5.3). It
// begins so: an automatic answer to such a mail, which is signed too, has its own word
// before it.
var reportSubject = regexp.MustCompile(`(?i)^Report Domain: [^ ]+ Submitter: [^ ]+`)

// domainIsCovered reports whether the signature covers a TLS-Report-Domain, of
// which there is one, and which names a domain.
func (s structure) domainIsCovered() bool {
	return s.a.In.Domain != "" && s.covers("TLS-Report-Domain")
}

// isNamed reports whether the name is that of a report. That of a whole mail is
// no part of the signed body.
func (s structure) isNamed() bool {
	_, err := ParseFilename(s.a.Filename)
	return err == nil && (!s.a.IsMail || s.isCovered(contentDisposition))
}

// isText reports whether a part is text for people, and no file; so is what has no
// type (RFC 2045, section 5.2). What mail systems tell each other in message/... may
// have words of strangers in it, and so may multipart/... in which no parts are found.
func isText(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, "/")
	return kind == "" || kind == "text" || kind == "message" || kind == "multipart"
}

// isReadableAsIs reports whether a mail in quoted-printable is a report before
// that is undone, too, and another one after. What a stranger can have a signer
// report in so many words would be made into JSON by the encoding.
func isReadableAsIs(a Attachment) bool {
	if bytes.Equal(a.undecoded, a.Body) {
		return false
	}
	_, err := Decode(a.undecoded)
	return err == nil
}
