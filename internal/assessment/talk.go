package assessment

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"sealpost/internal/survey"
)

// talk judges what an address says, as a sender meets it (RFC 8461, section 4.2).
func (j *judge) talk(host string, t survey.Talk) {
	switch {
	case t.Reach == survey.NotPublic:
		j.about(MXNotPublic, host, t.Address, "It is in a network for private or special use.")
	case t.Reach == survey.NoRoute:
		j.unknown(host, t.Address, noRoute(t.Address), tryElsewhere)
	case t.Reach != survey.Reached:
		j.unknown(host, t.Address, fmt.Sprintf("Port %s: %s.", j.Seen.MX.Port, t.Why), j.wayTo(t.Address))
	case t.Ended != nil:
		j.ended(host, t)
	case !t.OffersTLS() && isMasked(t):
		j.about(MXStripped, host, t.Address, "The answer to EHLO has XXXX in the place of keywords.")
	case !t.OffersTLS():
		j.about(MXNoStartTLS, host, t.Address, "The answer to EHLO does not list it.")
	case t.TLS.TimedOut:
		j.unknown(host, t.Address, sentence("after STARTTLS "+t.TLS.Failure), "Try again with a longer -timeout. If it goes on, look into the mail server's log.")
	default:
		j.tls(mxTLS, host, j.Seen.MX.Port, t.Address, t.TLS)
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
	return slices.ContainsFunc(t.Extensions, masked.MatchString)
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
