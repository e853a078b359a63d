package assessment_test

import (
	"crypto/tls"
	"slices"
	"strings"

	"sealpost/internal/assessment"
	"sealpost/internal/internettest"
	"sealpost/internal/mtasts"
)

// mxCases are faults of MX records and of MX hosts.
func mxCases() []faulty {
	mail := func(m internettest.Mail) func(*world) {
		return func(w *world) {
			m.Certificate = w.mail.Certificate
			w.mail = m
			if m.Hangs != "" {
				w.timeout = hurried
			}
		}
	}
	leaf := func(l internettest.Leaf) func(*world) {
		return func(w *world) { w.mail.Certificate = w.root.Issue(l) }
	}
	own := []string{"mx1.example.com"}
	second := func(host string) func(*world) {
		return func(w *world) {
			w.add("example.com. MX 20 "+host+".", host+". A 192.0.2.26")
			w.internet.Mail("192.0.2.26:25", internettest.Mail{Certificate: w.root.Issue(internettest.Leaf{Names: []string{host}})})
		}
	}
	kept := func(mx string) assessment.Kept {
		return assessment.Kept{Mode: mtasts.ModeEnforce, MX: []string{mx}, Until: today.AddDate(0, 0, 3)}
	}
	return []faulty{
		{"domain-not-found", func(w *world) { w.zone.Records = nil }, mend, "domain-not-found", 0},
		{"mx-servfail", func(w *world) { w.zone.Fails = []string{"example.com"} }, unknown, "", 1},
		{"mx-none", func(w *world) {
			w.set("example.com. MX", `example.com. TXT "v=spf1 -all"`)
		}, mend, "mx-none", 0},
		{"mx-null", func(w *world) { w.set("example.com. MX", "example.com. MX 0 .") }, mend, "mx-null", 0},
		{"mx-null-and-record-servfail", func(w *world) {
			w.set("example.com. MX", "example.com. MX 0 .")
			w.set("mta-sts.")
			w.zone.Fails = []string{"_mta-sts.example.com"}
		}, unknown, "", 1},
		{"mx-null-with-mode-none", func(w *world) {
			w.set("example.com. MX", "example.com. MX 0 .")
			w.serve(retired)
		}, assessment.Off, "", 0},
		{"mx-null-beside-hosts", func(w *world) { w.add("example.com. MX 0 .") }, mend, "mx-null-beside-hosts", 0},
		{"mx-named-twice", func(w *world) {
			second("mx2.example.com")(w)
			w.add("example.com. MX 30 mx1.example.com.")
		}, mend, "mx-not-covered", 0},
		{"mx-implicit", func(w *world) {
			w.set("example.com. MX", "example.com. A "+mxAddress)
			w.serve(strings.Replace(testing7, "mx1.", "", 1))
			w.mail.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"example.com"}})
		}, assessment.ReadyToEnforce, "mx-implicit", 0},
		{"mx-cname-loop", func(w *world) {
			w.set("example.com. MX", "example.com. CNAME a.example.", "a.example. CNAME example.com.")
		}, mend, "mx-cname-loop", 0},
		{"mx-not-covered", second("mx2.example.net"), mend, "mx-not-covered", 0},
		{"mx-not-covered-by-ours", func(w *world) {
			second("mx2.example.net")(w)
			w.host(testing7)
		}, mend, "mx-not-covered", 0},
		{"mx-not-covered-in-enforce", func(w *world) { second("mx2.example.net")(w); w.serve(enforcing) }, mend, "mx-not-covered", 0},
		{"mx-wildcard-depth", func(w *world) {
			second("example-com.b-v1.mx.microsoft")(w)
			w.serve(strings.Replace(testing7, "max_age", "mx: *.mx.microsoft\nmax_age", 1))
		}, mend, "mx-not-covered mx-pattern-unused", 0},
		{"mx-wildcard-itself", func(w *world) {
			second("example.net")(w)
			w.serve(strings.Replace(testing7, "max_age", "mx: *.example.net\nmax_age", 1))
		}, mend, "mx-not-covered mx-pattern-unused", 0},
		{"mx-pattern-unused", func(w *world) {
			w.serve(strings.Replace(testing7, "max_age", "mx: *.backup.example.com\nmax_age", 1))
		}, assessment.ReadyToEnforce, "mx-pattern-unused", 0},
		{"mx-kept-policy", func(w *world) {
			w.host(enforcing, kept("old.example.com"),
				assessment.Kept{Mode: mtasts.ModeTesting, MX: []string{"older.example.com"}, Until: today.AddDate(0, 0, 3)},
				assessment.Kept{Mode: mtasts.ModeEnforce, MX: []string{"oldest.example.com"}, Until: today})
		}, mend, "mx-not-covered-by-kept-policy", 0},
		{"mx-kept-policy-behind-mode-none", func(w *world) {
			old := kept("old.example.com")
			old.Earliest = true
			w.host(retired, old)
		}, mend, "mx-not-covered-by-kept-policy", 0},
		{"mx-kept-policy-of-a-domain-that-left", func(w *world) {
			nothing(w)
			w.set("_smtp.", `_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"`)
			w.hosted = &assessment.Hosted{Kept: []assessment.Kept{kept("old.example.com")}}
		}, mend, "mx-not-covered-by-kept-policy record-missing", 0},
		{"mx-kept-policy-not-covered-either", func(w *world) {
			second("mx2.example.net")(w)
			w.host(enforcing, kept("mx1.example.com"))
		}, mend, "mx-not-covered", 0},
		{"mx-no-address", func(w *world) { w.set("mx1.") }, mend, "mx-no-address", 0},
		{"mx-no-address-of-two", func(w *world) {
			second("mx2.example.com")(w)
			w.serve(strings.Replace(testing7, "max_age", "mx: mx2.example.com\nmax_age", 1))
			w.set("mx1.")
		}, mend, "mx-no-address", 0},
		{"mx-address-as-name", func(w *world) {
			w.set("example.com. MX", "example.com. MX 10 192.0.2.25.")
		}, mend, "mx-names-address mx-pattern-unused", 0},
		{"mx-host-cname-loop", func(w *world) {
			w.set("mx1.", "mx1.example.com. CNAME a.example.", "a.example. CNAME mx1.example.com.")
		}, mend, "mx-no-address", 0},
		{"mx-address-servfail", func(w *world) { w.zone.Fails = []string{"mx1.example.com"} }, unknown, "", 1},
		{"mx-alias", func(w *world) {
			w.set("mx1.", "mx1.example.com. CNAME mail.example.com.", "mail.example.com. A "+mxAddress)
		}, assessment.ReadyToEnforce, "mx-alias", 0},
		{"mx-not-public", func(w *world) {
			w.set("mx1.", "mx1.example.com. A 127.0.0.1")
			w.set("mta-sts.example.com.", "mta-sts.example.com. A 8.8.8.8")
			w.internet.Web("8.8.8.8:443", w.web)
			w.inside = true
		}, mend, "mx-not-public", 0},
		{"mx-port-25-closed", func(w *world) { w.set("mx1.", "mx1.example.com. A 192.0.2.26") }, unknown, "", 1},
		{"mx-port-25-silent", func(w *world) {
			w.set("mx1.", "mx1.example.com. A 192.0.2.26")
			w.internet.Silence("192.0.2.26:25")
		}, unknown, "", 1},
		{"mx-port-25-closed-at-one-address", func(w *world) {
			w.add("mx1.example.com. A 192.0.2.26")
		}, unknown, "", 1},
		{"mx-port-25-closed-to-ipv6", func(w *world) {
			w.add("mx1.example.com. AAAA 2001:db8::25")
		}, unknown, "", 1},
		{"mx-not-talked-to", func(w *world) { w.noSMTP = true }, unknown, "", 1},
		{"mx-no-ipv6-here", func(w *world) {
			w.add("mx1.example.com. AAAA 2001:db8::25")
			w.internet.Lose("2001:db8::25")
		}, unknown, "", 1},
		{"mx-closes-at-once", mail(internettest.Mail{Closes: "greeting"}), unknown, "", 1},
		{"mx-slow-banner", mail(internettest.Mail{Hangs: "greeting"}), unknown, "", 1},
		{"mx-greylists", mail(internettest.Mail{Greeting: "451 4.7.1 Greylisted, come back later"}), unknown, "", 1},
		{"mx-refuses-us", mail(internettest.Mail{Greeting: "554 5.7.1 You are on a list"}), unknown, "", 1},
		{"mx-no-smtp", mail(internettest.Mail{Greeting: "SSH-2.0-OpenSSH_9.9"}), unknown, "", 1},
		{"mx-ehlo-later", mail(internettest.Mail{EHLO: "421 4.3.2 Shutting down"}), unknown, "", 1},
		{"mx-ehlo-refused", mail(internettest.Mail{EHLO: "550 5.7.1 Not from you"}), unknown, "", 1},
		{"mx-ehlo-unknown", mail(internettest.Mail{EHLO: "502 5.5.2 No such command"}), mend, "mx-no-starttls", 0},
		{"mx-ehlo-hangs", mail(internettest.Mail{Hangs: "EHLO"}), unknown, "", 1},
		{"mx-no-starttls", mail(internettest.Mail{EHLO: "250-mx1.example.com\r\n250 8BITMIME"}), mend, "mx-no-starttls", 0},
		{"mx-no-extension", mail(internettest.Mail{EHLO: "250 mx1.example.com"}), mend, "mx-no-starttls", 0},
		{"mx-starttls-stripped", mail(internettest.Mail{EHLO: "250-mx1.example.com\r\n250-XXXXXXXA\r\n250 8BITMIME"}), mend, "mx-starttls-stripped", 0},
		{"mx-starttls-refused", mail(internettest.Mail{StartTLS: "454 4.7.0 TLS not available due to local problem"}), mend, "mx-starttls-refused", 0},
		{"mx-starttls-closes", mail(internettest.Mail{Closes: "STARTTLS"}), mend, "mx-starttls-refused", 0},
		{"mx-handshake-closes", mail(internettest.Mail{Closes: "handshake"}), mend, "mx-tls-failed", 0},
		{"mx-handshake-hangs", mail(internettest.Mail{Hangs: "handshake"}), unknown, "", 1},
		{"mx-tls-1.0", mail(internettest.Mail{MaxTLS: tls.VersionTLS10}), mend, "mx-tls-old", 0},
		{"mx-tls-1.1", mail(internettest.Mail{MaxTLS: tls.VersionTLS11}), mend, "mx-tls-old", 0},
		{"mx-tls-1.2", mail(internettest.Mail{MaxTLS: tls.VersionTLS12}), assessment.ReadyToEnforce, "", 0},
		{"mx-tls-rsa-keys", func(w *world) {
			mail(internettest.Mail{MaxTLS: tls.VersionTLS12, Ciphers: rsaKeys})(w)
			leaf(internettest.Leaf{Names: own, RSA: true})(w)
		}, mend, "mx-tls-old-cipher", 0},
		{"mx-tls-nothing-in-common", mail(internettest.Mail{MaxTLS: tls.VersionTLS12, Ciphers: rsaKeys}), mend, "mx-tls-nothing-in-common", 0},
		{"mx-tls-rsa-keys-or-closes", func(w *world) {
			mail(internettest.Mail{MaxTLS: tls.VersionTLS12, Ciphers: rsaKeys, Bears: func(hello *tls.ClientHelloInfo) bool { return slices.Contains(hello.CipherSuites, rsaKeys[0]) }})(w)
			leaf(internettest.Leaf{Names: own, RSA: true})(w)
		}, mend, "mx-tls-old-cipher", 0},
		{"mx-tls-closes-once", mail(internettest.Mail{Bears: secondTime()}), assessment.ReadyToEnforce, "", 0},
		{"mx-tls-old-groups", mail(internettest.Mail{Bears: oldGroups}), mend, "mx-tls-old-groups", 0},
		{"mx-tls-old-groups-in-enforce", func(w *world) { w.serve(enforcing); w.mail.Bears = oldGroups }, mend, "mx-tls-old-groups", 0},
		{"mx-certificate-expired-in-enforce", func(w *world) {
			w.serve(enforcing)
			leaf(internettest.Leaf{Names: own, NotAfter: today.AddDate(0, -1, 0)})(w)
		}, mend, "mx-certificate-expired", 0},
		{"mx-certificate-expired-in-none", func(w *world) {
			w.serve(retired)
			leaf(internettest.Leaf{Names: own, NotAfter: today.AddDate(0, -1, 0)})(w)
		}, assessment.Off, "mx-certificate-expired", 0},
		{"mx-certificate-expiring-in-none", func(w *world) {
			w.serve(retired)
			leaf(internettest.Leaf{Names: own, NotBefore: today.AddDate(0, 0, -85), NotAfter: today.AddDate(0, 0, 5)})(w)
		}, assessment.Off, "mx-certificate-expiring", 0},
		{"mx-no-address-in-none", func(w *world) {
			w.serve(retired)
			w.set("mx1.")
		}, mend, "mx-no-address", 0},
		{"mx-certificate-expired-for-a-kept-policy", func(w *world) {
			w.host(retired, kept("mx1.example.com"))
			leaf(internettest.Leaf{Names: own, NotAfter: today.AddDate(0, -1, 0)})(w)
		}, mend, "mx-certificate-expired", 0},
		{"mx-certificate-wildcard-depth", func(w *world) {
			w.set("example.com. MX", "example.com. MX 10 a.b.example.com.", "a.b.example.com. A "+mxAddress)
			w.serve(strings.Replace(testing7, "mx1.", "a.b.", 1))
			w.mail.Certificate = w.root.Issue(internettest.Leaf{Names: []string{"*.example.com"}})
		}, mend, "mx-certificate-name", 0},
		{"mx-one-address-of-two", func(w *world) {
			w.add("mx1.example.com. AAAA 2001:db8::25")
			w.internet.Mail("[2001:db8::25]:25", internettest.Mail{Certificate: w.root.Issue(internettest.Leaf{Names: own, NotAfter: today.AddDate(0, 0, -2)})})
		}, mend, "mx-certificate-expired", 0},
		{"mx-one-address-of-two-in-enforce", func(w *world) {
			w.serve(enforcing)
			w.add("mx1.example.com. AAAA 2001:db8::25")
			w.internet.Mail("[2001:db8::25]:25", internettest.Mail{Certificate: w.root.Issue(internettest.Leaf{Names: own, NotAfter: today.AddDate(0, 0, -2)})})
		}, mend, "mx-certificate-expired", 0},
		{"mx-both-addresses", func(w *world) {
			w.add("mx1.example.com. AAAA 2001:db8::25")
			w.mail.Certificate = w.root.Issue(internettest.Leaf{Names: own, NotAfter: today.AddDate(0, 0, -2)})
			w.internet.Mail("[2001:db8::25]:25", w.mail)
		}, mend, "mx-certificate-expired", 0},
	}
}
