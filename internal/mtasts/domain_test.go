package mtasts_test

import (
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

var longest = strings.Repeat(strings.Repeat("a", 47)+".", 5) + "test" // 244: all that "_mta-sts." leaves.

func TestParseDomain(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "example.com", "example.com"},
		{"subdomain", "mail.example.com", "mail.example.com"},
		{"upper case", "Example.COM", "example.com"},
		{"trailing dot", "example.com.", "example.com"},
		{"U-label", "b\u00fccher.example", "xn--bcher-kva.example"},
		{"decomposed, upper case", "BU\u0308CHER.example", "xn--bcher-kva.example"},
		{"sharp s is not ss", "stra\u00dfe.example", "xn--strae-oqa.example"},
		{"A-label", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"A-label in upper case", "XN--BCHER-KVA.example", "xn--bcher-kva.example"},
		{"full-width letters, ideographic dots", "\uff45xample\u3002com\u3002", "example.com"},
		{"digits", "1.example", "1.example"},
		{"hyphens", "a-b--c.example", "a-b--c.example"},
		{"longest", longest, longest},

		{"empty", "", ""},
		{"root", ".", ""},
		{"one label", "localhost", ""},
		{"top-level domain", "com.", ""},
		{"IPv4 address", "192.0.2.1", ""},
		{"IPv4 address in full-width digits", "\uff11\uff19\uff12.0.2.1", ""},
		{"IPv4 address of two parts", "192.1", ""},
		{"IPv6 address", "2001:db8::1", ""},
		{"address literal", "[192.0.2.1]", ""},
		{"two trailing dots", "example.com..", ""},
		{"leading dot", ".example.com", ""},
		{"empty label", "example..com", ""},
		{"underscore", "_mta-sts.example.com", ""},
		{"wildcard", "*.example.com", ""},
		{"space", "exa mple.com", ""},
		{"space around", " example.com", ""},
		{"newline", "example.com\n", ""},
		{"NUL", "example\x00.com", ""},
		{"not UTF-8", "ex\xffample.com", ""},
		{"hyphen first", "-a.example", ""},
		{"hyphen last", "a-.example", ""},
		{"reserved label (RFC 5890, section 2.3.1)", "ab--c.example", ""},
		{"broken A-label", "xn--a.example", ""},
		{"empty A-label", "xn--.example", ""},
		{"A-label of plain ASCII", "xn--abc-.example", ""},
		{"joiner out of place", "a\u200db.example", ""},
		{"mixed directions", "a\u05d0.example", ""},
		{"port", "example.com:443", ""},
		{"user information", "a@example.com", ""},
		{"path", "example.com/a", ""},
		{"label over 63", strings.Repeat("a", 64) + ".example", ""},
		{"one over the longest", "a" + longest, ""},
		{"absurdly long", strings.Repeat("a.", 1<<20) + "example", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mtasts.ParseDomain(tt.in)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestNormalizeMX(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"host", "mx.example.com", "mx.example.com"},
		{"wildcard", "*.Example.com.", "*.example.com"},
		{"U-label", "*.b\u00fccher.example", "*.xn--bcher-kva.example"},
		{"longer than a domain with a policy", "a" + longest, "a" + longest},

		{"bare wildcard", "*", ""},
		{"wildcard and dot", "*.", ""},
		{"two wildcards", "*.*.example.com", ""},
		{"wildcard on an address", "*.0.2.1", ""},
		{"one label", "mail", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mtasts.NormalizeMX(tt.in)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestPolicyDomain(t *testing.T) {
	tests := []struct{ name, host, want string }{
		{"plain", "mta-sts.example.com", "example.com"},
		{"port", "mta-sts.example.com:443", "example.com"},
		{"empty port (RFC 3986, section 3.2.3)", "mta-sts.example.com:", "example.com"},
		{"upper case", "MTA-STS.EXAMPLE.COM", "example.com"},
		{"trailing dot", "mta-sts.example.com.", "example.com"},
		{"trailing dot and port", "mta-sts.example.com.:8443", "example.com"},
		{"U-label", "mta-sts.b\u00fccher.example", "xn--bcher-kva.example"},
		{"A-label", "mta-sts.xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"domain that begins the same", "mta-sts.mta-sts.example.com", "mta-sts.example.com"},
		{"longest", "mta-sts." + longest, longest},

		{"empty", "", ""},
		{"only a port", ":443", ""},
		{"no prefix", "example.com", ""},
		{"other prefix", "xmta-sts.example.com", ""},
		{"nothing behind the prefix", "mta-sts.", ""},
		{"one label behind the prefix", "mta-sts.com", ""},
		{"the name of the record", "_mta-sts.example.com", ""},
		{"two trailing dots", "mta-sts.example.com..", ""},
		{"empty label", "mta-sts..example.com", ""},
		{"wildcard", "mta-sts.*.example.com", ""},
		{"port not a number", "mta-sts.example.com:https", ""},
		{"port of six digits", "mta-sts.example.com:000443", ""},
		{"two ports", "mta-sts.example.com:443:443", ""},
		{"user information", "a@mta-sts.example.com", ""},
		{"user information that looks like the host", "mta-sts.example.com@evil.example", ""},
		{"brackets", "[mta-sts.example.com]", ""},
		{"IPv6 address", "[2001:db8::1]:443", ""},
		{"address behind the prefix", "mta-sts.192.0.2.1", ""},
		{"path", "mta-sts.example.com/x", ""},
		{"percent-encoding", "mta-sts.ex%61mple.com", ""},
		{"list", "mta-sts.example.com,mta-sts.example.net", ""},
		{"one over the longest", "mta-sts.a" + longest, ""},
		{"absurdly long", "mta-sts." + strings.Repeat("a", 1<<20) + ".example", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := mtasts.PolicyDomain(tt.host)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %t; want %q", got, ok, tt.want)
			}
		})
	}
}

// FuzzPolicyDomain: a Policy Domain that was found is valid, canonical, and
// found again from every way to write its Policy Host.
func FuzzPolicyDomain(f *testing.F) {
	for _, host := range []string{
		"mta-sts.example.com", "MTA-STS.Example.com.:443", "mta-sts.b\u00fccher.example", "mta-sts.a..b",
		"mta-sts.xn--bcher-kva.example", "\uff4dta-sts\u3002example.com", "mta-sts.192.0.2.1", "mta-sts.a\xff.example",
	} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		domain, ok := mtasts.PolicyDomain(host)
		if !ok {
			if domain != "" {
				t.Fatalf("%q is no Policy Host, but names %q", host, domain)
			}
			return
		}
		if again, err := mtasts.ParseDomain(domain); err != nil || again != domain {
			t.Fatalf("%q is not canonical: %q, %v", domain, again, err)
		}
		policyHost := mtasts.PolicyHost(domain)
		// Upper case takes the long way through IDNA, plain names the short one.
		for _, same := range []string{policyHost, policyHost + ".", policyHost + ":443", strings.ToUpper(policyHost)} {
			if again, ok := mtasts.PolicyDomain(same); !ok || again != domain {
				t.Fatalf("%q gives %q, %t; %q gives %q", host, domain, ok, same, again)
			}
		}
		if len(mtasts.RecordName(domain)) > 253 {
			t.Fatalf("%q leaves no room for its TXT record", domain)
		}
	})
}

func BenchmarkPolicyDomain(b *testing.B) {
	for _, host := range []string{"mta-sts.example.com", "mta-sts.mail.Example.com:443", "mta-sts.xn--bcher-kva.example"} {
		b.Run(host, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := mtasts.PolicyDomain(host); !ok {
					b.Fatal("no Policy Host")
				}
			}
		})
	}
}

func TestPolicyDomainAllocations(t *testing.T) {
	allocs := testing.AllocsPerRun(100, func() { mtasts.PolicyDomain("mta-sts.example.com:443") })
	if allocs > 2 {
		t.Errorf("%v allocations for a plain host, want at most 2", allocs)
	}
}
