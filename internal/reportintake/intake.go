// Package reportintake takes in TLS reports: it decodes, judges and keeps
// them, and says what became of each. How the bytes came is its callers'
// matter, but for mails, which are taken apart here; RFC 8460, section 5.4, is
// served by [Handler].
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
	"sealpost/internal/trust"
)

// Domains knows whose reports are taken in.
type Domains interface {
	// Ours says whether any of a report's policies is about a domain that is
	// hosted here. There may be a hundred thousand of them, all alike or all
	// different. An error means that it can't be told now.
	Ours(ctx context.Context, policies []tlsrpt.PolicyResult) (bool, error)
}

// Any takes in the reports of every domain.
type Any struct{}

// Ours is always true.
func (Any) Ours(context.Context, []tlsrpt.PolicyResult) (bool, error) { return true, nil }

// Witness gets the reports that a trusted domain signed. Any other report may come
// from anyone who knows the address.
type Witness interface {
	// Saw is called after a report is stored, and again for a duplicate, with the
	// domain that signed it. On an error, the sender is asked to retry.
	Saw(ctx context.Context, report tlsrpt.Report, signer string, receivedAt time.Time) error
}

// Deaf is a Witness that hears nothing.
type Deaf struct{}

// Saw does nothing.
func (Deaf) Saw(context.Context, tlsrpt.Report, string, time.Time) error { return nil }

// Intake decodes, judges and keeps reports.
type Intake struct {
	archive       archive.Archive
	domains       Domains
	witness       Witness
	now           func() time.Time
	resolver      dkim.Resolver
	dnsPatience   time.Duration
	reportsDomain string
	alerts        Alerts
	budget        *Budget
	signers       trust.Signers
}

// New makes an intake that keeps reports about the domains in an archive, and
// then passes those that are authenticated to a witness.
func New(archive archive.Archive, domains Domains, witness Witness, now func() time.Time, options ...Option) *Intake {
	in := &Intake{archive: archive, domains: domains, witness: witness, now: now}
	for _, set := range options {
		set(in)
	}
	if in.budget == nil {
		in.budget = unsharedBudget()
	}
	return in
}

// Option is something that an Intake can do without.
type Option func(*Intake)

// Resolver looks up the keys that mails are signed with. Without it no mail is
// taken in.
func Resolver(r dkim.Resolver) Option { return func(in *Intake) { in.resolver = r } }

// DNSPatience is how long after a mail came the DNS may fail to tell the key of its
// signature. A mail that is older goes to quarantine as [archive.ReasonDNSFailed]:
// anybody can send mails whose key can never be told, and they are not to be tried
// again for ever. Without it, such a mail is an error however old it is.
func DNSPatience(d time.Duration) Option { return func(in *Intake) { in.dnsPatience = d } }

// ReportsDomain is the domain that reports are mailed to. What is reported about
// it is marked, see [tlsrpt.DeviationAboutReports].
func ReportsDomain(domain string) Option {
	return func(in *Intake) { in.reportsDomain = strings.ToLower(domain) }
}

// Distrust sets which signers are trusted. Reports of the others are stored like any
// other, and are passed to neither a Witness nor Alerts.
func Distrust(signers trust.Signers) Option { return func(in *Intake) { in.signers = signers } }

// Alerts gets the reports that a trusted domain signed.
type Alerts interface {
	// Vouched is told of such a report, and by which domain it is signed, when a
	// Witness is told of it, under the same conditions.
	Vouched(ctx context.Context, report tlsrpt.Report, by string) error
}

// Alert passes them to Alerts, too, after the witness.
func Alert(a Alerts) Option { return func(in *Intake) { in.alerts = a } }

// Submission is what came, and what is known of where it came from.
type Submission struct {
	Body        []byte // JSON, or gzip that holds JSON.
	Channel     archive.Channel
	Trust       archive.Trust
	TrustDomain string
	Filename    string    // May name the Policy Domain (RFC 8460, section 5.1); the report itself wins (section 5.6).
	ReceivedAt  time.Time // When it first came; the zero time is now.
}

// Status says what became of a submission.
type Status string

const (
	Stored      Status = "stored"            // Kept, and counted.
	Replaced    Status = "replaced-unsigned" // Kept, and counted in place of the same report, which was kept before without a signature.
	Duplicate   Status = "duplicate"         // The same report was kept before.
	Quarantined Status = "quarantined"       // Kept as it came, and not counted.
	Refused     Status = "refused"           // Not kept: it is over the limits.
)

// Counts says whether the report counts, now or from before.
func (s Status) Counts() bool { return s == Stored || s == Replaced || s == Duplicate }

// Receipt says what became of a submission. Once there is a receipt, what it
// says is kept is kept for good. As JSON it is the answer to a reporter.
type Receipt struct {
	Status     Status             `json:"status"`
	Reason     archive.Reason     `json:"reason,omitzero"` // Of quarantine.
	Key        string             `json:"key,omitzero"`    // Of what is kept.
	Problems   []archive.Problem  `json:"problems,omitempty"`
	Deviations []tlsrpt.Deviation `json:"deviations,omitempty"`

	TrustDomain string `json:"-"` // That vouches for what is stored; empty where none does.
}

// Receive takes in a submission. An error means that it was not kept, and that
// the sender had better try again.
func (in *Intake) Receive(ctx context.Context, s Submission) (Receipt, error) {
	came := archive.Quarantined{ReceivedAt: in.receivedAt(s.ReceivedAt), Channel: s.Channel, Body: s.Body}
	return in.receive(ctx, s.Body, came, origin{trust: s.Trust, domain: s.TrustDomain, hints: []hint{ofFilename(s.Filename)}})
}

// origin is what is known of where a report came from.
type origin struct {
	trust  archive.Trust
	domain string         // That vouches.
	whyNot string         // Why nobody vouches, though somebody would have to.
	reason archive.Reason // Of quarantine, where nobody vouches.
	hints  []hint         // At the Policy Domain, the best one first.
	err    error          // Why the origin cannot be known now.
}

// receive takes in a report. What came, the report or the mail that it is in,
// goes to quarantine where that is the end of it.
func (in *Intake) receive(ctx context.Context, body []byte, came archive.Quarantined, origin origin) (Receipt, error) {
	text, charge, err := in.budget.inflate(ctx, body)
	defer charge.Release()
	if err != nil {
		return in.notUnderstood(ctx, came, nil, err)
	}
	explained := explainable(text) // Of a large report the text goes as soon as it is decoded.
	decoded, err := tlsrpt.Decode(text)
	came.Trust = trustOf(origin)
	switch {
	case err != nil:
		return in.notUnderstood(ctx, came, explained, err)
	case origin.err != nil:
		return Receipt{}, fmt.Errorf("find out who signed the report: %w", origin.err)
	}
	fillPolicyDomain(&decoded, origin.hints)
	isLoop := markAboutReports(&decoded, in.reportsDomain)
	ours, err := in.domains.Ours(ctx, decoded.Report.Policies)
	switch {
	case err != nil:
		return Receipt{}, fmt.Errorf("find out whether the report is about a hosted domain: %w", err)
	case !ours && isLoop:
		return in.quarantine(ctx, came, archive.ReasonNotHosted, aboutReports(in.reportsDomain))
	case !ours:
		return in.quarantine(ctx, came, archive.ReasonNotHosted, notHosted(decoded.Report))
	case origin.whyNot != "":
		return in.quarantine(ctx, came, origin.reason, problem(origin.whyNot))
	}
	return in.keep(ctx, came, origin, decoded)
}

// trustOf returns the trust under which something goes to quarantine. That DNS does
// not answer is no reason not to store what is no report.
func trustOf(origin origin) archive.Trust {
	switch {
	case origin.err == nil && origin.whyNot == "":
		return origin.trust
	case origin.err == nil && origin.reason == archive.ReasonDNSFailed:
		return archive.TrustUnknown
	default:
		return archive.TrustNone
	}
}

func (in *Intake) keep(ctx context.Context, came archive.Quarantined, origin origin, decoded tlsrpt.Decoded) (Receipt, error) {
	line := archive.LineOf(decoded)
	line.ReceivedAt = came.ReceivedAt
	line.Channel = came.Channel
	line.Trust = origin.trust
	line.TrustDomain = origin.domain
	kept, err := in.archive.Keep(ctx, line)
	if err != nil {
		return Receipt{}, err
	}
	if in.isTrusted(line) {
		if err := in.announce(ctx, decoded.Report, line); err != nil {
			return Receipt{}, err // The sender sends it again, which makes no second one of it.
		}
	}
	receipt := Receipt{Status: Stored, Key: kept.Key, Deviations: decoded.Deviations, TrustDomain: origin.domain}
	switch {
	case kept.Replaces:
		receipt.Status = Replaced
	case kept.Duplicate:
		receipt.Status = Duplicate
	}
	return receipt, nil
}

// isTrusted reports whether a report may have an effect.
func (in *Intake) isTrusted(line archive.Line) bool {
	return line.Trust == archive.TrustDKIM && in.signers.Trusts(line.TrustDomain)
}

// announce passes on a report that may have an effect.
func (in *Intake) announce(ctx context.Context, report tlsrpt.Report, line archive.Line) error {
	if err := in.witness.Saw(ctx, report, line.TrustDomain, line.ReceivedAt); err != nil {
		return err
	}
	if in.alerts == nil {
		return nil
	}
	return in.alerts.Vouched(ctx, report, line.TrustDomain)
}

// receivedAt is as exact as query engines keep a time.
func (in *Intake) receivedAt(first time.Time) time.Time {
	if first.IsZero() {
		first = in.now()
	}
	return first.UTC().Truncate(time.Millisecond)
}

// notUnderstood keeps what is no report all the same: some reporters read no
// answer, and a later version may know better. Only what there is too much of
// is not kept.
func (in *Intake) notUnderstood(ctx context.Context, came archive.Quarantined, text []byte, err error) (Receipt, error) {
	var limit *tlsrpt.LimitError
	var invalid *tlsrpt.InvalidError
	switch {
	case errors.As(err, &limit):
		return refused(limit.Error()), nil
	case errors.As(err, &invalid):
		return in.quarantine(ctx, came, archive.ReasonInvalid, explain(text, invalid))
	default:
		return Receipt{}, fmt.Errorf("decode the report: %w", err)
	}
}

func (in *Intake) quarantine(ctx context.Context, came archive.Quarantined, reason archive.Reason, problems []archive.Problem) (Receipt, error) {
	came.Reason, came.Problems = reason, problems
	key, err := in.archive.Quarantine(ctx, came)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{Status: Quarantined, Reason: reason, Key: key, Problems: problems}, nil
}

func refused(why string) Receipt {
	return Receipt{Status: Refused, Problems: problem(why)}
}

func problem(message string) []archive.Problem { return []archive.Problem{{Message: message}} }
