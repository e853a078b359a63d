package assessment_test

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
	"sealpost/internal/mtasts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// faulty is a fault in an Internet that is right otherwise.
type faulty struct {
	name    string
	change  func(*world)
	verdict assessment.Verdict
	codes   string // Of all problems, in their order.
	unknown int    // How much could not be told.
}

// TestCases: each fault is named by exactly its problem, and what could not be
// looked at is never good. The words are in testdata/cases.
func TestCases(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.change(w)
			got := w.assess()
			if got.Verdict != c.verdict || codesOf(got) != c.codes || len(got.Unknown) != c.unknown {
				t.Errorf("got %s, the problems %q and %d unknown; want %s, %q and %d", got.Verdict, codesOf(got), len(got.Unknown), c.verdict, c.codes, c.unknown)
			}
			var text strings.Builder
			if err := got.Text(&text); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "cases", c.name+".txt"), text.String())
			agrees(t, got)
		})
	}
}

// agrees: the lead says nothing good of what was not looked at, and no sender
// takes in one place what it refuses in another.
func agrees(t *testing.T, a assessment.Assessment) {
	t.Helper()
	if summary := a.Summary(); len(a.Unknown) > 0 && !strings.Contains(summary, "could be looked at") {
		t.Errorf("%q, though not everything could be looked at", summary)
	}
	for _, sender := range a.Senders {
		takes := sender.Outcome == mtasts.OutcomeAccepts || sender.Outcome == mtasts.OutcomeChanges
		for _, p := range a.Problems {
			toldOf := p.Host == a.Seen.PolicyHost.Name && (slices.Contains(p.RefusedBy, sender.Sender) || p.RefusedBy == nil && len(p.Addresses) > 0 && p.Severity == assessment.CostsProtection)
			if takes && toldOf {
				t.Errorf("%s %s the policy beside %s", sender.Sender, sender.Outcome, p.Code)
			}
		}
	}
}

func codesOf(a assessment.Assessment) string {
	var codes []string
	for _, problem := range a.Problems {
		codes = append(codes, string(problem.Code))
	}
	return strings.Join(codes, " ")
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

const (
	mend    = assessment.Mend
	unknown = assessment.CouldNotTell
)

func cases() []faulty {
	return slices.Concat(goodCases(), unpublishedCases(), unseenCases(), recordCases(), policyCases(), mxCases(), certificateCases("policy"), certificateCases("mx"), reportCases())
}

// unseenCases are those in which something is wrong, and something else could not
// be looked at.
func unseenCases() []faulty {
	closed := func(w *world) { w.set("mx1.", "mx1.example.com. A 192.0.2.26") }
	certificate := func(w *world, days int) {
		w.web.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"mta-sts.example.com"}, NotBefore: today.AddDate(0, 0, -85), NotAfter: today.AddDate(0, 0, days)})
	}
	return []faulty{
		{"unseen-record-and-policy-host", func(w *world) {
			w.zone.Fails = []string{"_mta-sts.example.com", "mta-sts.example.com"}
			w.set("_smtp.")
		}, mend, "tlsrpt-missing", 2},
		{"unseen-policy-host", func(w *world) {
			w.zone.Fails = []string{"mta-sts.example.com"}
			w.set("_smtp.", `_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls@nowhere.example"`)
		}, mend, "rua-no-mail", 1},
		{"unseen-address-of-the-policy-host", func(w *world) {
			w.zone.Records = append(w.zone.Records, "mta-sts.example.com. AAAA 2001:db8::10")
			w.internet.Lose("2001:db8::10")
			w.web.Handler = http.NotFoundHandler()
		}, mend, "policy-status", 1},
		{"unseen-mx-and-expiring", func(w *world) { closed(w); certificate(w, 5) }, mend, "policy-certificate-expiring", 1},
		{"unseen-mx-and-expired", func(w *world) { closed(w); certificate(w, -5) }, mend, "policy-certificate-expired", 1},
		{"unseen-mx-and-none-uncovered", func(w *world) {
			closed(w)
			w.serve(strings.Replace(testing7, "mx1.", "mx2.", 1))
		}, mend, "mx-not-covered mx-pattern-unused", 1},
	}
}

// goodCases are those in which nothing is wrong.
func goodCases() []faulty {
	return []faulty{
		{"good-testing", func(*world) {}, assessment.ReadyToEnforce, "", 0},
		{"good-enforce", func(w *world) { w.serve(enforcing) }, assessment.Enforcing, "", 0},
		{"good-none", func(w *world) { w.serve(strings.Replace(testing7, "testing", "none", 1)) }, assessment.Off, "", 0},
		{"good-through-cnames", func(w *world) {
			w.set("_mta-sts.", "_mta-sts.example.com. CNAME example.com._mta-sts.service.example.", `example.com._mta-sts.service.example. TXT "v=STSv1; id=1;"`)
			w.set("mta-sts.", "mta-sts.example.com. CNAME edge.service.example.", "edge.service.example. A "+policyAddress)
			w.set("_smtp._tls.", "_smtp._tls.example.com. CNAME tls.service.example.", `tls.service.example. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`)
		}, assessment.ReadyToEnforce, "", 0},
		{"good-among-other-records", func(w *world) {
			w.zone.Records = append(w.zone.Records, `_mta-sts.example.com. TXT "something else"`)
		}, assessment.ReadyToEnforce, "", 0},
		{"good-both-families", func(w *world) {
			w.zone.Records = append(w.zone.Records, "mta-sts.example.com. AAAA 2001:db8::10", "mx1.example.com. AAAA 2001:db8::25", `_25._tcp.mx1.example.com. TLSA 3 1 1 `+strings.Repeat("ab", 32))
			w.zone.Signed = true
			w.internet.Web("[2001:db8::10]:443", w.web)
			w.internet.Mail("[2001:db8::25]:25", w.mail)
		}, assessment.ReadyToEnforce, "", 0},
		{"good-wildcards", func(w *world) {
			w.serve(strings.Replace(testing7, "mx1.", "*.", 1))
			w.mail.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"*.example.com"}})
		}, assessment.ReadyToEnforce, "", 0},
		{"good-crlf", func(w *world) { w.serve(strings.ReplaceAll(testing7, "\n", "\r\n")) }, assessment.ReadyToEnforce, "", 0},
		{"good-reports-by-https", func(w *world) {
			w.set("_smtp._tls.", `_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=https://reports.example/v1/reports"`)
			w.set("reports.example.", "reports.example. A 192.0.2.80")
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.root.Issue(internettest.Leaf{Names: []string{"reports.example"}}), Handler: http.HandlerFunc(onlyPOST)})
		}, assessment.ReadyToEnforce, "", 0},
		{"parked", func(w *world) {
			nothing(w)
			w.set("example.com. MX", "example.com. MX 0 .")
			w.set("_smtp", `_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`)
			w.set("_mta-sts.")
		}, assessment.Off, "", 0},
	}
}

// unpublishedCases are those of a domain that has no MTA-STS yet.
func unpublishedCases() []faulty {
	return []faulty{
		{"nothing-published", nothing, assessment.ReadyToTest, "record-missing tlsrpt-missing", 0},
		{"nothing-published-port-25-closed", func(w *world) {
			nothing(w)
			w.set("mx1.", "mx1.example.com. A 192.0.2.26")
		}, mend, "record-missing tlsrpt-missing", 1},
		{"nothing-published-mx-servfail", func(w *world) {
			nothing(w)
			w.zone.Fails = []string{"example.com"}
		}, mend, "record-missing tlsrpt-missing", 1},
		{"nothing-published-policy-host-servfail", func(w *world) {
			nothing(w)
			w.zone.Fails = []string{"mta-sts.example.com"}
		}, mend, "record-missing tlsrpt-missing", 1},
		{"nothing-published-mx-without-starttls", func(w *world) {
			nothing(w)
			w.mail.EHLO = "250 mx1.example.com"
		}, mend, "mx-no-starttls record-missing tlsrpt-missing", 0},
		{"nothing-published-behind-a-wildcard", func(w *world) {
			nothing(w)
			w.set("mta-sts.", "mta-sts.example.com. A "+policyAddress)
			w.web.Handler = http.NotFoundHandler()
			w.web.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"*.example.com"}})
		}, mend, "record-missing policy-status tlsrpt-missing", 0},
		{"nothing-published-behind-a-page", func(w *world) {
			nothing(w)
			w.set("mta-sts.", "mta-sts.example.com. A "+policyAddress)
			w.web.Handler = servedAs("text/html", "<html><body>Parked</body></html>")
		}, mend, "record-missing policy-media-type policy-syntax tlsrpt-missing", 0},
		{"nothing-published-reports-wrong", func(w *world) {
			nothing(w)
			w.set("_smtp.", `_smtp._tls.example.com. TXT "v=TLSRPTv1;"`)
		}, mend, "record-missing tlsrpt-syntax", 0},
	}
}

func nothing(w *world) {
	w.set("_mta-sts.")
	w.set("mta-sts.")
	w.set("_smtp.")
}

func onlyPOST(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// recordCases are faults of the TXT record.
func recordCases() []faulty {
	record := func(values ...string) func(*world) {
		return func(w *world) {
			var records []string
			for _, value := range values {
				records = append(records, fmt.Sprintf("_mta-sts.example.com. TXT %q", value))
			}
			w.set("_mta-sts.", records...)
		}
	}
	return []faulty{
		{"record-missing", record(), mend, "record-missing", 0},
		{"record-of-others", record("v=spf1 -all"), mend, "record-missing", 0},
		{"record-several", record("v=STSv1; id=1;", "v=STSv1; id=2;"), mend, "record-several", 0},
		{"record-version", record("v=stsv1; id=1;"), mend, "record-syntax", 0},
		{"record-quoted", record(`"v=STSv1; id=1;"`), mend, "record-syntax", 0},
		{"record-missing-and-policy-to-mend", func(w *world) { record()(w); w.serve(testing7 + "\n") }, mend, "record-missing policy-blank-line", 0},
		{"record-missing-hosted", func(w *world) {
			record()(w)
			w.hosted = &assessment.Hosted{ID: mtasts.ID([]byte(testing7))}
		}, mend, "record-missing", 0},
		{"record-version-last", record("id=1; v=STSv1;"), mend, "record-syntax", 0},
		{"record-space-first", record(" v=STSv1; id=1;"), mend, "record-syntax", 0},
		{"record-backslashes", record(`v=STSv1\; id=1\;`), mend, "record-syntax", 0},
		{"record-no-semicolon", record("v=STSv1 id=1"), mend, "record-syntax", 0},
		{"record-empty-field", record("v=STSv1; id=1;;"), mend, "record-syntax", 0},
		{"record-second-id", record("v=STSv1; id=1; id=2;"), mend, "record-second-id", 0},
		{"record-id", record("v=STSv1; id=2026-11-25;"), mend, "record-syntax", 0},
		{"record-no-id", record("v=STSv1;"), mend, "record-syntax", 0},
		{"record-id-too-long", record("v=STSv1; id=" + strings.Repeat("a", 33) + ";"), mend, "record-syntax", 0},
		{"record-cname-loop", func(w *world) {
			w.set("_mta-sts.", "_mta-sts.example.com. CNAME a.example.", "a.example. CNAME _mta-sts.example.com.")
		}, mend, "record-cname-loop", 0},
		{"record-dangling", func(w *world) { w.set("_mta-sts.", "_mta-sts.example.com. CNAME gone.example.") }, mend, "record-dangling", 0},
		{"record-servfail", func(w *world) { w.zone.Fails = []string{"_mta-sts.example.com"} }, unknown, "", 1},
		{"record-servfail-and-no-policy-host", func(w *world) {
			w.zone.Fails = []string{"_mta-sts.example.com"}
			w.set("mta-sts.")
		}, unknown, "", 1},
		{"record-silent", func(w *world) { w.zone.Silent, w.hurried = []string{"_mta-sts.example.com"}, true }, unknown, "", 1},
	}
}

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

// policyCases are faults of the Policy Host, and of the policy.
func policyCases() []faulty {
	text := func(old, new string) func(*world) {
		return func(w *world) { w.serve(strings.Replace(testing7, old, new, 1)) }
	}
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
			w.hurried = true // Of which a third is for the connection.
		}, unknown, "", 1},
		{"policy-host-not-let-out", func(w *world) { w.barred = policyAddress }, unknown, "", 1},
		{"policy-host-no-ipv6-here", func(w *world) {
			w.zone.Records = append(w.zone.Records, "mta-sts.example.com. AAAA 2001:db8::10")
			w.internet.Lose("2001:db8::10")
		}, unknown, "", 1},
		{"policy-one-address-of-two", func(w *world) { w.zone.Records = append(w.zone.Records, "mta-sts.example.com. A 192.0.2.11") }, mend, "policy-host-unreachable", 0},
		{"policy-differs", func(w *world) {
			w.zone.Records = append(w.zone.Records, "mta-sts.example.com. A 192.0.2.11")
			other := w.web
			other.Handler = served(enforcing)
			w.internet.Web("192.0.2.11:443", other)
		}, mend, "policy-differs", 0},
		{"policy-differs-and-the-first-is-refused", func(w *world) {
			w.zone.Records = append(w.zone.Records, "mta-sts.example.com. A 192.0.2.11")
			w.serve("\ufeff" + testing7)
			other := w.web
			other.Handler = served(testing7)
			w.internet.Web("192.0.2.11:443", other)
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
			w.zone.Records = append(w.zone.Records, "mta-sts.example.com. A 192.0.2.11")
			other := w.web
			other.Handler = servedAs("text/html", testing7)
			w.internet.Web("192.0.2.11:443", other)
		}, mend, "policy-media-type", 0},
		{"policy-no-media-type", func(w *world) { w.web.Handler = servedAs("", testing7) }, mend, "policy-media-type", 0},
		{"policy-huge", func(w *world) { w.serve(testing7 + strings.Repeat("x: y\n", 20000)) }, mend, "policy-too-large", 0},
		{"policy-over-10-kib", func(w *world) { w.serve(testing7 + strings.Repeat("x: y\n", 3000)) }, mend, "policy-over-10-kib", 0},
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
		{"policy-timeout", func(w *world) { w.hurried = true; w.web.Handler = http.HandlerFunc(hangs) }, mend, "policy-timeout", 0},
		{"policy-timeout-at-one-address", func(w *world) {
			w.zone.Records = append(w.zone.Records, "mta-sts.example.com. A 192.0.2.11")
			w.hurried = true
			other := w.web
			other.Handler = http.HandlerFunc(hangs)
			w.internet.Web("192.0.2.11:443", other)
		}, mend, "policy-timeout", 0},
		{"policy-timeout-of-the-handshake", func(w *world) {
			w.hurried = true
			w.set("mta-sts.", "mta-sts.example.com. A 192.0.2.11")
			w.internet.Listen("192.0.2.11:443", func(c net.Conn) { io.Copy(io.Discard, c) }) //nolint:errcheck // The client ends it.
		}, mend, "policy-timeout", 0},
		{"policy-timeout-in-haste", func(w *world) { w.hasty = true; w.web.Handler = http.HandlerFunc(hangs) }, unknown, "", 1},
		{"policy-blank-line", func(w *world) { w.serve(testing7 + "\n") }, mend, "policy-blank-line", 0},
		{"policy-byte-order-mark", func(w *world) { w.serve("\ufeff" + testing7) }, mend, "policy-byte-order-mark", 0},
		{"policy-comment", func(w *world) { w.serve("# ours\n" + testing7) }, mend, "policy-comment", 0},
		{"policy-space-before-colon", text("mode:", "mode :"), mend, "policy-space-before-colon", 0},
		{"policy-mx-trailing-dot", text("mx1.example.com", "mx1.example.com."), mend, "policy-mx-trailing-dot", 0},
		{"policy-mx-trailing-dot-in-enforce", func(w *world) { w.serve(strings.Replace(enforcing, "mx1.example.com", "mx1.example.com.", 1)) }, mend, "policy-mx-trailing-dot", 0},
		{"policy-mx-trailing-dot-in-enforce-unannounced", func(w *world) {
			w.set("_mta-sts.")
			w.serve(strings.Replace(enforcing, "mx1.example.com", "mx1.example.com.", 1))
		}, mend, "policy-mx-trailing-dot record-missing", 0},
		{"policy-colon-in-extension", func(w *world) { w.serve(testing7 + "note: a:b\n") }, mend, "policy-colon-in-extension", 0},
		{"policy-none-without-mx", func(w *world) { w.serve("version: STSv1\nmode: none\nmax_age: 86400\n") }, mend, "policy-none-without-mx", 0},
		{"policy-max-age-zero", text("86400", "0"), mend, "policy-max-age-zero", 0},
		{"policy-max-age-too-long", text("86400", "31557601"), mend, "policy-max-age-too-long", 0},
		{"policy-max-age-of-ten-digits", text("86400", "9999999999"), mend, "policy-max-age-too-long", 0},
		{"policy-max-age-unusual", text("86400", "3000"), assessment.ReadyToEnforce, "policy-max-age-unusual", 0},
		{"policy-max-age-short", func(w *world) { w.serve(strings.Replace(enforcing, "1209600", "86400", 1)) }, assessment.Enforcing, "policy-advice", 0},
		{"policy-max-age-short-of-ours", func(w *world) {
			ours := strings.Replace(enforcing, "1209600", "86400", 1)
			w.serve(ours)
			w.set("_mta-sts.", "_mta-sts.example.com. TXT \"v=STSv1; id="+mtasts.ID([]byte(ours))+";\"")
			w.hosted = &assessment.Hosted{ID: mtasts.ID([]byte(ours))}
		}, assessment.Enforcing, "", 0},
		{"policy-mode-in-capitals", text("testing", "Testing"), mend, "policy-syntax", 0},
		{"policy-field-in-capitals", text("mode:", "Mode:"), mend, "policy-syntax", 0},
		{"policy-mx-in-capitals-too", func(w *world) { w.serve(testing7 + "MX: mx2.example.com\n") }, assessment.ReadyToEnforce, "policy-advice", 0},
		{"policy-cr", func(w *world) { w.serve(strings.ReplaceAll(testing7, "\n", "\r")) }, mend, "policy-cr-only", 0},
		{"policy-broken-after-the-mode", text("max_age: 86400", "max_age: a day"), mend, "policy-syntax", 0},
		{"policy-repeated-field", func(w *world) { w.serve(testing7 + "mode: enforce\n") }, mend, "policy-repeated-field", 0},
		{"policy-repeated-mode-invalid", func(w *world) { w.serve(testing7 + "mode: on\n") }, mend, "policy-repeated-field-invalid", 0},
		{"policy-repeated-max-age-invalid", func(w *world) { w.serve(testing7 + "max_age: a day\n") }, mend, "policy-repeated-field-invalid", 0},
		{"policy-repeated-version-invalid", func(w *world) { w.serve(testing7 + "version: STSv2\n") }, mend, "policy-repeated-field-invalid", 0},
		{"policy-repeated-as-it-is", func(w *world) { w.serve(testing7 + "mode: testing\n") }, assessment.ReadyToEnforce, "policy-advice", 0},
		{"policy-mode-unknown", text("testing", "report"), mend, "policy-syntax", 0},
		{"policy-no-version", text("version: STSv1\n", ""), mend, "policy-syntax", 0},
		{"policy-html-page", func(w *world) { w.serve("<html><body>Not found</body></html>") }, mend, "policy-syntax", 0},
		{"policy-empty", func(w *world) { w.serve("") }, mend, "policy-syntax", 0},
		{"policy-mx-u-label", text("mx1.example.com", "mx1.bücher.example"), mend, "policy-syntax", 0},
		{"policy-not-as-published", func(w *world) { w.hosted = &assessment.Hosted{ID: mtasts.ID([]byte(enforcing))} }, mend, "policy-not-as-published", 0},
		{"policy-id-behind", func(w *world) {
			w.hosted = &assessment.Hosted{ID: mtasts.ID([]byte(enforcing))}
			w.serve(enforcing)
		}, mend, "id-not-of-policy", 0},
	}
}

// certificateCases are those of a Policy Host or of an MX host.
func certificateCases(of string) []faulty {
	own := []string{map[string]string{"policy": "mta-sts.example.com", "mx": "mx1.example.com"}[of]}
	shows := func(make func(w *world) tls.Certificate) func(*world) {
		return func(w *world) {
			if of == "mx" {
				w.mail.Certificate = make(w)
			} else {
				w.web.Certificate = make(w)
			}
		}
	}
	leaf := func(l internettest.Leaf) func(*world) {
		return shows(func(w *world) tls.Certificate { return w.root.Issue(l) })
	}
	problems := func(faults ...string) string {
		for i, fault := range faults {
			faults[i] = of + "-certificate-" + fault
		}
		return strings.Join(faults, " ")
	}
	all := []faulty{
		{"expired", leaf(internettest.Leaf{Names: own, NotAfter: today.AddDate(-2, 0, 0)}), mend, problems("expired"), 0},
		{"expired-just-now", leaf(internettest.Leaf{Names: own, NotAfter: today.Add(-time.Minute)}), mend, problems("expired"), 0},
		{"not-yet-valid", leaf(internettest.Leaf{Names: own, NotBefore: today.AddDate(0, 0, 1)}), mend, problems("not-yet-valid"), 0},
		{"expiring", leaf(internettest.Leaf{Names: own, NotBefore: today.AddDate(0, 0, -85), NotAfter: today.AddDate(0, 0, 5)}), mend, problems("expiring"), 0},
		{"six-days", leaf(internettest.Leaf{Names: own, NotBefore: today.AddDate(0, 0, -3), NotAfter: today.AddDate(0, 0, 3)}), assessment.ReadyToEnforce, "", 0},
		{"name", leaf(internettest.Leaf{Names: []string{"example.com", "www.example.com"}}), mend, problems("name"), 0},
		{"no-name", leaf(internettest.Leaf{}), mend, problems("name"), 0},
		{"self-signed", shows(func(w *world) tls.Certificate { return internettest.SelfSigned(w.t, own...) }), mend, problems("self-signed"), 0},
		{"for-clients", leaf(internettest.Leaf{Names: own, ForClient: true}), mend, problems("invalid"), 0},
		{"chain", shows(func(w *world) tls.Certificate {
			between := w.root.Under("Between", internettest.End)
			return between.Issue(internettest.Leaf{Names: own, Between: []*internettest.Authority{between}})
		}), assessment.ReadyToEnforce, "", 0},
		{"unknown-authority", shows(func(w *world) tls.Certificate {
			stranger := internettest.NewAuthority(w.t, "Stranger")
			return stranger.Issue(internettest.Leaf{Names: own, Between: []*internettest.Authority{stranger}})
		}), mend, problems("unknown-authority"), 0},
		{"incomplete-chain", shows(func(w *world) tls.Certificate {
			between := w.root.Under("Between", internettest.End)
			w.zone.Records = append(w.zone.Records, "ca.example. A 192.0.2.99")
			w.internet.Plain("192.0.2.99:80", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				if of == "policy" {
					w.wait(5 * time.Second) // Which is not the time of the Policy Host.
				}
				rw.Write(between.Certificate.Raw) //nolint:errcheck // The test would fail.
			}))
			return between.Issue(internettest.Leaf{Names: own, IssuerURL: "http://ca.example/between.crt"})
		}), mend, problems("incomplete-chain"), 0},
		{"incomplete-chain-unproved", shows(func(w *world) tls.Certificate {
			return w.root.Under("Between", internettest.End).Issue(internettest.Leaf{Names: own})
		}), mend, problems("unknown-authority"), 0},
		{"authority-expired", shows(func(w *world) tls.Certificate {
			between := w.root.Under("Between", today.AddDate(-1, 0, 0))
			return between.Issue(internettest.Leaf{Names: own, Between: []*internettest.Authority{between}})
		}), mend, problems("authority-expired"), 0},
		{"everything", shows(func(w *world) tls.Certificate {
			stranger := internettest.NewAuthority(w.t, "Stranger")
			return stranger.Issue(internettest.Leaf{Names: []string{"other.example"}, NotAfter: today.AddDate(-2, 0, 0)})
		}), mend, problems("expired", "name", "unknown-authority"), 0},
	}
	for i := range all {
		all[i].name = of + "-certificate-" + all[i].name
	}
	return all
}

// reportCases are faults of where reports are to go.
func reportCases() []faulty {
	record := func(values ...string) func(*world) {
		return func(w *world) {
			var records []string
			for _, value := range values {
				records = append(records, fmt.Sprintf("_smtp._tls.example.com. TXT %q", value))
			}
			w.set("_smtp._tls.", records...)
		}
	}
	byHTTPS := func(names []string, handler http.HandlerFunc) func(*world) {
		return func(w *world) {
			record("v=TLSRPTv1; rua=https://reports.example/v1/reports")(w)
			w.set("reports.example.", "reports.example. A 192.0.2.80")
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.root.Issue(internettest.Leaf{Names: names}), Handler: handler})
		}
	}
	return []faulty{
		{"tlsrpt-missing", record(), mend, "tlsrpt-missing", 0},
		{"tlsrpt-several", record("v=TLSRPTv1; rua=mailto:a@reports.example", "v=TLSRPTv1; rua=mailto:b@reports.example"), mend, "tlsrpt-several", 0},
		{"tlsrpt-version", record("v=TLSRPT1; rua=mailto:a@reports.example"), mend, "tlsrpt-missing", 0},
		{"tlsrpt-no-rua", record("v=TLSRPTv1;"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-rua-without-scheme", record("v=TLSRPTv1; rua=tls@reports.example"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-rua-not-ascii", record("v=TLSRPTv1; rua=mailto:tls@bücher.example"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-rua-host-not-ascii", record("v=TLSRPTv1; rua=https://bücher.example/"), mend, "tlsrpt-syntax", 0},
		{"tlsrpt-cname-loop", func(w *world) {
			w.set("_smtp._tls.", "_smtp._tls.example.com. CNAME a.example.", "a.example. CNAME _smtp._tls.example.com.")
		}, mend, "tlsrpt-cname-loop", 0},
		{"tlsrpt-dangling", func(w *world) { w.set("_smtp._tls.", "_smtp._tls.example.com. CNAME gone.example.") }, mend, "tlsrpt-dangling", 0},
		{"tlsrpt-servfail", func(w *world) { w.zone.Fails = []string{"_smtp._tls.example.com"} }, unknown, "", 1},
		{"rua-no-mail", func(w *world) { w.set("reports.example.") }, mend, "rua-no-mail", 0},
		{"rua-null-mx", func(w *world) { w.set("reports.example.", "reports.example. MX 0 .") }, mend, "rua-no-mail", 0},
		{"rua-servfail", func(w *world) { w.zone.Fails = []string{"reports.example"} }, unknown, "", 1},
		{"rua-mx-no-address", func(w *world) { w.set("mail.reports.example.") }, mend, "rua-no-mail", 0},
		{"rua-mx-servfail", func(w *world) { w.zone.Fails = []string{"mail.reports.example"} }, unknown, "", 1},
		{"rua-one-mx-of-two-servfail", func(w *world) {
			w.zone.Records = append(w.zone.Records, "reports.example. MX 20 other.reports.example.")
			w.zone.Fails = []string{"other.reports.example"}
		}, assessment.ReadyToEnforce, "", 0},
		{"rua-mx-an-address", func(w *world) { w.set("reports.example.", "reports.example. MX 10 192.0.2.35.") }, mend, "rua-no-mail", 0},
		{"rua-mx-not-public", func(w *world) {
			w.inside, w.noSMTP = true, true
			w.set("mta-sts.", "mta-sts.example.com. A 8.8.8.8")
			w.internet.Web("8.8.8.8:443", w.web)
			w.set("mail.reports.example.", "mail.reports.example. A 10.0.0.35")
		}, mend, "rua-no-mail", 1},
		{"rua-by-address-itself", func(w *world) { w.set("reports.example.", "reports.example. A 192.0.2.35") }, assessment.ReadyToEnforce, "", 0},
		{"rua-404", byHTTPS([]string{"reports.example"}, http.NotFound), assessment.ReadyToEnforce, "rua-status", 0},
		{"rua-301", byHTTPS([]string{"reports.example"}, http.RedirectHandler("https://www.reports.example/", http.StatusMovedPermanently).ServeHTTP), assessment.ReadyToEnforce, "rua-status", 0},
		{"rua-501", byHTTPS([]string{"reports.example"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) }), assessment.ReadyToEnforce, "", 0},
		{"rua-refused", record("v=TLSRPTv1; rua=https://192.0.2.81/reports"), mend, "rua-unreachable", 0},
		{"rua-not-let-out", func(w *world) { byHTTPS([]string{"reports.example"}, onlyPOST)(w); w.barred = "192.0.2.80" }, unknown, "", 1},
		{"rua-eleven", record("v=TLSRPTv1; rua=mailto:tls@reports.example" + strings.Repeat(",mailto:tls@reports.example", 10)), unknown, "", 1},
		{"rua-nothing-in-common", func(w *world) {
			byHTTPS(nil, onlyPOST)(w)
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.web.Certificate, MaxTLS: tls.VersionTLS12, Ciphers: rsaKeys})
		}, unknown, "", 1},
		{"rua-silent", func(w *world) {
			record("v=TLSRPTv1; rua=https://192.0.2.81/reports")(w)
			w.internet.Silence("192.0.2.81:443")
		}, mend, "rua-unreachable", 0},
		{"rua-silent-in-haste", func(w *world) {
			record("v=TLSRPTv1; rua=https://192.0.2.81/reports")(w)
			w.internet.Silence("192.0.2.81:443")
			w.hurried = true
		}, unknown, "", 1},
		{"rua-certificate", byHTTPS([]string{"other.example"}, onlyPOST), mend, "rua-certificate", 0},
		{"rua-tls-1.1", func(w *world) {
			byHTTPS(nil, nil)(w)
			w.internet.Web("192.0.2.80:443", internettest.Web{Certificate: w.root.Issue(internettest.Leaf{Names: []string{"reports.example"}}), MaxTLS: tls.VersionTLS11, Handler: http.HandlerFunc(onlyPOST)})
		}, mend, "rua-tls-old", 0},
		{"rua-503", byHTTPS([]string{"reports.example"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }), mend, "rua-fails", 0},
	}
}
