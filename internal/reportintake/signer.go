package reportintake

import (
	"context"
	"strings"

	"sealpost/internal/dkim"
	"sealpost/internal/tlsrpt"
)

// Signer is who has signed a report that came by mail.
type Signer struct {
	Domain  string // That signed; empty where none did.
	Problem string // Why none did, in words for people.

	signature dkim.Signature
}

// Authenticate returns the signer of a report that is attached to a mail: of the
// first signature that is valid, aligned with the domain of the author or of
// contact-info (RFC 8460, section 3), and proves that the report is the signer's
// ([tlsrpt.Attachment.StructureProblem]). An error means that it cannot be known now:
// there may be one, and its key cannot be looked up.
func Authenticate(ctx context.Context, verifier *dkim.Verifier, attachment tlsrpt.Attachment, report tlsrpt.Report) (Signer, error) {
	mail := attachment.In
	verdict := verifier.Verify(ctx, &mail.Source, dkim.DomainOf(mail.From), dkim.DomainOf(report.ContactInfo))
	var unknown error
	problems := []string{}
	if verdict.Problem != "" {
		problems = append(problems, verdict.Problem)
	}
	for _, signature := range verdict.Signatures {
		if signature.Err != nil {
			unknown = signature.Err
			continue
		}
		problem := signature.Problem
		if problem != "" {
			problem = signature.String() + " " + problem
		} else {
			problem = attachment.StructureProblem(signature.String(), signature.Covers)
		}
		if problem == "" {
			return Signer{Domain: signature.Domain, signature: signature}, nil
		}
		problems = append(problems, problem)
	}
	if unknown != nil {
		return Signer{}, unknown
	}
	return Signer{Problem: strings.Join(problems[:min(len(problems), maxProblems)], "; ")}, nil
}

// maxProblems is how many problems of signatures are named.
const maxProblems = 10
