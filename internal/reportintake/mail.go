package reportintake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/dkim"
	"sealpost/internal/tlsrpt"
)

// Mail is a mail as it came, and what is known of how it came.
type Mail struct {
	Raw        []byte
	ReceivedAt time.Time         // When it first came, which its signatures are judged by; the zero time is now.
	Verdicts   map[string]string // What the mail server found, such as "spam": "PASS". Kept, not judged.
}

var errNoResolver = errors.New("take in a mail: there is no resolver to look up its signature's key with")

// ReceiveMail takes in the reports in a mail (RFC 8460, section 5.3), and gives
// a receipt for each, or the one of the mail if there is none in it. A report
// that nobody vouches for is not counted (section 3); alignment is judged for
// each report, since each names its own contact. Quarantine gets the mail whole,
// so that its signature can be judged again.
//
// An error means that something is not kept, and that the whole mail has to be
// taken in again: what is kept already is kept once.
func (in *Intake) ReceiveMail(ctx context.Context, m Mail) ([]Receipt, error) {
	if in.resolver == nil {
		return nil, errNoResolver
	}
	came := archive.Quarantined{ReceivedAt: in.receivedAt(m.ReceivedAt), Channel: archive.ChannelMail, Verdicts: m.Verdicts, Body: m.Raw}
	message, err := tlsrpt.Attachments(m.Raw)
	if err != nil {
		receipt, err := in.noReport(ctx, came, err)
		return []Receipt{receipt}, err
	}
	verifier := dkim.NewVerifier(in.resolver, came.ReceivedAt)
	var receipts []Receipt
	for _, attachment := range message.Attachments {
		origin, err := in.originOf(ctx, verifier, attachment, came.ReceivedAt)
		if err != nil {
			return nil, err
		}
		receipt, err := in.receive(ctx, attachment.Body, came, origin)
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, receipt)
	}
	return receipts, nil
}

// originOf authenticates an attachment. The look-ups take as long as the name servers of
// the signer like, so no memory is charged meanwhile.
func (in *Intake) originOf(
	ctx context.Context, verifier *dkim.Verifier, attachment tlsrpt.Attachment, receivedAt time.Time,
) (origin, error) {
	contact, err := in.contactOf(ctx, attachment.Body)
	if err != nil {
		return origin{}, err
	}
	signer, err := Authenticate(ctx, verifier, attachment, contact)
	if err != nil && in.dnsPatience > 0 && in.now().Sub(receivedAt) > in.dnsPatience {
		return signedBy(Signer{Problem: err.Error()}, attachment, archive.ReasonDNSFailed), nil
	}
	signed := signedBy(signer, attachment, archive.ReasonUnsigned)
	signed.err = err
	return signed, nil
}

// contactOf reads a report for its contact-info alone; what cannot be read has none.
func (in *Intake) contactOf(ctx context.Context, body []byte) (tlsrpt.Report, error) {
	text, charge, err := in.budget.inflate(ctx, body)
	defer charge.Release()
	var limit *tlsrpt.LimitError
	var invalid *tlsrpt.InvalidError
	switch {
	case errors.As(err, &limit), errors.As(err, &invalid):
		return tlsrpt.Report{}, nil
	case err != nil:
		return tlsrpt.Report{}, fmt.Errorf("read the report: %w", err)
	}
	decoded, _ := tlsrpt.Decode(text)                                                 //nolint:errcheck // receive says what is wrong.
	return tlsrpt.Report{ContactInfo: strings.Clone(decoded.Report.ContactInfo)}, nil // It would hold the whole text.
}

// noReport keeps a mail in which no report can be found. Only one that is too
// large is not kept.
func (in *Intake) noReport(ctx context.Context, came archive.Quarantined, why error) (Receipt, error) {
	if len(came.Body) > tlsrpt.MaxMail {
		return refused(why.Error()), nil
	}
	return in.quarantine(ctx, came, archive.ReasonNoReport, problem(why.Error()))
}

// signedBy returns the origin of an attachment. It uses only those header fields of the
// mail that the signature covers. The attachment's name is part of the body, which a
// signature always covers, unless the attachment is the whole mail.
func signedBy(signer Signer, attachment tlsrpt.Attachment, reason archive.Reason) origin {
	o := origin{trust: archive.TrustDKIM, domain: signer.Domain, whyNot: signer.Problem, reason: reason}
	isBelieved := func(field string) bool { // What is not authenticated does not count, whatever its fields say.
		return signer.Problem != "" || signer.signature.Covers(field)
	}
	if isBelieved("TLS-Report-Domain") {
		o.hints = append(o.hints, hint{attachment.In.Domain, tlsrpt.DeviationPolicyDomainFromHeader})
	}
	if !attachment.IsMail || isBelieved("Content-Disposition") && isBelieved("Content-Type") {
		o.hints = append(o.hints, ofFilename(attachment.Filename))
	}
	if isBelieved("Subject") {
		o.hints = append(o.hints, hint{tlsrpt.SubjectDomain(attachment.In.Subject), tlsrpt.DeviationPolicyDomainFromSubject})
	}
	return o
}
