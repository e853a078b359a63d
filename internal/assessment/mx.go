package assessment

import (
	"fmt"
	"net/netip"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// mx judges the MX records, against the policy and by themselves (RFC 8461,
// section 4.1).
func (j *judge) mx() {
	mx := j.Seen.MX
	switch {
	case mx.Unseen != "":
		j.unseen(mx.Name, mx.Unseen, mx.LimitReached)
		return
	case mx.Loop:
		j.of(MXLoop, mx.Name, leads(mx.CNAMEs, "No MX record can be found"))
		return
	case !mx.Exists:
		j.of(DomainNotFound, mx.Name, leads(mx.CNAMEs, "The name server "+survey.PlainServer(mx.By)+" says that there is no such name"))
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
		j.unknown(mx.Name, none, fmt.Sprintf("Not looked at: %s, which senders try after %s.", amount(mx.Unread, "more MX host"), mx.Hosts[len(mx.Hosts)-1].Name), tooMuch)
	}
	if mx.Untalked != "" {
		j.unknown(mx.Name, none, "The MX hosts were not talked to: "+string(mx.Untalked)+".", fmt.Sprintf(withSMTP, mx.Port))
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
		j.unseen(host.Name, host.Addresses.Unseen, host.Addresses.LimitReached)
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
		j.unseen(host.Name, addresses.Unseen, addresses.LimitReached)
	}
	if host.TLSA.LimitReached {
		j.unseen(host.Name, host.TLSA.Unseen, true)
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
