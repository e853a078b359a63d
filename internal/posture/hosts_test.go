package posture_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sealpost/internal/internettest"
	"sealpost/internal/posture"
)

const body = "version: STSv1\nmode: none\nmax_age: 86400\n"

var (
	ended = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	end   = internettest.End
)

// leaf is what a host shows, the chain apart.
func leaf(by *internettest.Authority, until time.Time, names ...string) tls.Certificate {
	return by.Issue(internettest.Leaf{Names: names, NotAfter: until})
}

// hosts are those of a DNS in which mta-sts.example.com is this machine.
var hosts = internettest.Zone{
	Records: []string{
		"mta-sts.example.com. A 127.0.0.1",
		"mta-sts.cname.example. CNAME mta-sts.example.com.",
		"mta-sts.text.example. TXT here",
	},
	Fails: []string{"mta-sts.fails.example"},
}

// serving starts a Policy Host, and gives what fetches from it.
func serving(t *testing.T, roots *x509.CertPool, config *tls.Config, answer http.HandlerFunc) posture.PolicyHosts {
	t.Helper()
	server := httptest.NewUnstartedServer(answer)
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // Handshakes fail here.
	server.StartTLS()
	t.Cleanup(server.Close)
	return at(t, server.Listener.Addr(), roots)
}

func at(t *testing.T, address net.Addr, roots *x509.CertPool) posture.PolicyHosts {
	t.Helper()
	_, port, err := net.SplitHostPort(address.String())
	if err != nil {
		t.Fatal(err)
	}
	return posture.PolicyHosts{Roots: roots, DNS: hosts.Resolver(t), Timeout: time.Minute, Port: port, Internal: true}
}

func serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, body) //nolint:errcheck // The test would fail.
}

// typed serves with any media type, and none where it is empty.
func typed(media string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if media != "" {
			w.Header().Set("Content-Type", media)
		}
		io.WriteString(w, body) //nolint:errcheck // The test would fail.
	}
}

func sized(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Write(bytes.Repeat([]byte("a"), n)) //nolint:errcheck // The client may have enough.
	}
}

func refuse(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(code)
		io.WriteString(w, body) //nolint:errcheck // Nobody reads it.
	}
}

func TestFetch(t *testing.T) {
	root := internettest.NewAuthority(t, "Root")
	between := root.Under("Between", end)
	chained := leaf(between, end, "mta-sts.example.com")
	chained.Certificate = append(chained.Certificate, between.Certificate.Raw)
	for _, test := range []struct {
		name   string
		shown  tls.Certificate
		tls    uint16
		answer http.HandlerFunc
		domain string
		want   int // How long the body is.
	}{
		{"plain", leaf(root, end, "mta-sts.example.com"), 0, serve, "example.com", len(body)},
		{"one name of many", leaf(root, end, "example.com", "mta-sts.example.com"), 0, serve, "example.com", len(body)},
		{"a wildcard", leaf(root, end, "*.example.com"), 0, serve, "example.com", len(body)},
		{"a chain", chained, 0, serve, "example.com", len(body)},
		{"by CNAME", leaf(root, end, "mta-sts.cname.example"), 0, serve, "cname.example", len(body)},
		{"TLS 1.2", leaf(root, end, "mta-sts.example.com"), tls.VersionTLS12, serve, "example.com", len(body)},
		{"no charset", leaf(root, end, "mta-sts.example.com"), 0, typed("text/plain"), "example.com", len(body)},
		{"capitals", leaf(root, end, "mta-sts.example.com"), 0, typed("Text/Plain; Charset=US-ASCII"), "example.com", len(body)},
		{"an odd parameter", leaf(root, end, "mta-sts.example.com"), 0, typed("text/plain; charset"), "example.com", len(body)},
		{"the largest", leaf(root, end, "mta-sts.example.com"), 0, sized(64 << 10), "example.com", 64 << 10},
		{"empty", leaf(root, end, "mta-sts.example.com"), 0, sized(0), "example.com", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := &tls.Config{Certificates: []tls.Certificate{test.shown}, MaxVersion: test.tls}
			got, err := serving(t, root.Roots(), config, test.answer).Fetch(t.Context(), test.domain)
			if err != nil || len(got) != test.want {
				t.Errorf("got %d bytes, %v; want %d", len(got), err, test.want)
			}
		})
	}
}

// TestRequest: the host sees what a sender sends, and nothing of our
// surroundings.
func TestRequest(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	root := internettest.NewAuthority(t, "Root")
	seen := make(chan *http.Request, 1)
	config := &tls.Config{Certificates: []tls.Certificate{leaf(root, end, "mta-sts.example.com")}}
	hosts := serving(t, root.Roots(), config, func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		serve(w, r)
	})
	for range 2 {
		if got, err := hosts.Fetch(t.Context(), "example.com"); err != nil || string(got) != body {
			t.Fatalf("got %q, %v", got, err)
		}
		r := <-seen
		if r.Method != http.MethodGet || r.RequestURI != "/.well-known/mta-sts.txt" || r.TLS.ServerName != "mta-sts.example.com" {
			t.Errorf("%s %s of %s", r.Method, r.RequestURI, r.TLS.ServerName)
		}
		if host, _, _ := strings.Cut(r.Host, ":"); host != "mta-sts.example.com" {
			t.Errorf("the host is %s", r.Host)
		}
		for _, name := range []string{"Cookie", "Accept-Encoding", "If-None-Match", "Authorization"} {
			if value := r.Header.Get(name); value != "" {
				t.Errorf("%s: %s", name, value)
			}
		}
	}
}

// TestFaults has the words for each way in which a sender would have no policy.
func TestFaults(t *testing.T) {
	const url = "https://mta-sts.example.com/.well-known/mta-sts.txt "
	root := internettest.NewAuthority(t, "Root")
	stranger := internettest.NewAuthority(t, "Stranger")
	between := root.Under("Between", end)
	past := root.Under("Past", ended)
	good := leaf(root, end, "mta-sts.example.com")
	overdue := leaf(past, end, "mta-sts.example.com")
	overdue.Certificate = append(overdue.Certificate, past.Certificate.Raw)
	for _, test := range []struct {
		name   string
		shown  tls.Certificate
		tls    uint16
		answer http.HandlerFunc
		want   string
	}{
		{"not there", good, 0, refuse(404), url + "answers 404 Not Found; senders take a policy only with 200 OK (RFC 8461, section 3.3)"},
		{"forbidden", good, 0, refuse(403), url + "answers 403 Forbidden; senders take a policy only with 200 OK (RFC 8461, section 3.3)"},
		{"broken", good, 0, refuse(502), url + "answers 502 Bad Gateway; senders take a policy only with 200 OK (RFC 8461, section 3.3)"},
		{"no such status", good, 0, refuse(599), url + "answers 599; senders take a policy only with 200 OK (RFC 8461, section 3.3)"},
		{"another success", good, 0, refuse(203), url + "answers 203 Non-Authoritative Information; senders take a policy only with 200 OK (RFC 8461, section 3.3)"},
		{"redirect", good, 0, http.RedirectHandler("https://www.example.com/\"a", http.StatusMovedPermanently).ServeHTTP,
			url + `answers 301 Moved Permanently to "https://www.example.com/\"a"; senders follow no redirect (RFC 8461, section 3.3)`},
		{"redirect to itself", good, 0, http.RedirectHandler("/.well-known/mta-sts.txt", http.StatusPermanentRedirect).ServeHTTP,
			url + `answers 308 Permanent Redirect to "/.well-known/mta-sts.txt"; senders follow no redirect (RFC 8461, section 3.3)`},
		{"redirect to nowhere", good, 0, refuse(302), url + "answers 302 Found; senders take a policy only with 200 OK (RFC 8461, section 3.3)"},
		{"not changed", good, 0, refuse(304), url + "answers 304 Not Modified; senders take a policy only with 200 OK (RFC 8461, section 3.3)"},
		{"no media type", good, 0, typed(""), url + "comes without a media type; senders take a policy only as text/plain (RFC 8461, section 3.2)"},
		{"HTML", good, 0, typed("text/html; charset=utf-8"), url + `comes as "text/html; charset=utf-8"; senders take a policy only as text/plain (RFC 8461, section 3.2)`},
		{"no media type at all", good, 0, typed(";"), url + `comes as ";"; senders take a policy only as text/plain (RFC 8461, section 3.2)`},
		{"too large", good, 0, sized(64<<10 + 1), url + "is larger than 65536 bytes, which is as much as senders read"},
		{"cut off", good, 0, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			serve(w, r)
		}, url + "ends before it is whole: unexpected EOF"},
		{"no answer", good, 0, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "mta-sts.example.com does not answer: EOF"},
		{"another's certificate", leaf(root, end, "other.example", "www.other.example"), 0, serve,
			`the certificate of mta-sts.example.com is for "other.example", "www.other.example"`},
		{"the domain's certificate", leaf(root, end, "example.com"), 0, serve, `the certificate of mta-sts.example.com is for "example.com"`},
		{"everybody's certificate", leaf(root, end, "a.example", "b.example", "c.example", "d.example", "e.example", "f.example", "g.example"), 0, serve,
			`the certificate of mta-sts.example.com is for "a.example", "b.example", "c.example", "d.example", "e.example" and 2 more names`},
		{"nobody's certificate", leaf(root, end), 0, serve, "the certificate of mta-sts.example.com is for no name"},
		{"a wildcard above", leaf(root, end, "*.com"), 0, serve, `the certificate of mta-sts.example.com is for "*.com"`},
		{"old", leaf(root, ended, "mta-sts.example.com"), 0, serve,
			"the certificate of mta-sts.example.com is valid only from 2000-01-01 00:00:00 to 2001-01-01 00:00:00 (UTC)"},
		{"old between", overdue, 0, serve,
			`the certificate of mta-sts.example.com is signed by "CN=Past", whose own is valid only from 2000-01-01 00:00:00 to 2001-01-01 00:00:00 (UTC)`},
		{"a stranger's", leaf(stranger, end, "mta-sts.example.com"), 0, serve,
			`the certificate of mta-sts.example.com is signed by "CN=Stranger", whom senders do not know; maybe the host does not send the certificates between`},
		{"no chain", leaf(between, end, "mta-sts.example.com"), 0, serve,
			`the certificate of mta-sts.example.com is signed by "CN=Between", whom senders do not know; maybe the host does not send the certificates between`},
		{"old TLS", good, tls.VersionTLS11, serve,
			"mta-sts.example.com refuses TLS as senders speak it, from version 1.2 on: tls: protocol version not supported"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := &tls.Config{Certificates: []tls.Certificate{test.shown}, MinVersion: tls.VersionTLS10, MaxVersion: test.tls}
			got, err := serving(t, root.Roots(), config, test.answer).Fetch(t.Context(), "example.com")
			if err == nil || err.Error() != test.want || got != nil {
				t.Errorf("got %q, the error %v\nwant %s", got, err, test.want)
			}
		})
	}
}

// TestNoHost has the words for hosts that are not there.
func TestNoHost(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := closed.Addr()
	closed.Close()
	plain := httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(plain.Close)
	noTLS, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		connection, err := noTLS.Accept()
		if err != nil {
			return
		}
		io.WriteString(connection, "220 smtp\r\n") //nolint:errcheck // The client may be gone.
		io.Copy(io.Discard, connection)            //nolint:errcheck // The same.
		connection.Close()
	}()
	t.Cleanup(func() { noTLS.Close() })
	closedHere := at(t, address, nil)
	inside := closedHere
	inside.Internal = false
	for _, test := range []struct {
		name   string
		hosts  posture.PolicyHosts
		domain string
		want   string
	}{
		{"no name", closedHere, "none.example", "mta-sts.none.example has no address in the DNS"},
		{"no address", closedHere, "text.example", "mta-sts.text.example has no address in the DNS"},
		{"no DNS", closedHere, "fails.example", "the address of mta-sts.fails.example cannot be looked up: server misbehaving"},
		{"closed", closedHere, "example.com", "mta-sts.example.com cannot be connected to at " + address.String() + ": connect: connection refused"},
		{"inside", inside, "example.com", "mta-sts.example.com has the address 127.0.0.1, which the Internet does not reach"},
		{"no TLS", at(t, plain.Listener.Addr(), nil), "example.com", "mta-sts.example.com does not speak TLS"},
		{"something else", at(t, noTLS.Addr(), nil), "example.com", "mta-sts.example.com does not speak TLS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := test.hosts.Fetch(t.Context(), test.domain); err == nil || err.Error() != test.want {
				t.Errorf("got the error %v\nwant %s", err, test.want)
			}
		})
	}
}

// TestFetchEnds has hosts that take too long, each at another step.
func TestFetchEnds(t *testing.T) {
	root := internettest.NewAuthority(t, "Root")
	config := &tls.Config{Certificates: []tls.Certificate{leaf(root, end, "mta-sts.example.com")}}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // Connections stand, and nobody answers.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	wait := func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // Else the answer would be whole, and may be read yet.
	}
	drip := func(w http.ResponseWriter, r *http.Request) {
		serve(w, r)
		w.(http.Flusher).Flush()
		wait(w, r)
	}
	for name, hosts := range map[string]posture.PolicyHosts{
		"no handshake": at(t, silent.Addr(), root.Roots()),
		"no answer":    serving(t, root.Roots(), config, wait),
		"no end":       serving(t, root.Roots(), config.Clone(), drip),
		"no look-up":   {DNS: internettest.Zone{Silent: []string{"mta-sts.example.com"}}.Resolver(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosts.Timeout = 300 * time.Millisecond
			want := "mta-sts.example.com did not serve its policy within 300ms"
			if _, err := hosts.Fetch(t.Context(), "example.com"); err == nil || err.Error() != want {
				t.Errorf("got the error %v\nwant %s", err, want)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if _, err := hosts.Fetch(ctx, "example.com"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the caller's time is over: %v", err)
			}
		})
	}
}
