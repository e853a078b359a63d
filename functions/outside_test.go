package functions_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"sealpost/internal/mtasts"
)

// outside is the Internet as the functions see it: the Policy Host of one
// domain, its mail host, and the TXT records that Route 53 keeps.
type outside struct {
	address string // Of the Policy Host.

	lock  sync.Mutex
	edge  http.Handler      // What answers there.
	away  bool              // The name server cannot tell.
	texts map[string]string // By name; in quotation marks, as Route 53 and zone files have them.
}

const mailHost = "mx1.mail." + domain

// newOutside listens where senders look: on port 443. That takes an address that
// no other test has, and a right that not everybody has.
func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{
		address: fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254)),
		edge:    http.NotFoundHandler(),
		texts:   make(map[string]string),
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(o.address, "443"))
	if err != nil {
		missing(t, fmt.Sprintf("nobody can be a Policy Host here: %v", err))
	}
	hosts := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.host().ServeHTTP(w, r) }))
	hosts.Listener.Close()
	hosts.Listener, hosts.Config.ErrorLog = listener, log.New(io.Discard, "", 0)
	hosts.StartTLS() // By the certificate of *.example.com that all test servers have.
	t.Cleanup(hosts.Close)
	return o
}

// missing skips a test that somebody's machine cannot run; CI's must.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// nameServer starts the name server, and gives its address.
func (o *outside) nameServer(t *testing.T) string {
	t.Helper()
	connection, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan error)
	server := &dns.Server{PacketConn: connection, Handler: o, NotifyStartedFunc: func() { close(started) }}
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		server.Shutdown() //nolint:errcheck // What it ended with counts.
		if err := <-ended; err != nil {
			t.Errorf("the name server: %v", err)
		}
	})
	return connection.LocalAddr().String()
}

// ServeDNS implements dns.Handler.
func (o *outside) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	answer, asked := new(dns.Msg), query.Question[0]
	answer.SetReply(query)
	answer.RecursionAvailable = true
	text, err := o.record(strings.TrimSuffix(strings.ToLower(asked.Name), "."), asked.Qtype)
	if err == nil && text != "" {
		var record dns.RR
		record, err = dns.NewRR(asked.Name + " " + dns.TypeToString[asked.Qtype] + " " + text)
		answer.Answer = []dns.RR{record}
	}
	if err != nil {
		answer.SetRcode(query, dns.RcodeServerFailure)
	}
	w.WriteMsg(answer) //nolint:errcheck // Whoever asked is gone.
}

// record gives the record of a name and type as zone files have it; none is
// empty.
func (o *outside) record(name string, kind uint16) (string, error) {
	o.lock.Lock()
	defer o.lock.Unlock()
	switch {
	case o.away:
		return "", fmt.Errorf("%s cannot be told now", name)
	case kind == dns.TypeTXT:
		return o.texts[name], nil
	case kind == dns.TypeA && name == mtasts.PolicyHost(domain):
		return o.address, nil
	case kind == dns.TypeMX && name == domain:
		return "10 " + mailHost + ".", nil
	default:
		return "", nil
	}
}

func (o *outside) host() http.Handler {
	o.lock.Lock()
	defer o.lock.Unlock()
	return o.edge
}

// change changes what there is outside.
func (o *outside) change(change func()) {
	o.lock.Lock()
	defer o.lock.Unlock()
	change()
}

// announced is the TXT record of the domain; empty where there is none.
func (o *outside) announced() string {
	o.lock.Lock()
	defer o.lock.Unlock()
	return strings.Trim(o.texts[mtasts.RecordName(domain)], `"`)
}

const zoneID = "Z0EXAMPLE000000000001"

// route53 is Route 53 for the zone, as far as TXT records go. Whatever is written
// there, the name server has.
func (o *outside) route53() http.Handler {
	const records = "/2013-04-01/hostedzone/" + zoneID + "/rrset"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+records, o.listRecords)
	mux.HandleFunc("POST "+records, o.changeRecord)
	mux.HandleFunc("POST "+records+"/", o.changeRecord)
	mux.HandleFunc("GET /2013-04-01/change/C1", func(w http.ResponseWriter, _ *http.Request) { tellChange(w, "GetChangeResponse") })
	return mux
}

func (o *outside) listRecords(w http.ResponseWriter, r *http.Request) {
	o.lock.Lock()
	defer o.lock.Unlock()
	set, name := "", strings.TrimSuffix(r.URL.Query().Get("name"), ".")
	if text := o.texts[name]; text != "" {
		set = "<ResourceRecordSet><Name>" + name + ".</Name><Type>TXT</Type><TTL>300</TTL>" +
			"<ResourceRecords><ResourceRecord><Value>" + text + "</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
	}
	fmt.Fprintf(w, "<ListResourceRecordSetsResponse><ResourceRecordSets>%s</ResourceRecordSets>"+
		"<IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>", set)
}

func (o *outside) changeRecord(w http.ResponseWriter, r *http.Request) {
	var batch struct {
		Changes []struct {
			Action string
			Name   string `xml:"ResourceRecordSet>Name"`
			Value  string `xml:"ResourceRecordSet>ResourceRecords>ResourceRecord>Value"`
		} `xml:"ChangeBatch>Changes>Change"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&batch); err != nil || len(batch.Changes) != 1 {
		http.Error(w, "<ErrorResponse/>", http.StatusBadRequest)
		return
	}
	o.lock.Lock()
	defer o.lock.Unlock()
	change := batch.Changes[0]
	if change.Action == "DELETE" {
		change.Value = ""
	}
	o.texts[strings.TrimSuffix(change.Name, ".")] = change.Value
	tellChange(w, "ChangeResourceRecordSetsResponse")
}

func tellChange(w http.ResponseWriter, root string) {
	fmt.Fprintf(w, "<%[1]s><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status>"+
		"<SubmittedAt>2026-11-23T00:00:00Z</SubmittedAt></ChangeInfo></%[1]s>", root)
}
