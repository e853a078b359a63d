package assessment

import (
	"net/netip"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// Summary says in a few words where the domain stands, and calls nothing good
// that was not looked at.
func (a Assessment) Summary() string {
	switch {
	case a.Verdict == Enforcing:
		return "Mode enforce is on, and everything that senders look at is right."
	case a.Verdict == ReadyToEnforce:
		return "Mode testing is on, and everything that senders look at is right. Set mode enforce once a week's TLS reports tell of no failure."
	case a.Verdict == ReadyToTest:
		return "There is no MTA-STS yet, and nothing stands in the way of a policy in mode testing."
	case a.Verdict == Off && a.Mode == mtasts.ModeNone:
		return "Mode none is on: senders are told that there is no policy any more. Nothing is wrong with that."
	case a.Verdict == Off:
		return "The domain takes no mail, so there is nothing to protect."
	case a.sawNothing():
		return "Nothing at all could be looked at from here."
	case a.Verdict == CouldNotTell:
		return "Nothing wrong was seen, but not everything could be looked at from here."
	case len(a.Unknown) > 0:
		return a.toMend() + " Not everything could be looked at from here."
	default:
		return a.toMend()
	}
}

// sawNothing reports whether the DNS told nothing of the domain, without which
// there is no host to ask either.
func (a Assessment) sawNothing() bool {
	host := a.Seen.PolicyHost.Addresses
	return a.Seen.Record.Unseen != "" && host.Unseen != "" && len(host.List) == 0 && a.Seen.MX.Unseen != "" && a.Seen.TLSRPT.Unseen != ""
}

// toMend says where a domain stands that has something to mend, by the worst.
func (a Assessment) toMend() string {
	worst := a.Problems[0]
	switch {
	case worst.Code == MXNotCoveredKept:
		return keptStopsMail
	case slices.Contains([]Code{DomainNotFound, MXNone, MXLoop}, worst.Code):
		return "No mail can be sent to it."
	case worst.Code == MXNullBeside:
		return "Some senders cannot deliver to it, whatever the mode."
	case slices.Contains(toNobody, worst.Code) && !a.mayTakeMail(toNobody...):
		return "No mail can be sent to it."
	case slices.Contains(toNobody, worst.Code):
		return "Mail cannot be delivered everywhere that its MX records lead, whatever the mode."
	case worst.Severity == CostsMail:
		return a.mail(worst.Code)
	case worst.Severity == CostsProtection:
		return a.protection()
	case worst.Severity == CostsReports:
		return a.reports()
	case len(a.Unknown) > 0:
		return "What could be looked at is right today, but will not be for long."
	default:
		return "All is right today, but will not be for long."
	}
}

// toNobody are the problems for which no sender at all comes to an address.
var toNobody = []Code{MXNoAddress, MXIsAddress, MXNotPublic}

// mayTakeMail reports whether some MX host has an address at which no problem is
// one of the codes, as far as that was looked at; without codes, one that costs mail.
func (a Assessment) mayTakeMail(codes ...Code) bool {
	stops := func(host string, address netip.Addr) bool {
		return slices.ContainsFunc(a.Problems, func(p Problem) bool {
			counts := slices.Contains(codes, p.Code) || len(codes) == 0 && p.Severity == CostsMail
			return counts && p.Host == host && (len(p.Addresses) == 0 || slices.Contains(p.Addresses, address))
		})
	}
	return a.Seen.MX.Unread > 0 || slices.ContainsFunc(a.Seen.MX.Hosts, func(host survey.MXHost) bool {
		unseen := host.Addresses.Unseen != "" && !stops(host.Name, none)
		return unseen || slices.ContainsFunc(host.Addresses.List, func(address netip.Addr) bool { return !stops(host.Name, address) })
	})
}

const keptStopsMail = "Senders may hold a policy from before that stops mail."

// toSome are the problems for which some senders deliver nothing, and others do.
var toSome = []Code{traitCode(mtasts.TraitMXTrailingDot), MXOldCipher, MXOldGroups, MXNoCommon}

func (a Assessment) mail(worst Code) string {
	stopsAll := slices.ContainsFunc(a.Problems, func(p Problem) bool { return p.Severity == CostsMail && !slices.Contains(toSome, p.Code) })
	switch {
	case a.Mode == mtasts.ModeEnforce && !stopsAll:
		return "Mode enforce is on, and not every sender that keeps to it delivers."
	case a.Mode == mtasts.ModeEnforce && a.mayTakeMail():
		return "Mode enforce is on, and senders that keep to it do not deliver to some addresses of its MX hosts."
	case a.Mode == mtasts.ModeEnforce:
		return "Mode enforce is on, and senders that keep to it hold mail back."
	case worst.isOfTLS() && a.mayBeEnforced():
		return keptStopsMail
	case a.Mode == mtasts.ModeTesting:
		return "Mode testing is on, which stops no mail. Mode enforce would."
	default:
		return "Mode enforce would stop mail."
	}
}

// protection says whether it is all senders that go on without the policy, or
// some, or none.
func (a Assessment) protection() string {
	worst := a.Problems[0].Code
	served := len(a.Senders) > 0
	takenBySome := len(a.sendersWith(mtasts.OutcomeAccepts, mtasts.OutcomeChanges, OutcomeSometimes)) > 0
	refusedBySome := len(a.sendersWith(mtasts.OutcomeRejects, OutcomeSometimes)) > 0
	_, readable := a.policy()
	switch {
	case worst == MXNull:
		return "The domain takes no mail, so its policy protects nothing."
	case worst == RecordMissing && !readable:
		return "There is no MTA-STS yet, and there is more to mend or to find out before a policy in mode testing."
	case worst == RecordMissing:
		return "A policy is served, but no record announces it: no sender looks for it."
	case !served && worst != PolicyNoCommon && worst != PolicyTimeout && !a.couldNotTellOf(a.Seen.PolicyHost.Name):
		return "Senders find no policy, and go on as if there were none, save those that hold one from before."
	case served && refusedBySome && !takenBySome:
		return "As things are, no sender is known to take the policy: they go on as if there were none, save those that hold one from before."
	case worst == PolicyDiffers:
		return "Which policy senders take depends on the address that they ask."
	case refusedBySome || !takenBySome:
		return "Not every sender can keep to the policy."
	case len(a.sendersWith(mtasts.OutcomeChanges)) > 0:
		return "Not every sender takes the policy as it is meant."
	case worst == PolicyNotOurs:
		return "Senders take a policy that is not the one published here."
	default: // IDNotOfPolicy
		return "Senders that hold an older policy are not told of the new one."
	}
}

func (a Assessment) couldNotTellOf(host string) bool {
	return slices.ContainsFunc(a.Unknown, func(u Unknown) bool { return u.Host == host })
}

// mayBeSentTo reports whether something may take reports at a place.
func mayBeSentTo(d survey.Destination) bool {
	byMail := d.Mail != nil && d.Mail.Addresses > 0
	return byMail || d.HTTPS != nil && slices.ContainsFunc(d.HTTPS.Answers, func(a survey.Answer) bool { return a.Reach == survey.Reached })
}

func (a Assessment) reports() string {
	unheard := "not every report of failures would come to you."
	switch {
	case strings.HasPrefix(string(a.Problems[0].Code), "tlsrpt-"):
		unheard = "nobody would tell you of failures."
	case len(a.Unknown) == 0 && !slices.ContainsFunc(a.Seen.Destinations, mayBeSentTo):
		unheard = "no report of failures would come to you."
	}
	if inForce := a.Mode == mtasts.ModeEnforce || a.Mode == mtasts.ModeTesting; inForce && len(a.Unknown) == 0 {
		return "Senders can keep to the policy, but " + unheard
	}
	return sentence(unheard)
}
