package assessment_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
)

// rsaKeys are cipher suites in which RSA alone exchanges keys; without a key of RSA
// a server that has no others has none.
var rsaKeys = []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_CBC_SHA}

// oldGroups is what hosts bear that know of no others.
func oldGroups(hello *tls.ClientHelloInfo) bool {
	return !slices.Contains(hello.SupportedCurves, tls.X25519MLKEM768)
}

// secondTime bears any offer but the first.
func secondTime() func(*tls.ClientHelloInfo) bool {
	var offers atomic.Int32
	return func(*tls.ClientHelloInfo) bool { return offers.Add(1) > 1 }
}

// policyHostCases are faults of the Policy Host.
func policyHostCases() []faulty {
	handler := func(h http.HandlerFunc) func(*world) { return func(w *world) { w.web.Handler = h } }
	return []faulty{
		{"policy-host-no-address", func(w *world) { w.set("mta-sts.") }, mend, "policy-host-no-address", 0},
		{"policy-host-cname-loop", func(w *world) {
			w.set("mta-sts.", "mta-sts.example.com. CNAME a.example.", "a.example. CNAME mta-sts.example.com.")
		}, mend, "policy-host-cname-loop", 0},
		{"policy-host-servfail", func(w *world) { w.zone.Fails = []string{"mta-sts.example.com"} }, unknown, "", 1},
		{"policy-host-not-public", func(w *world) {
			w.inside, w.noSMTP = true, true
			w.set("mta-sts.", "mta-sts.example.com. A 10.0.0.1")
		}, mend, "policy-host-not-public", 1},
		{"policy-host-refused", func(w *world) { w.set("mta-sts.", "mta-sts.example.com. A 192.0.2.11") }, mend, "policy-host-unreachable", 0},
		{"policy-host-silent", func(w *world) {
			w.set("mta-sts.", "mta-sts.example.com. A 192.0.2.11")
			w.internet.Silence("192.0.2.11:443")
		}, mend, "policy-host-unreachable", 0},
		{"policy-host-silent-in-haste", func(w *world) {
			w.set("mta-sts.", "mta-sts.example.com. A 192.0.2.11")
			w.internet.Silence("192.0.2.11:443")
			w.timeout = hurried // Of which a third is for the connection.
		}, unknown, "", 1},
		{"policy-host-not-let-out", func(w *world) { w.barred = policyAddress }, unknown, "", 1},
		{"policy-host-no-ipv6-here", func(w *world) {
			w.add("mta-sts.example.com. AAAA 2001:db8::10")
			w.internet.Lose("2001:db8::10")
		}, unknown, "", 1},
		{"policy-one-address-of-two", func(w *world) { w.add("mta-sts.example.com. A 192.0.2.11") }, mend, "policy-host-unreachable", 0},
		{"policy-differs", func(w *world) {
			w.besides(served(enforcing))
		}, mend, "policy-differs", 0},
		{"policy-differs-and-the-first-is-refused", func(w *world) {
			w.serve("\ufeff" + testing7)
			w.besides(served(testing7))
		}, mend, "policy-differs policy-byte-order-mark", 0},
		{"policy-no-tls", func(w *world) {
			w.set("mta-sts.", "mta-sts.example.com. A 192.0.2.11")
			w.internet.Listen("192.0.2.11:443", func(c net.Conn) { io.WriteString(c, "220 smtp\r\n"); io.Copy(io.Discard, c) }) //nolint:errcheck // The client ends it.
		}, mend, "policy-tls-failed", 0},
		{"policy-tls-1.1", func(w *world) { w.web.MaxTLS = tls.VersionTLS11 }, mend, "policy-tls-old", 0},
		{"policy-tls-1.2", func(w *world) { w.web.MaxTLS = tls.VersionTLS12 }, assessment.ReadyToEnforce, "", 0},
		{"policy-tls-rsa-keys", func(w *world) {
			w.web.MaxTLS, w.web.Ciphers = tls.VersionTLS12, rsaKeys
			w.web.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"mta-sts.example.com"}, RSA: true})
		}, mend, "policy-tls-old-cipher", 0},
		{"policy-tls-rc4", func(w *world) {
			w.web.MaxTLS, w.web.Ciphers = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}
		}, mend, "policy-tls-old-cipher", 0},
		{"policy-tls-nothing-in-common", func(w *world) { w.web.MaxTLS, w.web.Ciphers = tls.VersionTLS12, rsaKeys }, mend, "policy-tls-nothing-in-common", 0},
		{"policy-tls-rsa-keys-or-closes", func(w *world) {
			w.web.MaxTLS, w.web.Ciphers = tls.VersionTLS12, rsaKeys
			w.web.Bears = func(hello *tls.ClientHelloInfo) bool { return slices.Contains(hello.CipherSuites, rsaKeys[0]) }
			w.web.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"mta-sts.example.com"}, RSA: true})
		}, mend, "policy-tls-old-cipher", 0},
		{"policy-tls-closes", func(w *world) { w.web.Bears = func(*tls.ClientHelloInfo) bool { return false } }, mend, "policy-tls-failed", 0},
		{"policy-tls-closes-once", func(w *world) { w.web.Bears = secondTime() }, assessment.ReadyToEnforce, "", 0},
		{"policy-tls-old-groups", func(w *world) { w.web.Bears = oldGroups }, mend, "policy-tls-old-groups", 0},
		{"policy-certificate-name-of-cname", func(w *world) {
			w.set("mta-sts.", "mta-sts.example.com. CNAME edge.service.example.", "edge.service.example. A "+policyAddress)
			w.web.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"edge.service.example"}})
		}, mend, "policy-certificate-name", 0},
		{"policy-redirect", handler(http.RedirectHandler("https://www.example.com/.well-known/mta-sts.txt", http.StatusMovedPermanently).ServeHTTP), mend, "policy-redirect", 0},
		{"policy-404", handler(http.NotFound), mend, "policy-status", 0},
		{"policy-503", handler(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }), mend, "policy-status", 0},
		{"policy-html", func(w *world) { w.web.Handler = servedAs("text/html", testing7) }, mend, "policy-media-type", 0},
		{"policy-html-at-one-address", func(w *world) {
			w.besides(servedAs("text/html", testing7))
		}, mend, "policy-media-type", 0},
		{"policy-no-media-type", func(w *world) { w.web.Handler = servedAs("", testing7) }, mend, "policy-media-type", 0},
		{"policy-huge", func(w *world) { w.serve(testing7 + strings.Repeat("x: y\n", 20000)) }, mend, "policy-too-large", 0},
		{"policy-cut-off", handler(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			served(testing7).ServeHTTP(w, r)
		}), mend, "policy-cut-off", 0},
		{"policy-slow", func(w *world) {
			w.web.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				w.wait(3 * time.Second)
				served(testing7).ServeHTTP(rw, r)
			})
		}, mend, "policy-slow", 0},
		{"policy-very-slow", func(w *world) {
			w.web.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				w.wait(5 * time.Second)
				served(testing7).ServeHTTP(rw, r)
			})
		}, mend, "policy-slow", 0},
		{"policy-timeout", func(w *world) { w.timeout = patient; w.web.Handler = http.HandlerFunc(hangs) }, mend, "policy-timeout", 0},
		{"policy-timeout-at-one-address", func(w *world) {
			w.timeout = patient
			w.besides(http.HandlerFunc(hangs))
		}, mend, "policy-timeout", 0},
		{"policy-timeout-of-the-handshake", func(w *world) {
			w.timeout = patient
			w.set("mta-sts.", "mta-sts.example.com. A 192.0.2.11")
			w.internet.Listen("192.0.2.11:443", func(c net.Conn) { io.Copy(io.Discard, c) }) //nolint:errcheck // The client ends it.
		}, mend, "policy-timeout", 0},
		{"policy-timeout-in-haste", func(w *world) { w.timeout = hasty; w.web.Handler = http.HandlerFunc(hangs) }, unknown, "", 1},
	}
}
