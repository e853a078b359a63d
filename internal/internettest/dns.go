// Package internettest is an Internet on loopback, for tests: a DNS, authorities
// that sign certificates, mail servers and web servers, each with the faults that
// a test wants.
package internettest

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// Zone is what a name server knows.
type Zone struct {
	Records  []string // As in a zone file, with full names.
	Fails    []string // Names for which it answers SERVFAIL.
	Silent   []string // Names for which it does not answer.
	Signed   bool     // It says that DNSSEC vouches for all of it.
	Unsigned []string // Names for which it does not, all the same.
	Rootless bool     // It does not know the root of the DNS, as where there is no way to the Internet.
	Own      bool     // It answers with authority, as the name server of a zone does.

	Asked func(name string) // Is told of each question, where it is set.
}

// Start starts a name server on loopback until the test ends, and gives its
// address. It resolves as a resolver does: it follows CNAMEs.
func (z Zone) Start(t testing.TB) string {
	t.Helper()
	udp, tcp := listenBoth(t)
	handler := z.handler(t)
	for _, server := range []*dns.Server{{PacketConn: udp, Handler: handler}, {Listener: tcp, Handler: handler}} {
		ended := make(chan error)
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { ended <- server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			server.Shutdown() //nolint:errcheck // What it ended with counts.
			if err := <-ended; err != nil {
				t.Errorf("the name server: %v", err)
			}
		})
	}
	return udp.LocalAddr().String()
}

// Resolver starts a name server, and gives what asks it alone.
func (z Zone) Resolver(t testing.TB) *net.Resolver {
	t.Helper()
	address := z.Start(t)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

// listenBoth listens for UDP and TCP at one port.
func listenBoth(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 { // Another program may have the port for the one of them.
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if udp, err := net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			return udp, tcp
		}
		tcp.Close() //nolint:errcheck // It is not needed.
	}
	t.Fatal("no port is free for both UDP and TCP")
	return nil, nil
}

func (z Zone) handler(t testing.TB) dns.Handler {
	records, texts := make(map[string][]dns.RR), z.Records
	if !z.Rootless {
		texts = append([]string{". NS a.root-servers.example."}, texts...)
	}
	for _, text := range texts {
		record, err := dns.NewRR(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		name := strings.ToLower(record.Header().Name)
		records[name] = append(records[name], record)
	}
	return dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		asked, answer := query.Question[0], new(dns.Msg)
		answer.SetReply(query)
		answer.Authoritative, answer.RecursionAvailable = z.Own, !z.Own
		answer.AuthenticatedData = z.Signed && !among(z.Unsigned, asked.Name)
		if z.Asked != nil {
			z.Asked(asked.Name)
		}
		if among(z.Silent, asked.Name) {
			return
		}
		if among(z.Fails, asked.Name) {
			answer.SetRcode(query, dns.RcodeServerFailure)
		} else {
			answer.Answer, answer.Rcode = look(records, asked.Name, asked.Qtype, maxChain)
		}
		if w.LocalAddr().Network() == "udp" {
			answer.Truncate(dns.MinMsgSize)
		}
		w.WriteMsg(answer) //nolint:errcheck // Whoever asked is gone.
	})
}

// maxChain ends a circle.
const maxChain = 4

// look follows CNAMEs, as a resolver does.
func look(records map[string][]dns.RR, name string, kind uint16, hops int) (found []dns.RR, code int) {
	code = dns.RcodeNameError
	for _, record := range records[strings.ToLower(name)] {
		code = dns.RcodeSuccess
		alias, is := record.(*dns.CNAME)
		switch {
		case record.Header().Rrtype == kind:
			found = append(found, record)
		case is && hops > 0:
			more, code := look(records, alias.Target, kind, hops-1)
			return append([]dns.RR{record}, more...), code
		}
	}
	return found, code
}

func among(names []string, name string) bool {
	return slices.ContainsFunc(names, func(one string) bool { return strings.EqualFold(one+".", name) })
}
