package survey

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"sealpost/internal/mtasts"
	"sealpost/internal/posture"
	"sealpost/internal/tlsrpt"
)

// Looker looks at domains. One that many domains are looked at with talks to
// each MX host once, however many of them name it. It is not to be changed in use.
type Looker struct {
	NameServers []string       // That resolve names, such as 192.0.2.53:53; asked in turn.
	Roots       *x509.CertPool // Who vouches for certificates; nil for those whom the system trusts.
	Now         func() time.Time
	Timeout     time.Duration // Of each look, of a third of it for what is quick; 0 for 30 seconds.
	Hello       string        // The name to give to MX hosts; empty for the address.
	SMTPPort    string        // 25 if empty.
	HTTPSPort   string        // 443 if empty.
	Internal    bool          // Also connects to addresses that the Internet does not reach, such as 127.0.0.1.
	WithoutSMTP bool          // Does not talk to MX hosts, where port 25 is known to be closed.

	// Dial connects; nil for a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	connections, resolving places

	mu    sync.Mutex
	talks map[netip.Addr]map[string]func() Talk // By the host's name.
	roots map[string]func() bool                // Whether a name server knows the root of the DNS.
}

const lookTimeout = 30 * time.Second // Hosts may wait before they greet, to see who can't.

func (l *Looker) timeout() time.Duration        { return cmp.Or(l.Timeout, lookTimeout) }
func (l *Looker) lookupTimeout() time.Duration  { return l.timeout() / 3 }
func (l *Looker) connectTimeout() time.Duration { return l.timeout() / 3 }
func (l *Looker) smtpPort() string              { return cmp.Or(l.SMTPPort, "25") }
func (l *Looker) httpsPort() string             { return cmp.Or(l.HTTPSPort, "443") }

// Look looks at a domain. What could not be looked at says why. Whatever
// the domain names, the number of look-ups and connections is bounded.
func (l *Looker) Look(ctx context.Context, domain string) Domain {
	return l.begin().at(ctx, domain)
}

func (l *look) at(ctx context.Context, domain string) Domain {
	seen := Domain{Name: domain, At: l.Now().UTC().Truncate(time.Second)}
	var all sync.WaitGroup
	all.Go(func() { seen.Record = l.txt(ctx, mtasts.RecordName(domain)) })
	all.Go(func() { seen.PolicyHost = l.policyHost(ctx, domain) })
	all.Go(func() { seen.MX = l.mx(ctx, domain) })
	all.Go(func() {
		seen.TLSRPT = l.txt(ctx, tlsrpt.RecordName(domain))
		seen.Destinations = l.part(ruaLookups).destinations(ctx, seen.TLSRPT)
	})
	all.Wait()
	seen.MoreIssuers = l.issuers.unfetched()
	return seen
}

func (l *look) policyHost(ctx context.Context, domain string) Host {
	host := mtasts.PolicyHost(domain)
	return l.askHost(ctx, question{http.MethodGet, "https://" + host + mtasts.PolicyPath, host, l.httpsPort()})
}

// mx looks at where a domain takes mail (RFC 5321, section 5.1).
func (l *look) mx(ctx context.Context, domain string) MX {
	lookup, records := l.ask(ctx, domain, dns.TypeMX)
	hosts, null := hostsOf(records)
	seen := MX{Lookup: lookup, Null: null, Port: l.smtpPort(), Unread: max(0, len(hosts)-maxHosts)}
	seen.Hosts = hosts[:len(hosts)-seen.Unread]
	if len(records) == 0 && seen.Unseen == "" && !seen.Loop {
		seen.Implicit = true
		seen.Hosts = []MXHost{{Name: domain}}
	}
	if l.WithoutSMTP {
		seen.Untalked = Unseen("port " + l.smtpPort() + " was not to be tried")
	}
	l.part(mxLookups).mxHosts(ctx, seen.Hosts)
	return seen
}

// hostsOf returns the hosts of MX records, each once, in the order in which senders
// try them, and whether a null MX (RFC 7505) is among the records.
func hostsOf(records []dns.RR) (hosts []MXHost, null bool) {
	for _, record := range records {
		record := record.(*dns.MX)
		hosts = append(hosts, MXHost{Name: plainName(record.Mx), Preference: record.Preference})
	}
	slices.SortFunc(hosts, func(a, b MXHost) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), strings.Compare(a.Name, b.Name))
	})
	known := make(map[string]bool)
	hosts = slices.DeleteFunc(hosts, func(host MXHost) bool {
		repeated := known[host.Name]
		known[host.Name] = true
		return repeated || host.Name == ""
	})
	return hosts, known[""]
}

// mxHosts looks all hosts up before it talks to any: how many addresses of each it
// talks to depends on those of the others.
func (l *look) mxHosts(ctx context.Context, hosts []MXHost) {
	var lookups, talks sync.WaitGroup
	all := make([]addressed, len(hosts))
	for i := range hosts {
		host := &hosts[i]
		all[i] = addressed{host.Name, &host.Addresses}
		lookups.Go(func() { host.Addresses = l.mailAddresses(ctx, host.Name) })
		lookups.Go(func() {
			lookup, records := l.ask(ctx, "_25._tcp."+host.Name, dns.TypeTLSA)
			host.TLSA = TLSA{lookup, len(records)}
		})
	}
	lookups.Wait()
	if l.WithoutSMTP {
		return
	}
	share(maxMXAddresses, all)
	for i := range hosts {
		host := &hosts[i]
		host.Talks = make([]Talk, len(host.Addresses.List))
		for n, address := range host.Addresses.List {
			talks.Go(func() { host.Talks[n] = l.talkOnce(ctx, host.Name, address) })
		}
	}
	talks.Wait()
}

// talkOnce talks to each host once. Thousands of domains may have the same.
func (l *look) talkOnce(ctx context.Context, host string, address netip.Addr) Talk {
	l.mu.Lock()
	if l.talks == nil {
		l.talks = make(map[netip.Addr]map[string]func() Talk)
	}
	if l.talks[address] == nil {
		l.talks[address] = make(map[string]func() Talk)
	}
	talk, known := l.talks[address][host]
	if !known {
		talk = sync.OnceValue(func() Talk { return l.talk(ctx, host, address) })
		l.talks[address][host] = talk
	}
	l.mu.Unlock()
	return talk()
}

// destinations looks at where a domain wants its reports (RFC 8460, section 3).
func (l *look) destinations(ctx context.Context, txt TXT) []Destination {
	record, err := tlsrpt.FindRecord(txt.Values)
	if err != nil {
		return nil
	}
	seen := make([]Destination, min(len(record.RUAs), maxDestinations))
	questions := make([]question, len(seen))
	var lookups, requests sync.WaitGroup
	for i := range seen {
		lookups.Go(func() { seen[i], questions[i] = l.destination(ctx, record.RUAs[i]) })
	}
	lookups.Wait()
	var hosts []addressed
	for _, d := range seen {
		if d.HTTPS != nil {
			hosts = append(hosts, addressed{d.HTTPS.Name, &d.HTTPS.Addresses})
		}
	}
	share(maxRUAAddresses, hosts)
	for i, d := range seen {
		if d.HTTPS != nil {
			requests.Go(func() { l.askAll(ctx, questions[i], d.HTTPS) })
		}
	}
	requests.Wait()
	return seen
}

// destination looks a place for reports up, and gives what to ask it by HTTPS.
func (l *look) destination(ctx context.Context, rua string) (Destination, question) {
	seen := Destination{URI: rua}
	uri, err := url.Parse(rua)
	if err != nil {
		return seen, question{}
	}
	if uri.Scheme == "mailto" {
		address, _ := url.PathUnescape(uri.Opaque)
		_, domain, _ := strings.Cut(address, "@")
		mail := l.mail(ctx, plainName(domain))
		seen.Mail = &mail
		return seen, question{}
	}
	q := question{http.MethodHead, rua, uri.Hostname(), cmp.Or(uri.Port(), l.httpsPort())}
	host := l.host(ctx, q)
	seen.HTTPS = &host
	return seen, q
}

// mail finds out whether a domain takes mail, and connects to nobody.
func (l *look) mail(ctx context.Context, domain string) Mail {
	lookup, records := l.ask(ctx, domain, dns.TypeMX)
	hosts, null := hostsOf(records)
	seen := Mail{Lookup: lookup, Null: null && len(hosts) == 0, Hosts: len(hosts)}
	if len(records) == 0 && lookup.Unseen == "" {
		hosts = []MXHost{{Name: domain}}
	}
	for _, host := range hosts[:min(len(hosts), maxRUAHosts)] {
		addresses := l.mailAddresses(ctx, host.Name)
		for _, address := range addresses.List {
			if l.Internal || posture.IsPublic(address) {
				seen.Addresses++
			}
		}
		if seen.Unseen == "" {
			seen.Unseen, seen.LimitReached = addresses.Unseen, addresses.LimitReached
		}
	}
	if more := len(hosts) - maxRUAHosts; more > 0 && seen.Unseen == "" && seen.Addresses == 0 {
		seen.Unseen, seen.LimitReached = Unseen(fmt.Sprintf("not looked at: %d more of the MX hosts of %s", more, domain)), true
	}
	return seen
}
