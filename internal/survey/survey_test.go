package survey_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sealpost/internal/internettest"
	"sealpost/internal/survey"
)

// now is a time at which certificates of the tests are valid.
func now() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }

// looker looks at an Internet.
func looker(t testing.TB, zone internettest.Zone, internet *internettest.Internet) *survey.Looker {
	return &survey.Looker{NameServers: []string{zone.Start(t)}, Now: now, Timeout: time.Minute, Internal: true, Dial: internet.Dial}
}

// TestNotInside: it connects to nothing inside, whatever the DNS, a certificate
// or a record asks for.
func TestNotInside(t *testing.T) {
	internet := internettest.New(t)
	touched := func(c net.Conn) { t.Error("a host inside was connected to") }
	_, port, err := net.SplitHostPort(internet.Listen("inside", touched).String())
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"A 127.0.0.1", "A 10.0.0.1", "A 169.254.169.254", "A 0.0.0.0", "CNAME inside.example.", "AAAA ::1", "AAAA ::ffff:127.0.0.1", "AAAA 64:ff9b::7f00:1"} {
		_, plain, _ := strings.Cut(strings.Replace(address, "inside.example.", "127.0.0.1", 1), " ")
		zone := internettest.Zone{Records: []string{
			"mta-sts.example.com. " + address, "example.com. MX 10 mx1.example.com.", "mx1.example.com. " + address,
			fmt.Sprintf(`_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=https://reports.example:%s/,https://%s/"`, port, net.JoinHostPort(plain, port)), "reports.example. " + address, "inside.example. A 127.0.0.1",
		}}
		l := &survey.Looker{NameServers: []string{zone.Start(t)}, Now: now, Timeout: time.Minute, SMTPPort: port, HTTPSPort: port}
		seen := l.Look(t.Context(), "example.com")
		reaches := []survey.Reach{seen.PolicyHost.Answers[0].Reach, seen.MX.Hosts[0].Talks[0].Reach, seen.Destinations[0].HTTPS.Answers[0].Reach, seen.Destinations[1].HTTPS.Answers[0].Reach}
		if !slices.Equal(reaches, []survey.Reach{survey.NotPublic, survey.NotPublic, survey.NotPublic, survey.NotPublic}) {
			t.Errorf("%s: %v", address, reaches)
		}
	}
}

// TestIssuerNotInside: a certificate may name a place inside for its issuer's; in
// one outside it is fetched, whether by name or by address.
func TestIssuerNotInside(t *testing.T) {
	for link, want := range map[string]survey.Trust{
		"http://ca.example/":            survey.UnknownAuthority,
		"http://127.0.0.1/":             survey.UnknownAuthority,
		"http://[::ffff:127.0.0.1]/":    survey.UnknownAuthority,
		"http://8.8.8.80/":              survey.Incomplete,
		"http://public.ca.example/root": survey.Incomplete,
	} {
		internet := internettest.New(t)
		root := internettest.NewAuthority(t, "Root")
		between := root.Under("Between", internettest.End)
		internet.Mail("8.8.8.8:25", internettest.Mail{Certificate: between.Issue(internettest.Leaf{Names: []string{"mx1.example.com"}, IssuerURL: link})})
		internet.Plain("127.0.0.1:80", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a host inside was asked") }))
		internet.Plain("8.8.8.80:80", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write(between.Certificate.Raw) //nolint:errcheck // The test would fail.
		}))
		l := looker(t, internettest.Zone{Records: []string{"example.com. MX 10 mx1.example.com.", "mx1.example.com. A 8.8.8.8", "ca.example. A 127.0.0.1", "public.ca.example. A 8.8.8.80"}}, internet)
		l.Internal, l.Roots = false, root.Roots()
		if seen := l.Look(t.Context(), "example.com").MX.Hosts[0].Talks[0]; seen.TLS.Certificate.Trust != want {
			t.Errorf("%s: got %+v", link, seen.TLS.Certificate)
		}
	}
}

// TestTalksOnce: many domains with one MX host cost it one connection.
func TestTalksOnce(t *testing.T) {
	internet := internettest.New(t)
	root := internettest.NewAuthority(t, "Root")
	var mu sync.Mutex
	talks := 0
	host := internettest.Mail{Certificate: root.Issue(internettest.Leaf{Names: []string{"mx1.example.com"}})}
	internet.Mail("192.0.2.25:25", host)
	dial := internet.Dial
	zone := internettest.Zone{Records: []string{"mx1.example.com. A 192.0.2.25"}}
	for i := range 20 {
		zone.Records = append(zone.Records, fmt.Sprintf("domain%d.example. MX 10 mx1.example.com.", i))
	}
	l := looker(t, zone, internet)
	l.Roots = root.Roots()
	l.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		talks++
		mu.Unlock()
		return dial(ctx, network, address)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			seen := l.Look(t.Context(), fmt.Sprintf("domain%d.example", i))
			if talk := seen.MX.Hosts[0].Talks[0]; talk.TLS == nil || talk.TLS.Certificate.Trust != survey.Trusted {
				t.Errorf("%d: %+v", i, talk)
			}
		})
	}
	all.Wait()
	if talks != 1 {
		t.Errorf("the host was connected to %d times", talks)
	}
}

// TestSaysLittle holds what hosts are told: nothing that begins a mail, no
// report, nothing of the surroundings.
func TestSaysLittle(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	internet := internettest.New(t)
	root := internettest.NewAuthority(t, "Root")
	said := make(chan string, 10)
	internet.Listen("192.0.2.25:25", func(c net.Conn) {
		io.WriteString(c, "220 mx\r\n") //nolint:errcheck // The test would fail.
		lines := bufio.NewScanner(c)
		for lines.Scan() {
			said <- lines.Text()
			io.WriteString(c, "250-mx\r\n250-SIZE 1000\r\n250 8BITMIME\r\n") //nolint:errcheck // The same.
		}
		close(said)
	})
	asked := make(chan *http.Request, 10)
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r })
	internet.Web("192.0.2.10:443", internettest.Web{Certificate: root.Issue(internettest.Leaf{Names: []string{"mta-sts.example.com"}}), Handler: handler})
	internet.Web("192.0.2.80:8443", internettest.Web{Certificate: root.Issue(internettest.Leaf{Names: []string{"reports.example"}}), Handler: handler})
	l := looker(t, internettest.Zone{Records: []string{
		"mta-sts.example.com. A 192.0.2.10", "example.com. MX 10 mx1.example.com.", "mx1.example.com. A 192.0.2.25",
		`_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=https://reports.example:8443/v1/reports?a=b"`, "reports.example. A 192.0.2.80",
	}}, internet)
	l.Hello = "check.example"
	seen := l.Look(t.Context(), "example.com")
	if talk := seen.MX.Hosts[0].Talks[0]; !slices.Equal(talk.Extensions, []string{"SIZE 1000", "8BITMIME"}) || talk.Banner != "mx" {
		t.Errorf("heard %+v", talk)
	}
	var lines []string
	for line := range said {
		lines = append(lines, line)
	}
	if !slices.Equal(lines, []string{"EHLO check.example", "QUIT"}) {
		t.Errorf("an MX host was told %q", lines)
	}
	var requests []string
	for range 2 {
		r := <-asked
		requests = append(requests, fmt.Sprintf("%s %s %s %s %d", r.Method, r.Host, r.RequestURI, r.TLS.ServerName, r.ContentLength))
	}
	slices.Sort(requests)
	if want := []string{
		"GET mta-sts.example.com /.well-known/mta-sts.txt mta-sts.example.com 0",
		"HEAD reports.example:8443 /v1/reports?a=b reports.example 0",
	}; !slices.Equal(requests, want) {
		t.Errorf("asked %q, want %q", requests, want)
	}
}

// TestRecords has what the DNS may hold.
func TestRecords(t *testing.T) {
	zone := internettest.Zone{Signed: true, Records: []string{
		`_mta-sts.strings.example. TXT "v=STSv1;" " id=" "1;"`,
		`_mta-sts.escapes.example. TXT "a\"b\\c\065\233d"`,
		`_mta-sts.long.example. TXT "` + strings.Repeat("a", 255) + `" "` + strings.Repeat("b", 255) + `" "` + strings.Repeat("c", 255) + `"`,
		"_mta-sts.far.example. CNAME a.example.", "a.example. CNAME b.example.", "b.example. CNAME c.example.", "c.example. CNAME d.example.",
		"d.example. CNAME e.example.", "e.example. CNAME f.example.", `f.example. TXT "v=STSv1; id=1;"`,
		"_mta-sts.address.example. A 192.0.2.1",
	}}
	l := looker(t, zone, internettest.New(t))
	for domain, want := range map[string]string{
		"strings.example": "v=STSv1; id=1;",
		"escapes.example": "a\"b\\cA\xe9d",
		"long.example":    strings.Repeat("a", 255) + strings.Repeat("b", 255) + strings.Repeat("c", 255),
		"far.example":     "v=STSv1; id=1;",
		"address.example": "",
		"none.example":    "",
	} {
		seen := l.Look(t.Context(), domain).Record
		if strings.Join(seen.Values, "|") != want || seen.Unseen != "" || !seen.Authenticated {
			t.Errorf("%s: %+v", domain, seen)
		}
		if exists := domain != "none.example"; seen.Exists != exists {
			t.Errorf("%s exists: %t", domain, seen.Exists)
		}
	}
	if far := l.Look(t.Context(), "far.example").Record.CNAMEs; len(far) != 6 || far[5] != "f.example" {
		t.Errorf("CNAMEs: %q", far)
	}
}

// TestUnseen: that nothing could be seen never looks as if there were nothing.
func TestUnseen(t *testing.T) {
	refuses := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		w.WriteMsg(new(dns.Msg).SetRcode(query, dns.RcodeRefused)) //nolint:errcheck // The test would fail.
	})
	another := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		reply := new(dns.Msg).SetReply(query)
		reply.Question[0].Name = "other.example."
		w.WriteMsg(reply) //nolint:errcheck // The test would fail.
	})
	onward := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		reply, name := new(dns.Msg).SetReply(query), query.Question[0].Name
		reply.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET}, Target: "a" + name}}
		w.WriteMsg(reply) //nolint:errcheck // The test would fail.
	})
	for _, test := range []struct {
		name   string
		server string
		want   survey.Unseen
	}{
		{"fails", internettest.Zone{Fails: []string{"_mta-sts.example.com"}}.Start(t), "the TXT records of _mta-sts.example.com cannot be read: the resolver answers SERVFAIL: the name servers of the domain do not answer it, or DNSSEC does not hold"},
		{"refuses", serveDNS(t, refuses), "the TXT records of _mta-sts.example.com cannot be read: the resolver answers REFUSED"},
		{"answers something else", serveDNS(t, another), "the TXT records of _mta-sts.example.com cannot be read: no name server could be asked"},
		{"leads on and on", serveDNS(t, onward), "more than 10 CNAMEs lead on from _mta-sts.example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &survey.Looker{NameServers: []string{test.server}, Now: now, Timeout: time.Minute, Dial: internettest.New(t).Dial}
			seen := l.Look(t.Context(), "example.com").Record
			if seen.Unseen != test.want || len(seen.Values) > 0 || seen.Exists {
				t.Errorf("got %+v, want %q", seen, test.want)
			}
		})
	}
}

// TestNoSuchName: that there is no such name is believed of who knows.
func TestNoSuchName(t *testing.T) {
	some := []string{"example.com. MX 10 mx1.example.com."}
	for _, test := range []struct {
		name     string
		zones    []internettest.Zone
		believed bool
		server   int // Whose word it is.
	}{
		{"it knows the root", []internettest.Zone{{}}, true, 0},
		{"it knows neither the root nor anything else", []internettest.Zone{{Rootless: true}}, false, 0},
		{"it knows some names, and not the root", []internettest.Zone{{Rootless: true, Records: some}}, false, 0},
		{"it is the domain's own", []internettest.Zone{{Rootless: true, Own: true, Records: some}}, true, 0},
		{"the root fails", []internettest.Zone{{Fails: []string{""}}}, false, 0},
		{"the second knows the root", []internettest.Zone{{Rootless: true}, {}}, true, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var servers []string
			for _, zone := range test.zones {
				servers = append(servers, zone.Start(t))
			}
			l := &survey.Looker{NameServers: servers, Now: now, Timeout: 3 * time.Second, Dial: internettest.New(t).Dial}
			seen := l.Look(t.Context(), "example.com").Record
			want := survey.Lookup{Name: "_mta-sts.example.com", By: servers[test.server]}
			if !test.believed {
				want = survey.Lookup{Name: want.Name, Unseen: survey.Unseen("the TXT records of _mta-sts.example.com cannot be read: the resolver " + want.By +
					" says that there is no such name, but it does not know the root of the DNS either, so its word is not taken")}
			}
			if !reflect.DeepEqual(seen.Lookup, want) {
				t.Errorf("got %+v, want %+v", seen.Lookup, want)
			}
		})
	}
}

// TestRootOnce: however much is looked up, a name server is asked for the root once.
func TestRootOnce(t *testing.T) {
	var asked atomic.Int32
	l := looker(t, internettest.Zone{Asked: func(name string) {
		if name == "." {
			asked.Add(1)
		}
	}}, internettest.New(t))
	for _, domain := range []string{"example.com", "example.net"} {
		l.Look(t.Context(), domain)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestReset: who ends a connection as it begins is refused one, by the host, and not
// kept from looking by this machine.
func TestReset(t *testing.T) {
	l := looker(t, internettest.Zone{Records: []string{"mta-sts.example.com. A 192.0.2.10"}}, internettest.New(t))
	l.Dial = func(_ context.Context, network, _ string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNRESET)}
	}
	seen := l.Look(t.Context(), "example.com")
	if answers := seen.PolicyHost.Answers; len(answers) != 1 || answers[0].Reach != survey.Refused || answers[0].Why != "the connection is reset" {
		t.Errorf("got %+v", answers)
	}
}

// TestSecondNameServer: one that fails is no reason to see nothing.
func TestSecondNameServer(t *testing.T) {
	zone := internettest.Zone{Records: []string{`_mta-sts.example.com. TXT "v=STSv1; id=1;"`}}
	broken := internettest.Zone{Fails: []string{"_mta-sts.example.com"}}
	l := looker(t, zone, internettest.New(t))
	l.NameServers = append([]string{broken.Start(t)}, l.NameServers...)
	if seen := l.Look(t.Context(), "example.com").Record; len(seen.Values) != 1 {
		t.Errorf("got %+v", seen)
	}
}

func serveDNS(t *testing.T, handler dns.Handler) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan error)
	server := &dns.Server{PacketConn: packets, Handler: handler, NotifyStartedFunc: func() { close(started) }}
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		server.Shutdown() //nolint:errcheck // What it ended with counts.
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return packets.LocalAddr().String()
}

// TestBounds: however much a domain names, so much is looked at, and the rest is
// told.
func TestBounds(t *testing.T) {
	zone := internettest.Zone{}
	for i := range 60 {
		zone.Records = append(zone.Records, fmt.Sprintf("example.com. MX %d mx%d.example.com.", i, i), fmt.Sprintf("mta-sts.example.com. A 192.0.2.%d", i))
	}
	seen := looker(t, zone, internettest.New(t)).Look(t.Context(), "example.com")
	if len(seen.MX.Hosts) != 50 || seen.MX.Unread != 10 {
		t.Errorf("%d MX hosts, %d more", len(seen.MX.Hosts), seen.MX.Unread)
	}
	host := seen.PolicyHost.Addresses
	if len(host.List) != 16 || host.Unseen != "not looked at: 44 more of the addresses of mta-sts.example.com" {
		t.Errorf("%d addresses, %q", len(host.List), host.Unseen)
	}
}

// TestWorstDomain: a domain that names as much as DNS, hosts and certificates can
// carry is looked at with so many connections and look-ups, and no more. Each
// address is tried three times, and each certificate lacks another issuer.
func TestWorstDomain(t *testing.T) {
	root := internettest.NewAuthority(t, "Root")
	issued := func(name string) tls.Certificate {
		return root.Issue(internettest.Leaf{Names: []string{name}, IssuerURL: "http://ca." + name + "/"})
	}
	isOld := func(hello *tls.ClientHelloInfo) bool {
		return !slices.Contains(hello.SupportedCurves, tls.X25519MLKEM768)
	}
	zone, certificates := internettest.Zone{}, make(map[string]tls.Certificate)
	addresses := func(name string, n int) {
		for i := range n {
			zone.Records = append(zone.Records, fmt.Sprintf("%s. A 192.0.%d.%d", name, 2+i/200, i%200))
		}
	}
	add := func(format string, args ...any) { zone.Records = append(zone.Records, fmt.Sprintf(format, args...)) }
	for i := range 200 {
		host := fmt.Sprintf("mx%d.example.com", i)
		add("example.com. MX %d %s.", i, host)
		if i > 50 { // They are never looked up.
			continue
		}
		addresses(host, 50)
		addresses("ca."+host, 50)
		certificates[host] = issued(host)
	}
	addresses("mta-sts.example.com", 100)
	rua := ""
	for i := range 20 {
		host := fmt.Sprintf("r%d.example", i)
		rua += fmt.Sprintf(",https://%s/,mailto:tls@%s", host, host)
		addresses(host, 50)
		for n := range 20 {
			add("%s. MX %d mx%d.%s.", host, n, n, host)
		}
	}
	add(`_smtp._tls.example.com. TXT "v=TLSRPTv1; " "rua=%s" "%s"`, rua[1:201], rua[201:])
	var asked, dialed, toMail, toWeb, toIssuers atomic.Int32
	zone.Asked = func(string) { asked.Add(1) }

	internet := internettest.New(t)
	internet.Mail("mail", internettest.Mail{ByName: certificates, Bears: isOld})
	internet.Web("web", internettest.Web{Certificate: issued("mta-sts.example.com"), Bears: isOld, Handler: http.NotFoundHandler()})
	l := looker(t, zone, internet)
	l.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed.Add(1)
		switch _, port, _ := net.SplitHostPort(address); port {
		case "25":
			toMail.Add(1)
			server, _ := internet.Server("mail")
			return new(net.Dialer).DialContext(ctx, network, server)
		case "443":
			toWeb.Add(1)
			server, _ := internet.Server("web")
			return new(net.Dialer).DialContext(ctx, network, server)
		default:
			toIssuers.Add(1)
			return nil, syscall.ECONNREFUSED
		}
	}
	seen := l.Look(t.Context(), "example.com")

	if toMail.Load() != 3*60 || toWeb.Load() != 3*(16+20) || toIssuers.Load() > 6*2 || dialed.Load() > 300 {
		t.Errorf("%d connections: %d to MX hosts, %d by HTTPS, %d for issuers", dialed.Load(), toMail.Load(), toWeb.Load(), toIssuers.Load())
	}
	if n := asked.Load(); n > 2*500 { // Half of them over TCP, for what does not fit into UDP.
		t.Errorf("%d look-ups", n)
	}
	if len(seen.MX.Hosts) != 50 || seen.MX.Unread != 150 {
		t.Errorf("%d MX hosts, %d more", len(seen.MX.Hosts), seen.MX.Unread)
	}
	for i, host := range seen.MX.Hosts {
		want := 1 // Ten get a second one.
		if i < 10 {
			want = 2
		}
		if a := host.Addresses; len(host.Talks) != want || len(a.List) != want || a.More != 50-want || !a.LimitReached || !strings.Contains(string(a.Unseen), fmt.Sprint(50-want)) {
			t.Errorf("%s: %d talks, %+v", host.Name, len(host.Talks), a)
		}
	}
	if a := seen.PolicyHost.Addresses; len(seen.PolicyHost.Answers) != 16 || a.More != 84 || !a.LimitReached {
		t.Errorf("%d answers of the Policy Host, %+v", len(seen.PolicyHost.Answers), a)
	}
	if len(seen.Destinations) != 10 {
		t.Errorf("%d destinations", len(seen.Destinations))
	}
	for _, d := range seen.Destinations {
		switch {
		case d.HTTPS != nil:
			if a := d.HTTPS.Addresses; len(d.HTTPS.Answers) != 4 || a.More != 46 || a.Unseen == "" {
				t.Errorf("%s: %d answers, %+v", d.URI, len(d.HTTPS.Answers), a)
			}
		case d.Mail.Addresses > 0 || d.Mail.Hosts != 20 || d.Mail.Unseen == "" || !d.Mail.LimitReached:
			t.Errorf("%s: %+v", d.URI, *d.Mail)
		}
	}
	if seen.MoreIssuers == 0 {
		t.Error("it does not say that certificates were not fetched")
	}
}

// TestWorstNames: a name server that answers every name with a CNAME to the next, one
// at a time, is asked so many times and no more; and what was not looked up is told.
func TestWorstNames(t *testing.T) {
	var asked atomic.Int32
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		n, question, reply := asked.Add(1), query.Question[0], new(dns.Msg).SetReply(query)
		texts := []string{fmt.Sprintf("%s CNAME x%d.example.", question.Name, n)}
		switch {
		case question.Name == "example.com." && question.Qtype == dns.TypeMX:
			texts = nil
			for i := range 50 {
				texts = append(texts, fmt.Sprintf("example.com. MX %d m%d.example.", i, i))
			}
		case strings.HasPrefix(question.Name, "r.") && question.Qtype == dns.TypeMX:
			texts = nil
			for i := range 5 {
				texts = append(texts, fmt.Sprintf("%s MX %d m%d.example.", question.Name, i, i))
			}
		case question.Name == "_smtp._tls.example.com.":
			texts = []string{question.Name + ` TXT "v=TLSRPTv1; rua=` + strings.Repeat("mailto:a@r.example,", 9) + `https://c.example/"`}
		}
		for _, text := range texts {
			record, err := dns.NewRR(text)
			if err != nil {
				t.Error(err)
			}
			reply.Answer = append(reply.Answer, record)
		}
		reply.Compress = true // So that all fits into UDP.
		w.WriteMsg(reply)     //nolint:errcheck // Whoever asked is gone.
	})
	l := looker(t, internettest.Zone{}, internettest.New(t))
	l.NameServers = []string{serveDNS(t, handler)}
	seen := l.Look(t.Context(), "example.com")
	if n := asked.Load(); n > 500 || n < 250 {
		t.Errorf("%d look-ups", n)
	}
	limited := 0
	for _, host := range seen.MX.Hosts {
		if host.Addresses.Unseen == "" {
			t.Errorf("%s: nothing is said of its addresses", host.Name)
		}
		if host.Addresses.LimitReached {
			limited++
		}
	}
	if len(seen.MX.Hosts) != 50 || limited < 20 {
		t.Errorf("%d hosts, %d of them beyond the bounds", len(seen.MX.Hosts), limited)
	}
	if record := seen.Record; record.Unseen == "" || record.LimitReached {
		t.Errorf("the record, which hosts take no look-ups from: %+v", record)
	}
}

// TestBoundsAreOfOneDomain: what a domain names takes nothing from the next, though
// both are looked at by one Looker.
func TestBoundsAreOfOneDomain(t *testing.T) {
	root := internettest.NewAuthority(t, "Root")
	internet := internettest.New(t)
	internet.Mail("192.0.2.25:25", internettest.Mail{Certificate: root.Issue(internettest.Leaf{Names: []string{"mx.example.com"}})})
	zone := internettest.Zone{Records: []string{"good.example. MX 10 mx.example.com.", "mx.example.com. A 192.0.2.25"}}
	for i := range 200 {
		zone.Records = append(zone.Records, fmt.Sprintf("greedy.example. MX 10 m%d.example.", i), fmt.Sprintf("m%d.example. A 192.0.2.26", i))
	}
	zone.Records = append(zone.Records, "greedy.example. MX 99 mx.example.com.")
	l := looker(t, zone, internet)
	l.Roots = root.Roots()
	for _, domain := range []string{"greedy.example", "good.example"} {
		seen := l.Look(t.Context(), domain)
		if domain == "good.example" && (len(seen.MX.Hosts) != 1 || seen.MX.Hosts[0].Talks[0].TLS.Certificate.Trust != survey.Trusted) {
			t.Errorf("got %+v", seen.MX)
		}
	}
}

// TestLookupsAtOnce: however much there is to look up, a name server is asked so
// much at a time, and no less.
func TestLookupsAtOnce(t *testing.T) {
	const most = 50
	var asked atomic.Int32
	full, answer := make(chan struct{}), make(chan struct{})
	zone := internettest.Zone{Asked: func(name string) {
		if !strings.HasPrefix(name, "mx") { // What must be known first.
			return
		}
		if asked.Add(1) == most {
			close(full)
		}
		<-answer
	}}
	for i := range 5 {
		for j := range 50 {
			zone.Records = append(zone.Records, fmt.Sprintf("domain%d.example. MX 10 mx%d.domain%d.example.", i, j, i))
		}
	}
	l := looker(t, zone, internettest.New(t))
	l.Timeout = time.Hour // None is to be asked again.
	var looks sync.WaitGroup
	for i := range 5 {
		looks.Go(func() {
			if seen := l.Look(t.Context(), fmt.Sprintf("domain%d.example", i)).MX; len(seen.Hosts) != 50 || seen.Hosts[0].Addresses.Unseen != "" {
				t.Errorf("got %+v", seen)
			}
		})
	}
	<-full
	for range most { // As many would have come beside these.
		if _, _, err := (&dns.Client{Timeout: time.Minute}).Exchange(new(dns.Msg).SetQuestion("another.example.", dns.TypeA), l.NameServers[0]); err != nil {
			t.Error(err)
		}
	}
	if n := asked.Load(); n > most {
		t.Errorf("%d look-ups are under way at once", n)
	}
	close(answer)
	looks.Wait()
}

// TestOfferNotRepeated: a host that lets nobody in when the first offer is made
// again may have ended that by chance. So nothing is said of what it bears.
func TestOfferNotRepeated(t *testing.T) {
	internet := internettest.New(t)
	var offers, dials atomic.Int32
	internet.Mail("192.0.2.25:25", internettest.Mail{
		Certificate: internettest.NewAuthority(t, "Root").Issue(internettest.Leaf{Names: []string{"mx1.example.com"}}),
		Bears:       func(*tls.ClientHelloInfo) bool { return offers.Add(1) > 1 },
	})
	l := looker(t, internettest.Zone{Records: []string{"example.com. MX 10 mx1.example.com.", "mx1.example.com. A 192.0.2.25"}}, internet)
	l.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) > 2 {
			address = "192.0.2.26:25" // Where nobody is.
		}
		return internet.Dial(ctx, network, address)
	}
	talk := l.Look(t.Context(), "example.com").MX.Hosts[0].Talks[0]
	if talk.Reach != survey.Refused || talk.TLS != nil {
		t.Errorf("got %+v, after %d offers", talk, offers.Load())
	}
}

// TestInterrupted ends at once.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	internet := internettest.New(t)
	internet.Mail("192.0.2.25:25", internettest.Mail{Hangs: "greeting"})
	l := looker(t, internettest.Zone{Records: []string{"example.com. MX 10 mx1.example.com.", "mx1.example.com. A 192.0.2.25"}}, internet)
	dial := l.Dial
	l.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		defer cancel()
		return dial(ctx, network, address)
	}
	if seen := l.Look(ctx, "example.com").MX.Hosts[0].Talks[0]; seen.Ended == nil && seen.Reach == survey.Reached {
		t.Errorf("got %+v", seen)
	}
}
