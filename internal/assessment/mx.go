package assessment

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

var none netip.Addr

const (
	tryAgain     = "Try again, or with another resolver (-resolver)."
	tryElsewhere = "Run sealpost check on a machine that has a way to this address."
	tryLonger    = "Try again with a longer -timeout; a third of it is for the connection."
	tryLater     = "Try again later. If it goes on, look into the mail server's log, or run sealpost check from an address that the host accepts mail from."
	tryFriend    = "Run sealpost check from an address that the host accepts mail from, such as that of a mail server."
)

// mx judges the MX records, against the policy and by themselves (RFC 8461,
// section 4.1).
func (j *judge) mx() {
	mx := j.Seen.MX
	switch {
	case mx.Unseen != "":
		j.unknown(mx.Name, none, sentence(string(mx.Unseen)), tryAgain)
		return
	case mx.Loop:
		j.of(MXLoop, mx.Name, leads(mx.CNAMEs, "No MX record can be found"))
		return
	case !mx.Exists:
		j.of(DomainNotFound, mx.Name, leads(mx.CNAMEs, "The DNS has no such name"))
		return
	case mx.Null && len(mx.Hosts) == 0:
		if (j.announced || j.served) && j.Mode != mtasts.ModeNone {
			j.of(MXNull, mx.Name, "It has a null MX (RFC 7505).")
		}
		return
	case mx.Implicit && j.noAddress(mx.Hosts[0]):
		return
	}
	if mx.Null {
		j.of(MXNullBeside, mx.Name, "One of its MX records is the null MX.")
	}
	if mx.Implicit {
		j.of(MXImplicit, mx.Name, "The DNS has an address of it, and no MX.")
	}
	if mx.Unread > 0 {
		j.unknown(mx.Name, none, fmt.Sprintf("Not looked at: %s.", amount(mx.Unread, "more MX host")), "No domain needs so many. Take some out.")
	}
	if mx.Untalked != "" {
		j.unknown(mx.Name, none, "The MX hosts were not talked to: "+string(mx.Untalked)+".", j.wayTo(none))
	}
	j.covered()
	for _, host := range mx.Hosts {
		j.mxHost(host)
	}
}

// takesNoMail reports whether there is certainly nobody to send mail to.
func (j *judge) takesNoMail() bool {
	mx := j.Seen.MX
	looked := mx.Unseen == "" && !mx.Loop
	noHost := mx.Implicit && len(mx.Hosts[0].Addresses.List) == 0 && mx.Hosts[0].Addresses.Unseen == ""
	return looked && (mx.Null && len(mx.Hosts) == 0 || !mx.Exists || noHost)
}

// mailHosts gives the names of the hosts that senders deliver to.
func (j *judge) mailHosts() []string {
	if j.takesNoMail() {
		return nil
	}
	var hosts []string
	for _, host := range j.Seen.MX.Hosts {
		if !isAddress(host.Name) {
			hosts = append(hosts, host.Name)
		}
	}
	return hosts
}

// noAddress judges a domain that has neither MX nor address.
func (j *judge) noAddress(host survey.MXHost) bool {
	switch {
	case len(host.Addresses.List) > 0:
		return false
	case host.Addresses.Unseen != "":
		j.unknown(host.Name, none, sentence(string(host.Addresses.Unseen)), tryAgain)
	default:
		j.of(MXNone, host.Name, "The DNS has neither MX nor A nor AAAA records for it.")
	}
	return true
}

// covered holds MX records and policy against each other, both ways.
func (j *judge) covered() {
	if !j.hasPolicy || j.Mode == mtasts.ModeNone {
		return
	}
	used := make(map[string]bool)
	for _, host := range j.mailHosts() {
		allowed := false
		for _, pattern := range j.policy.MX {
			if mtasts.MatchMX(pattern, host) {
				allowed, used[pattern] = true, true
			}
		}
		if !allowed {
			p := j.problem(MXNotCovered, host, none, notAllowed(j.policy.MX, host))
			p.Mend = j.toAllow(host)
			j.put(p)
		}
	}
	for _, pattern := range j.policy.MX {
		if !used[pattern] && j.Seen.MX.Unread == 0 {
			j.of(MXPatternUnused, j.Seen.PolicyHost.Name, fmt.Sprintf("No MX record names a host that %q allows.", pattern))
			used[pattern] = true // Once is enough.
		}
	}
}

// toAllow says how an MX host gets into the policy.
func (j *judge) toAllow(host string) string {
	if j.isOurs() {
		return fmt.Sprintf("Add it to the mx of the policy (sealpost policy plan %s -add %s says when); the id moves by itself. Or take the host out of the MX records.", j.Domain, host)
	}
	return fmt.Sprintf("Add the line \"mx: %s\" to the policy, then change the id. Or take the host out of the MX records.", host)
}

// notAllowed says why no pattern allows a host, the nearest miss first.
func notAllowed(patterns []string, host string) string {
	for _, pattern := range patterns {
		domain, wildcard := strings.CutPrefix(strings.TrimSuffix(strings.ToLower(pattern), "."), "*.")
		switch {
		case !wildcard:
		case host == domain:
			return fmt.Sprintf("%q allows the hosts under %s, and not %s itself (RFC 8461, section 4.1).", pattern, domain, domain)
		case strings.HasSuffix(host, "."+domain):
			_, parent, _ := strings.Cut(host, ".")
			return fmt.Sprintf("In %q, the asterisk stands for one label only (RFC 8461, section 4.1); for this host it takes %q.", pattern, "*."+parent)
		}
	}
	return fmt.Sprintf("The policy allows %s.", names(patterns))
}

func (j *judge) mxHost(host survey.MXHost) {
	addresses := host.Addresses
	if addresses.Unseen != "" {
		j.unknown(host.Name, none, sentence(string(addresses.Unseen)), tryAgain)
	}
	switch {
	case len(addresses.List) == 0 && addresses.Unseen != "":
	case len(addresses.List) == 0 && isAddress(host.Name):
		j.of(MXIsAddress, host.Name, "It stands in the MX record, where the name of a host must be.")
	case addresses.Loop:
		j.of(MXNoAddress, host.Name, leads(addresses.CNAMEs, "That is a circle, so nobody can find an address"))
	case len(addresses.List) == 0:
		j.of(MXNoAddress, host.Name, leads(addresses.CNAMEs, "The DNS has neither A nor AAAA records for it"))
	case len(addresses.CNAMEs) > 0 && !j.Seen.MX.Implicit:
		j.of(MXAlias, host.Name, fmt.Sprintf("It is a CNAME to %s.", strings.Join(addresses.CNAMEs, ", then ")))
	}
	for _, talk := range host.Talks {
		j.talk(host.Name, talk)
	}
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// talk judges what an address says, as a sender meets it (RFC 8461, section 4.2).
func (j *judge) talk(host string, t survey.Talk) {
	report := func(code Code, format string, args ...any) {
		j.about(code, host, t.Address, fmt.Sprintf(format, args...))
	}
	switch {
	case t.Reach == survey.NotPublic:
		report(MXNotPublic, "It is in a network for private or special use.")
	case t.Reach == survey.NoRoute:
		j.unknown(host, t.Address, noRoute(t.Address), tryElsewhere)
	case t.Reach != survey.Reached:
		j.unknown(host, t.Address, fmt.Sprintf("Port %s: %s.", j.Seen.MX.Port, t.Why), j.wayTo(t.Address))
	case t.Ended != nil:
		j.ended(host, t)
	case !t.OffersTLS() && isMasked(t):
		report(MXStripped, "The answer to EHLO has XXXX in the place of keywords.")
	case !t.OffersTLS():
		report(MXNoStartTLS, "The answer to EHLO does not list it.")
	case t.TLS.TimedOut:
		j.unknown(host, t.Address, sentence("after STARTTLS "+t.TLS.Failure), "Try again with a longer -timeout. If it goes on, look into the mail server's log.")
	case t.TLS.Version == 0:
		j.noHandshake(MXTLSFailed, MXNoCommon, host, t.Address, t.TLS, sentence("after STARTTLS "+t.TLS.Failure), openssl(host, j.Seen.MX.Port, "-starttls smtp "))
	default:
		if isOld(t.TLS) {
			report(MXTLSOld, "It has no newer version than %s.", t.TLS.Version)
		}
		if t.TLS.OldCipher {
			j.oldCipher(MXOldCipher, host, t.Address, t.TLS.Cipher)
		}
		if t.TLS.OldGroups {
			j.oldGroups(MXOldGroups, host, t.Address)
		}
		j.certificate("mx", host, t.Address, t.TLS.Certificate)
	}
}

// wayTo says how to find out about an address that does not answer. Where another
// MX host of that family does, the way out is open, so it is about the address.
func (j *judge) wayTo(address netip.Addr) string {
	for _, host := range j.Seen.MX.Hosts {
		for _, talk := range host.Talks {
			if talk.Reach == survey.Reached && talk.Address.Is4() == address.Is4() {
				return fmt.Sprintf("%s answers at that port, so the way out is open: have a mail server answer at this address too, or take it out of the DNS.", talk.Address)
			}
		}
	}
	return fmt.Sprintf("Run sealpost check where port %s is open to the outside: many networks and clouds close it.", j.Seen.MX.Port)
}

// masked is what firewalls write over keywords that they do not want spoken.
var masked = regexp.MustCompile(`(?i)^X{4,}[A-Z]?$`)

func isMasked(t survey.Talk) bool {
	for _, line := range t.Extensions {
		if masked.MatchString(line) {
			return true
		}
	}
	return false
}

// ended judges a talk that came to no handshake. Only what the host does to
// everybody is a problem; what it may do only to us, or only now, tells nothing.
func (j *judge) ended(host string, t survey.Talk) {
	ended := t.Ended
	said := fmt.Sprintf("At the %s %s.", ended.Stage, ended.Text)
	if ended.Code != 0 {
		said = fmt.Sprintf("It answers %.120q at the %s.", fmt.Sprintf("%d %s", ended.Code, ended.Text), ended.Stage)
	}
	switch {
	case ended.Stage == survey.StartTLS && !ended.TimedOut:
		j.about(MXRefusesTLS, host, t.Address, said)
	case ended.Stage == survey.EHLO && (ended.Code == 500 || ended.Code == 502): // It has no extensions (RFC 5321, section 3.2).
		j.about(MXNoStartTLS, host, t.Address, said)
	case ended.Code >= 400 && ended.Code < 500:
		j.unknown(host, t.Address, said+" That is to pass.", tryLater)
	case ended.Code >= 500:
		j.unknown(host, t.Address, said+" Maybe only to this machine.", tryFriend)
	case ended.TimedOut:
		j.unknown(host, t.Address, said+" Senders wait for minutes.", "Try again with a longer -timeout.")
	default:
		j.unknown(host, t.Address, said+" Maybe only to this machine.", tryFriend)
	}
}

func noRoute(address netip.Addr) string {
	if address.Is6() {
		return "There is no way to it from here. Has this machine IPv6?"
	}
	return "There is no way to it from here."
}

// ours judges what can be known only of a policy that is hosted here, or was.
func (j *judge) ours() {
	if j.Hosted == nil {
		return
	}
	body := mtasts.ID([]byte(j.body))
	switch {
	case !j.hasPolicy || j.Hosted.ID == "":
	case body != j.Hosted.ID:
		j.of(PolicyNotOurs, j.Seen.PolicyHost.Name, fmt.Sprintf("Published is the policy with the id %s; what is served would have %s.", j.Hosted.ID, body))
	case j.ID != nil && j.ID.Announced != j.ID.OfBody:
		j.of(IDNotOfPolicy, j.Seen.Record.Name, fmt.Sprintf("Announced is %s; that of the policy is %s.", j.ID.Announced, j.ID.OfBody))
	}
	for _, kept := range j.Hosted.Kept {
		if kept.Until.After(j.Seen.At) {
			j.held(kept)
		}
	}
}

// held judges the MX hosts by a policy from before. What is served now may be in
// mode none, or gone: that does not take it away from those who hold it. One that
// what is served does not allow either is told of already.
func (j *judge) held(kept Kept) {
	for _, host := range j.mailHosts() {
		told := slices.ContainsFunc(j.Problems, func(p Problem) bool { return p.Code == MXNotCovered && p.Host == host })
		if kept.bars(host) && !told {
			j.of(MXNotCoveredKept, host, fmt.Sprintf("Until %s senders may hold a policy in mode enforce that allows only %s.", kept.until(), names(kept.MX)))
		}
	}
}

func allows(patterns []string, host string) bool {
	return mtasts.Policy{MX: patterns}.Match(host)
}

// sentence makes words one.
func sentence(words string) string {
	words = strings.TrimSuffix(words, ".")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}
