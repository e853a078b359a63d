package assessment_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

var today = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const (
	testing7  = "version: STSv1\nmode: testing\nmx: mx1.example.com\nmax_age: 86400\n"
	enforcing = "version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 1209600\n"
	retired   = "version: STSv1\nmode: none\nmx: mx1.example.com\nmax_age: 86400\n"
)

// world is the Internet around example.com, in which all is right until a case
// changes it.
type world struct {
	t        *testing.T
	zone     internettest.Zone
	internet *internettest.Internet
	root     *internettest.Authority
	web      internettest.Web
	mail     internettest.Mail
	hosted   *assessment.Hosted
	timeout  time.Duration
	inside   bool // Does not connect to addresses inside.
	noSMTP   bool
	barred   string // An address that this machine lets nobody connect to.

	nameServer string // Once it runs.

	mu  sync.Mutex
	now time.Time
}

// What hosts have, where something hangs.
const (
	patient = 5 * time.Second         // More than the impatient among the senders give.
	hurried = 3 * time.Second         // More than the most impatient gives.
	hasty   = 1500 * time.Millisecond // Less than any gives.
)

const (
	policyAddress = "192.0.2.10"
	mxAddress     = "192.0.2.25"
)

func newWorld(t *testing.T) *world {
	return newWorldUnder(t, internettest.NewAuthority(t, "Root"))
}

func newWorldUnder(t *testing.T, root *internettest.Authority) *world {
	return &world{
		t:        t,
		internet: internettest.New(t),
		root:     root,
		now:      today,
		timeout:  time.Minute,
		web:      internettest.Web{Certificate: root.Issue(internettest.Leaf{Names: []string{"mta-sts.example.com"}}), Handler: served(testing7)},
		mail:     internettest.Mail{Certificate: root.Issue(internettest.Leaf{Names: []string{"mx1.example.com"}})},
		zone: internettest.Zone{Records: []string{
			`_mta-sts.example.com. TXT "v=STSv1; id=5c78d7b6e95740c083b9138bfef62110;"`,
			"mta-sts.example.com. A " + policyAddress,
			"example.com. MX 10 mx1.example.com.",
			"mx1.example.com. A " + mxAddress,
			`_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`,
			"reports.example. MX 10 mail.reports.example.",
			"mail.reports.example. A 8.8.8.35",
		}},
	}
}

// set puts records in the place of those that begin like them.
func (w *world) set(beginning string, records ...string) {
	var kept []string
	for _, record := range w.zone.Records {
		if !strings.HasPrefix(record, beginning) {
			kept = append(kept, record)
		}
	}
	w.zone.Records = append(kept, records...)
}

func (w *world) add(records ...string) { w.zone.Records = append(w.zone.Records, records...) }

// texts are the TXT records that a name has.
func texts(name string, values ...string) func(*world) {
	return func(w *world) {
		w.set(name)
		for _, value := range values {
			w.add(fmt.Sprintf("%s TXT %q", name, value))
		}
	}
}

func (w *world) serve(text string) { w.web.Handler = served(text) }

// besides gives the Policy Host a second address, which answers otherwise.
func (w *world) besides(handler http.Handler) {
	w.add("mta-sts.example.com. A 192.0.2.11")
	other := w.web
	other.Handler = handler
	w.internet.Web("192.0.2.11:443", other)
}

// host has a policy published here, served and announced, after others that senders
// may still hold.
func (w *world) host(text string, kept ...assessment.Kept) {
	id := mtasts.ID([]byte(text))
	w.serve(text)
	w.set("_mta-sts.", fmt.Sprintf(`_mta-sts.example.com. TXT "v=STSv1; id=%s;"`, id))
	w.hosted = &assessment.Hosted{ID: id, Kept: kept}
}

// clock gives the world's time, which only its hosts move.
func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) looker() *survey.Looker {
	w.internet.Web(policyAddress+":443", w.web)
	w.internet.Mail(mxAddress+":25", w.mail)
	w.nameServer = w.zone.Start(w.t)
	return &survey.Looker{
		NameServers: []string{w.nameServer},
		Roots:       w.root.Roots(),
		Now:         w.clock,
		Timeout:     w.timeout,
		Hello:       "check.example",
		Internal:    !w.inside,
		WithoutSMTP: w.noSMTP,
		Dial:        w.dial,
	}
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, err := net.SplitHostPort(address); err == nil && host == w.barred {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.EPERM)}
	}
	return w.internet.Dial(ctx, network, address)
}

func (w *world) assess() assessment.Assessment {
	seen := w.looker().Look(w.t.Context(), "example.com")
	const server = "192.0.2.53" // In the place of an address that changes each time.
	seen.MX.By = server + ":53"
	for _, unseen := range []*survey.Unseen{&seen.Record.Unseen, &seen.PolicyHost.Addresses.Unseen, &seen.MX.Unseen, &seen.TLSRPT.Unseen} {
		*unseen = survey.Unseen(strings.ReplaceAll(string(*unseen), w.nameServer, server))
	}
	return assessment.Of(seen, w.hosted)
}

func served(text string) http.Handler { return servedAs("text/plain; charset=utf-8", text) }

func servedAs(media, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if media != "" {
			w.Header().Set("Content-Type", media)
		}
		io.WriteString(w, text) //nolint:errcheck // The test would fail.
	})
}

// hangs answers when nobody waits any more.
func hangs(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}
