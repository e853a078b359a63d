package posture_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// zone is what a name server of the tests knows: records as text, by name and
// type.
type zone struct {
	records []string
	fails   []string // Names for which it answers SERVFAIL.
	silent  []string // Names for which it does not answer.
}

// resolver starts a name server on loopback, and gives a resolver that asks it
// alone.
func (z zone) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*dns.Server{{PacketConn: udp, Handler: z.handler(t)}, {Listener: tcp, Handler: z.handler(t)}} {
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
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		address := udp.LocalAddr()
		if network == "tcp" {
			address = tcp.Addr()
		}
		return new(net.Dialer).DialContext(ctx, network, address.String())
	}}
}

func (z zone) handler(t *testing.T) dns.Handler {
	var records []dns.RR
	for _, text := range z.records {
		record, err := dns.NewRR(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		records = append(records, record)
	}
	return dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		asked, answer := query.Question[0], new(dns.Msg)
		answer.SetReply(query)
		answer.RecursionAvailable = true
		if among(z.silent, asked.Name) {
			return
		}
		if among(z.fails, asked.Name) {
			answer.SetRcode(query, dns.RcodeServerFailure)
		} else {
			answer.Answer, answer.Rcode = look(records, asked.Name, asked.Qtype)
		}
		if w.LocalAddr().Network() == "udp" {
			answer.Truncate(dns.MinMsgSize)
		}
		w.WriteMsg(answer) //nolint:errcheck // Whoever asked is gone.
	})
}

// look follows CNAMEs, as a resolver does.
func look(records []dns.RR, name string, kind uint16) (found []dns.RR, code int) {
	code = dns.RcodeNameError
	for _, record := range records {
		if !strings.EqualFold(record.Header().Name, name) {
			continue
		}
		code = dns.RcodeSuccess
		alias, is := record.(*dns.CNAME)
		switch {
		case record.Header().Rrtype == kind:
			found = append(found, record)
		case is:
			more, code := look(records, alias.Target, kind)
			return append([]dns.RR{record}, more...), code
		}
	}
	return found, code
}

func among(names []string, name string) bool {
	for _, one := range names {
		if strings.EqualFold(one+".", name) {
			return true
		}
	}
	return false
}
