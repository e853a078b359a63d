package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	attempts    = 2    // Of each name server.
	payloadSize = 1232 // Which is rarely fragmented.
)

// SystemNameServers gives those that a file such as /etc/resolv.conf names.
func SystemNameServers(file string) ([]string, error) {
	config, err := dns.ClientConfigFromFile(file)
	if err != nil {
		return nil, err
	}
	var servers []string
	for _, server := range config.Servers {
		servers = append(servers, net.JoinHostPort(server, config.Port))
	}
	return servers, nil
}

// ask looks records up. Where it could not look, it says so, and there are none:
// that there is nothing and that nothing could be seen never look the same.
func (l *look) ask(ctx context.Context, name string, kind uint16) (Lookup, []dns.RR) {
	seen := Lookup{Name: name, Authenticated: true}
	at := dns.Fqdn(name)
	for len(seen.CNAMEs) <= maxCNAMEs {
		reply, server, err := l.query(ctx, at, kind)
		if err != nil {
			return Lookup{Name: name, CNAMEs: seen.CNAMEs, Unseen: unreadable(name, kind, err), LimitReached: errors.Is(err, errLimit)}, nil
		}
		seen.Authenticated = seen.Authenticated && reply.AuthenticatedData
		seen.Exists, seen.By = reply.Rcode == dns.RcodeSuccess, server
		end := seen.follow(reply.Answer, at)
		found := recordsAt(reply.Answer, end, kind)
		if len(found) > 0 || end == at || seen.Loop || !seen.Exists {
			return seen, found
		}
		at = end // A server that does not follow CNAMEs out of its zone.
	}
	return Lookup{Name: name, CNAMEs: seen.CNAMEs, Unseen: Unseen(fmt.Sprintf("more than %d CNAMEs lead on from %s", maxCNAMEs, name))}, nil
}

// follow notes the CNAMEs that lead on from a name, and gives the last.
func (s *Lookup) follow(answer []dns.RR, at string) string {
	for len(s.CNAMEs) <= maxCNAMEs {
		aliases := recordsAt(answer, at, dns.TypeCNAME)
		if len(aliases) == 0 {
			return at
		}
		at = aliases[0].(*dns.CNAME).Target
		plain := plainName(at)
		s.Loop = plain == plainName(s.Name) || slices.Contains(s.CNAMEs, plain)
		s.CNAMEs = append(s.CNAMEs, plain)
		if s.Loop {
			return at
		}
	}
	return at
}

func recordsAt(records []dns.RR, name string, kind uint16) []dns.RR {
	var found []dns.RR
	for _, record := range records {
		if header := record.Header(); header.Rrtype == kind && strings.EqualFold(header.Name, name) {
			found = append(found, record)
		}
	}
	return found
}

// plainName is in lower case and without the trailing dot.
func plainName(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// errLimit: the look has had all its look-ups.
var errLimit = errors.New("what DNS names for this domain takes more look-ups than one check makes")

// query asks the name servers in turn until one answers, and says which.
func (l *look) query(ctx context.Context, name string, kind uint16) (reply *dns.Msg, server string, err error) {
	if !l.lookups.take() {
		return nil, "", errLimit
	}
	defer l.resolving.take(maxLookups)()
	ctx, cancel := context.WithTimeout(ctx, l.lookupTimeout())
	defer cancel()
	question := new(dns.Msg).SetQuestion(name, kind)
	question.SetEdns0(payloadSize, false)
	question.AuthenticatedData = true // To be told whether DNSSEC vouches (RFC 6840, section 5.7).
	err = errors.New("no name server is known")
	for range attempts {
		for _, server := range l.NameServers {
			if reply, err = l.exchange(ctx, question, server); err == nil {
				return reply, server, nil
			}
			if ctx.Err() != nil {
				return nil, "", ctx.Err()
			}
		}
	}
	return nil, "", err
}

// badReply is an answer that tells nothing.
type badReply struct{ rcode int }

func (e badReply) Error() string { return dns.RcodeToString[e.rcode] }

// hollowDenial is the word of a name server that there is no such name, where it
// does not know the names of the Internet.
type hollowDenial struct{ server string }

func (e hollowDenial) Error() string {
	return "the resolver " + PlainServer(e.server) + " says that there is no such name, but it does not know the root of the DNS either, so its word is not taken"
}

// PlainServer is the address of a name server, without the port if that is the
// usual one.
func PlainServer(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && port == "53" {
		return host
	}
	return address
}

// exchange asks a name server, and tells an answer from what only looks like one.
func (l *Looker) exchange(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	reply, err := l.send(ctx, question, server)
	switch {
	case err != nil:
		return nil, err
	case len(reply.Question) != 1 || !strings.EqualFold(reply.Question[0].Name, question.Question[0].Name):
		return nil, errors.New("a name server answered another question")
	case reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError:
		return nil, badReply{reply.Rcode}
	case reply.Rcode == dns.RcodeNameError && !reply.Authoritative && !l.knowsRoot(ctx, server):
		return nil, hollowDenial{server}
	default:
		return reply, nil
	}
}

// knowsRoot reports whether a name server knows the root of the DNS, of which it
// is asked once. One in a network without the Internet may answer that no name
// exists, which looks like the answer of one that has asked. That no SOA comes with
// it (RFC 2308, section 3) shows nothing: some forwarders leave it out.
func (l *Looker) knowsRoot(ctx context.Context, server string) bool {
	l.mu.Lock()
	if l.roots == nil {
		l.roots = make(map[string]func() bool)
	}
	knows, asked := l.roots[server]
	if !asked {
		ctx := context.WithoutCancel(ctx) // The answer is not for the one alone that asks first.
		knows = sync.OnceValue(func() bool {
			for range attempts {
				if reply, err := l.send(ctx, new(dns.Msg).SetQuestion(".", dns.TypeNS), server); err == nil {
					return len(recordsAt(reply.Answer, ".", dns.TypeNS)) > 0
				}
			}
			return false
		})
		l.roots[server] = knows
	}
	l.mu.Unlock()
	return knows()
}

// send asks by UDP, and by TCP what does not fit.
func (l *Looker) send(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	timeout := l.lookupTimeout() / time.Duration(attempts*len(l.NameServers))
	client := dns.Client{Net: "udp", UDPSize: payloadSize, Timeout: timeout}
	reply, _, err := client.ExchangeContext(ctx, question.Copy(), server)
	if err == nil && reply.Truncated {
		client.Net = "tcp"
		reply, _, err = client.ExchangeContext(ctx, question.Copy(), server)
	}
	return reply, err
}

// unreadable words why records cannot be told, without what differs each time.
func unreadable(name string, kind uint16, err error) Unseen {
	why := "no name server could be asked"
	var bad badReply
	var hollow hollowDenial
	var network net.Error
	switch {
	case errors.As(err, &bad) && bad.rcode == dns.RcodeServerFailure:
		why = "the resolver answers SERVFAIL: the name servers of the domain do not answer it, or DNSSEC does not hold"
	case errors.As(err, &bad):
		why = "the resolver answers " + bad.Error()
	case errors.As(err, &hollow):
		why = hollow.Error()
	case errors.Is(err, errLimit):
		why = err.Error()
	case errors.Is(err, context.Canceled):
		why = "it was interrupted"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout():
		why = "no name server answered in time"
	}
	return Unseen(fmt.Sprintf("the %s records of %s cannot be read: %s", dns.TypeToString[kind], name, why))
}

func (l *look) txt(ctx context.Context, name string) TXT {
	seen, records := l.ask(ctx, name, dns.TypeTXT)
	txt := TXT{Lookup: seen}
	for _, record := range records {
		txt.Values = append(txt.Values, unescaped(record.(*dns.TXT).Txt))
	}
	slices.Sort(txt.Values) // The DNS has no order.
	return txt
}

// MXTTL is how long resolvers may give out the MX records of a domain, by the word
// of the name server that is asked; one that keeps answers gives what is left. It
// is false where that cannot be told.
func (l *Looker) MXTTL(ctx context.Context, domain string) (time.Duration, bool) {
	_, records := l.begin().ask(ctx, domain, dns.TypeMX)
	if len(records) == 0 {
		return 0, false
	}
	return time.Duration(records[0].Header().Ttl) * time.Second, true
}

// unescaped joins strings, which the library gives as they stand in a zone file.
func unescaped(texts []string) string {
	escaped := strings.Join(texts, "")
	var plain strings.Builder
	for i := 0; i < len(escaped); i++ {
		switch {
		case escaped[i] != '\\' || i+1 == len(escaped):
			plain.WriteByte(escaped[i])
		case i+3 < len(escaped) && isDigits(escaped[i+1:i+4]):
			number := int(escaped[i+1]-'0')*100 + int(escaped[i+2]-'0')*10 + int(escaped[i+3]-'0')
			plain.WriteByte(byte(number))
			i += 3
		default:
			i++
			plain.WriteByte(escaped[i])
		}
	}
	return plain.String()
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// mailAddresses are those of an MX host, which must have a name (RFC 1035, section
// 3.3.9): to senders, an address there is one that does not exist.
func (l *look) mailAddresses(ctx context.Context, host string) Addresses {
	if _, err := netip.ParseAddr(host); err == nil {
		return Addresses{}
	}
	return l.addresses(ctx, host)
}

// addresses looks both families up, since a family that cannot be told must not
// look like one that is not there. What a URI names may be an address itself.
func (l *look) addresses(ctx context.Context, host string) Addresses {
	if address, err := netip.ParseAddr(host); err == nil {
		return Addresses{List: []netip.Addr{address.Unmap()}}
	}
	four, fours := l.ask(ctx, host, dns.TypeA)
	six, sixes := l.ask(ctx, host, dns.TypeAAAA)
	seen := Addresses{
		CNAMEs:       four.CNAMEs,
		Loop:         four.Loop || six.Loop,
		Unseen:       cmp.Or(four.Unseen, six.Unseen),
		LimitReached: four.LimitReached || six.LimitReached,
	}
	if len(seen.CNAMEs) == 0 {
		seen.CNAMEs = six.CNAMEs
	}
	for _, record := range slices.Concat(fours, sixes) {
		var raw net.IP
		switch record := record.(type) {
		case *dns.A:
			raw = record.A
		case *dns.AAAA:
			raw = record.AAAA
		}
		if address, is := netip.AddrFromSlice(raw); is {
			seen.List = append(seen.List, address.Unmap())
		}
	}
	slices.SortFunc(seen.List, netip.Addr.Compare)
	seen.List = slices.Compact(seen.List)
	seen.cut(host, maxAddresses)
	return seen
}
