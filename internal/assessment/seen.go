package assessment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// seen tells what was looked at, so that a person can judge for themselves.
func (t *text) seen(a Assessment) {
	t.section("What was seen, " + minute(a.Seen.At))
	t.record("Record", a.Seen.Record)
	if a.ID != nil {
		t.row("", a.idWords())
	}
	t.policy(a)
	for i, host := range a.Seen.MX.Hosts {
		if a.Seen.MX.Implicit && len(host.Addresses.List) == 0 {
			t.row("MX", "none")
			continue
		}
		label := "MX"
		if i > 0 {
			label = ""
		}
		t.mxHost(label, a, host)
	}
	switch {
	case a.Seen.MX.Null && len(a.Seen.MX.Hosts) > 0:
		t.row("", "and a null MX")
	case a.Seen.MX.Null:
		t.row("MX", "null MX: takes no mail")
	case a.Seen.MX.Unseen != "":
		t.row("MX", notSeen)
	case len(a.Seen.MX.Hosts) == 0:
		t.row("MX", "none")
	}
	t.record("Reports", a.Seen.TLSRPT)
	for _, d := range a.Seen.Destinations {
		t.destination(d)
	}
	t.kept(a)
}

const notSeen = "could not look"

func (a Assessment) idWords() string {
	switch {
	case a.ID.Announced == a.ID.OfBody:
		return "The id is the hash of the policy, as Sealpost makes it."
	case a.isOurs():
		return "The id is not the hash of the policy, as it should be here."
	default:
		return "The id is not the hash that Sealpost makes; each may choose ids as they like."
	}
}

func (t *text) record(label string, txt survey.TXT) {
	switch {
	case txt.Unseen != "":
		t.row(label, notSeen)
	case len(txt.Values) == 0:
		t.row(label, "none at "+txt.Name)
	}
	for i, value := range txt.Values {
		if i > 0 {
			label = ""
		}
		t.row(label, printable(value))
	}
	if len(txt.CNAMEs) > 0 {
		t.row("", "by CNAME from "+strings.Join(txt.CNAMEs, ", then "))
	}
}

func (t *text) policy(a Assessment) {
	policy, is := a.policy()
	switch {
	case is:
		t.row("Policy", fmt.Sprintf("mode %s, max_age %d (%s), %s", policy.Mode, policy.MaxAge, span(policy.MaxAge), listed(policy.MX)))
	case a.couldNotTellOf(a.Seen.PolicyHost.Name):
		t.row("Policy", notSeen)
	default:
		t.row("Policy", "none")
	}
	t.senders(a)
	if len(a.Seen.PolicyHost.Answers) > 0 {
		t.host(a.Seen.PolicyHost)
	}
}

// listed words the mx of a policy: mode none needs none.
func listed(mx []string) string {
	if len(mx) == 0 {
		return "no mx"
	}
	return "mx " + strings.Join(mx, ", ")
}

// span words a max_age, which may have ten digits.
func span(seconds int) string {
	if seconds > mtasts.MaxMaxAge {
		return "over a year"
	}
	return roughly(time.Duration(seconds) * time.Second)
}

// senders tells which of them take the policy.
func (t *text) senders(a Assessment) {
	condition := ""
	if a.Seen.Record.Unseen != "" {
		condition = "if a record announces it, "
	}
	for _, outcome := range []struct {
		mtasts.Outcome
		words string
	}{
		{mtasts.OutcomeAccepts, "taken by "},
		{mtasts.OutcomeChanges, "taken otherwise than it is meant by "},
		{OutcomeSometimes, "taken from some of the addresses only by "},
		{mtasts.OutcomeRejects, "not taken by "},
		{mtasts.OutcomeUntested, "not tried with "},
	} {
		if senders := a.sendersWith(outcome.Outcome); len(senders) > 0 {
			t.row("", condition+outcome.words+and(senders))
		}
	}
}

func (a Assessment) sendersWith(outcomes ...mtasts.Outcome) []string {
	var senders []string
	for _, verdict := range a.Senders {
		if slices.Contains(outcomes, verdict.Outcome) {
			senders = append(senders, verdict.Sender)
		}
	}
	return senders
}

func (t *text) host(host survey.Host) {
	t.row("", "from "+via(host.Name, host.Addresses))
	for _, a := range host.Answers {
		words := unreached(a.Reach, a.Why)
		if a.Reach == survey.Reached {
			words = handshake(a.TLS)
		}
		if a.Status != 0 {
			words += fmt.Sprintf(", %s in %s", status(a.Status), a.Took.Round(time.Millisecond))
		}
		t.row("", fmt.Sprintf("  %s: %s", a.Address, words))
	}
}

// unreached words how far a connection came that came to nothing.
func unreached(reach survey.Reach, why string) string {
	switch reach {
	case survey.Silent:
		return "no answer in time"
	case survey.NoRoute:
		return "no way to it"
	case survey.NotPublic:
		return "not an address of the Internet"
	case survey.Failed:
		return notSeen
	default:
		return why
	}
}

func via(name string, addresses survey.Addresses) string {
	if len(addresses.CNAMEs) > 0 {
		return name + ", by CNAME from " + strings.Join(addresses.CNAMEs, ", then ")
	}
	return name
}

func handshake(seen *survey.TLS) string {
	if seen == nil {
		return "no TLS"
	}
	if seen.Version == 0 {
		return seen.Failure
	}
	return fmt.Sprintf("%s, certificate until %s", seen.Version, seen.Certificate.NotAfter.Format("2 January 2006"))
}

func (t *text) mxHost(label string, a Assessment, host survey.MXHost) {
	allowed := ""
	if policy, is := a.policy(); is && allows(policy.MX, host.Name) {
		allowed = ", allowed by the policy"
	}
	allowed += tlsa(host.TLSA, a.Seen.MX.Authenticated)
	name := via(host.Name, host.Addresses)
	if a.Seen.MX.Implicit {
		t.row(label, name+" itself"+allowed)
	} else {
		t.row(label, fmt.Sprintf("%d %s%s", host.Preference, name, allowed))
	}
	for _, talk := range host.Talks {
		words := unreached(talk.Reach, talk.Why)
		switch {
		case talk.TLS != nil:
			words = handshake(talk.TLS)
		case talk.Ended != nil:
			words = "ended at the " + string(talk.Ended.Stage)
		case talk.Reach == survey.Reached:
			words = "no STARTTLS"
		}
		t.row("", fmt.Sprintf("  %s: %s", talk.Address, words))
	}
}

// tlsa words the records of DANE, for which DNSSEC must vouch, and for what leads to
// them too (RFC 7672, section 2.2.1).
func tlsa(seen survey.TLSA, byDNSSEC bool) string {
	switch {
	case seen.Records == 0:
		return ""
	case seen.Authenticated && !byDNSSEC:
		return ", TLSA records (DNSSEC vouches for them, but not for the MX records: senders need not heed them)"
	case seen.Authenticated:
		return ", DANE (TLSA records, by DNSSEC)"
	default:
		return ", TLSA records (the resolver does not say that DNSSEC vouches for them)"
	}
}

// policy is the one that everything was judged by.
func (a Assessment) policy() (mtasts.Policy, bool) {
	j := judge{Assessment: a}
	j.readPolicy()
	return j.policy, j.hasPolicy
}

func (t *text) destination(d survey.Destination) {
	switch {
	case d.Mail != nil && d.Mail.Addresses > 0:
		t.row("", fmt.Sprintf("  %s takes mail", d.Mail.Name))
	case d.HTTPS != nil:
		for _, a := range d.HTTPS.Answers {
			words := unreached(a.Reach, a.Why)
			if a.Reach == survey.Reached {
				words = handshake(a.TLS)
			}
			if a.Status != 0 {
				words += ", answers HEAD with " + status(a.Status)
			}
			t.row("", fmt.Sprintf("  %s: %s; no report was sent", a.Address, words))
		}
	}
}

func (t *text) kept(a Assessment) {
	if a.Hosted == nil {
		if _, is := a.policy(); is || len(a.Seen.Record.Values) > 0 {
			t.row("Kept", "unknown: what senders hold from before is known only of domains that are hosted here (-dir, -stack)")
		}
		return
	}
	if len(a.Hosted.Kept) == 0 {
		t.row("Kept", "no policy from before")
	}
	for i, kept := range a.Hosted.Kept {
		label := "Kept"
		if i > 0 {
			label = ""
		}
		t.row(label, fmt.Sprintf("until %s senders may hold mode %s with %s", kept.until(), kept.Mode, listed(kept.MX)))
	}
}

// printable shows what others wrote, safe for a terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%.300q", s)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}

const labelWidth = 9

func (t *text) row(label, s string) {
	indent := strings.Repeat(" ", len(s)-len(strings.TrimLeft(s, " ")))
	t.item(fmt.Sprintf("%-*s", labelWidth, label)+indent, s)
}
