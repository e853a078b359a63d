package alert

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/tlsrpt"
)

// MaxSubject is how many characters a subject has at most: Amazon SNS takes less
// than 100 (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
const MaxSubject = 99

// subject names the domain, or the MX host that the report names in its place, and
// the first of what failed.
func (n news) subject(untold []failure) string {
	first, about := untold[0], cmp.Or(n.host, n.domain)
	subject := "[TLS-RPT] " + about + ": " + first.name()
	if first.mx != "" && first.mx != about {
		subject += " at " + first.where()
	}
	if more := len(untold) - 1; more > 0 {
		subject += fmt.Sprintf(", and %d more", more)
	}
	return line(subject)
}

// line makes a text one that any mail takes for a subject.
func line(text string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	if len(ascii) > MaxSubject {
		return ascii[:MaxSubject-3] + "..."
	}
	return ascii
}

// maxShown is how many failures a text has in full.
const maxShown = 10

// text says what happened, who says so, and what to do.
func (n news) text(untold []failure) string {
	var b strings.Builder
	fmt.Fprintln(&b, n.lead())
	for _, f := range untold[:min(len(untold), maxShown)] {
		meaning := digest.MeaningOf(string(f.resultType)).For(n.domain)
		fmt.Fprintf(&b, "\n%s at %s: %s, by %s\n", f.name(), f.where(), sessions(f.sessions), f.policy())
		fmt.Fprintf(&b, "  What happened: %s\n", meaning.What)
		fmt.Fprintf(&b, "  What it does:  %s\n", f.effect())
		fmt.Fprintf(&b, "  What to do:    %s\n", meaning.Do)
		if f.reason != "" {
			fmt.Fprintf(&b, "  Reason code:   %s\n", digest.Word(f.reason))
		}
	}
	if more := len(untold) - maxShown; more > 0 {
		fmt.Fprintf(&b, "\nAnd %d more kinds of failure.\n", more)
	}
	fmt.Fprintf(&b, "\nSigned by: %s, in a report about %s", digest.SignedReporter(n.by, n.report.OrganizationName), span(n.report.DateRange))
	if n.report.ContactInfo != "" {
		fmt.Fprintf(&b, "; contact: %s", digest.Quoted(n.report.ContactInfo))
	}
	fmt.Fprintf(&b, ".\nIts id: %s\n", digest.Word(n.report.ReportID))
	b.WriteString("\nThe same is not told again today. The weekly digest has every failure.\n")
	return b.String()
}

// lead says no more than the report does: which domain's mail went to an MX host
// that it names, nobody can tell.
func (n news) lead() string {
	signer := digest.SigningDomain(n.by)
	if n.host == "" && n.mode != mtasts.ModeEnforce {
		return fmt.Sprintf("A report signed by %s says that mail to %s fails by an MTA-STS policy in mode enforce.\nNow its policy is in mode %s, but senders go by the earlier one until they fetch that.", signer, n.domain, n.mode)
	}
	if n.host == "" {
		return fmt.Sprintf("A report signed by %s says that mail to %s fails.\nIts MTA-STS policy is in mode enforce.", signer, n.domain)
	}
	lead := fmt.Sprintf("A report signed by %s says that mail to the MX host %s fails, and not to which domain.\nIt is an MX of %s, whose MTA-STS policy is in mode enforce", signer, n.host, n.domain)
	switch others := len(n.domains) - 1; others {
	case 0:
		return lead + "."
	case 1:
		return lead + ", and of 1 more domain here."
	default:
		return fmt.Sprintf("%s, and of %d more domains here.", lead, others)
	}
}

func (f failure) name() string {
	if f.resultType == "" {
		return "failure without a result type"
	}
	return digest.Word(string(f.resultType))
}

func (f failure) where() string {
	if f.mx == "" {
		return "an MX that is not named"
	}
	return digest.Word(f.mx)
}

func (f failure) policy() string {
	if f.policyType == tlsrpt.PolicyTLSA {
		return "DANE"
	}
	return "MTA-STS"
}

// effect says what becomes of mail, as far as the standards know it (RFC 8461,
// sections 3.3 and 5; RFC 7672, section 2.1).
func (f failure) effect() string {
	switch f.resultType {
	case tlsrpt.ResultSTSPolicyFetchError, tlsrpt.ResultSTSPolicyInvalid, tlsrpt.ResultSTSWebPKIInvalid:
		return "Senders that hold an older policy go by that one; others deliver as if there were none, unprotected."
	default:
		return "Senders that heed the policy do not deliver there. They try again for a while, some days as a rule; then the mail goes back."
	}
}

func sessions(n int64) string {
	if n == 1 {
		return "1 failed session"
	}
	return fmt.Sprintf("%d failed sessions", n)
}

// span writes the time that a report is about.
func span(r tlsrpt.DateRange) string {
	const form = "2 January 2006, 15:04"
	return r.Start.UTC().Format(form) + " to " + r.End.UTC().Format(form) + " " + time.UTC.String()
}
