package dkim_test

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/dkim"
)

const author = "northwind.example"

func TestValid(t *testing.T) {
	for _, test := range []struct {
		name string
		s    signing
		tags string // Of the key.
	}{
		{"Ed25519", signing{}, ""},
		{"RSA, 2048 bits", signing{key: rsa2048()}, ""},
		{"RSA, 1024 bits", signing{key: rsa1024()}, ""},
		{"simple", signing{simple: true}, ""},
		{"a key for reports (RFC 8460, section 3)", signing{}, "s=tlsrpt; "},
		{"a key for reports and more", signing{}, "s = other : tlsrpt; "},
		{"a key for mail", signing{}, "s=email; "},
		{"a key for everything", signing{}, "s=*; "},
		{"a key for no subdomain", signing{identity: "tls@northwind.example"}, "t=y:s; "},
		{"a key for no subdomain, of nobody in it", signing{}, "t=s; "},
		{"somebody in a subdomain", signing{identity: "tls@mail.northwind.example"}, "t=y; "},
		{"holds for a day more", signing{lasts: 24 * time.Hour}, ""},
		{"just holds", signing{at: received.Add(-25 * time.Hour), lasts: 25 * time.Hour}, ""},
		{"a clock that is ahead", signing{at: received.Add(10 * time.Minute)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var key crypto.Signer = ed
			if test.s.key != nil {
				key = test.s.key
			}
			dns := &zone{records: map[string][]string{"tls._domainkey.northwind.example": {record(t, key, test.tags)}}}
			signed := sign(t, mail, test.s)
			for _, mail := range []string{signed, strings.ReplaceAll(signed, "\r\n", "\n")} {
				if vouch := vouches(t, mail, dns, author); vouch.Domain != author {
					t.Errorf("got %+v", vouch)
				}
			}
		})
	}
}

// TestBlanksInKey: a key may be folded as long base64 is (RFC 6376, section 3.6.1).
func TestBlanksInKey(t *testing.T) {
	signed := sign(t, mail, signing{key: rsa2048()})
	whole := record(t, rsa2048(), "")
	middle := len(whole) - 200
	for _, blanks := range []string{" ", "\t", "\r\n\t", "  "} {
		dns := &zone{records: map[string][]string{"tls._domainkey.northwind.example": {whole[:middle] + blanks + whole[middle:] + blanks}}}
		if vouch := vouches(t, signed, dns, author); vouch.Domain != author {
			t.Errorf("%q: got %+v", blanks, vouch)
		}
	}
}

func TestForgeries(t *testing.T) {
	signed := sign(t, mail, signing{})
	twice := signing{fields: []string{"From", "To", "Subject"}}
	for _, test := range []struct {
		name, mail, want string
	}{
		{"not signed", mail, "has no DKIM signature"},
		{"no mail", "", "has 0 From fields"},
		{"body altered", strings.Replace(signed, "Northwind Post", "Southwind Post", 1), "its text or attachments were changed"},
		{"body added to", signed + "more\r\n", "its text or attachments were changed"},
		{"a field altered", strings.Replace(signed, "Subject: Report", "Subject: report", 1), "a header field was changed"},
		{"a signed field added", strings.Replace(signed, "Subject: Report", "Subject: a\r\nSubject: Report", 1), ""},
		{"an oversigned field added", "From: other@lark.example\r\n" + signed, "has 2 From fields"},
		{"From added where it is not oversigned", "from : other@lark.example\r\n" + sign(t, mail, twice), "has 2 From fields"},
		{"From added below", strings.Replace(signed, "To: ", "From: other@lark.example\r\nTo: ", 1), "has 2 From fields"},
		{"over", sign(t, mail, signing{at: received.Add(-48 * time.Hour), lasts: 47 * time.Hour}), "was over on 17 November 2020 at 09:00 UTC (x=)"},
		{"made in the future", sign(t, mail, signing{at: received.Add(2 * time.Hour)}), "is made in the future, on 17 November 2020 at 12:00 UTC"},
		{"only a part is signed", strings.Replace(signed, "; d=", "; l=10; d=", 1), "covers only a part of the mail (l=)"},
		{"only a part is signed, with blanks", strings.Replace(signed, "; d=", ";\r\n\tl = 10; d=", 1), "covers only a part of the mail (l=)"},
		{"From is not signed", strings.Replace(signed, "h=From:From:", "h=To:", 1), "From field not signed"},
		{"by another key", sign(t, mail, signing{selector: "rsa"}), "inappropriate key algorithm"},
		{"by another domain", sign(t, mail, signing{domain: "lark.example"}), "speaks neither for the domain of From"},
		{"there is no key", sign(t, mail, signing{selector: "gone"}), "there is no TXT record at gone._domainkey.northwind.example"},
		{"there are several keys", sign(t, mail, signing{selector: "several"}), "there are several TXT records"},
		{"the key is for something else", sign(t, mail, signing{selector: "other"}), "inappropriate service"},
		{"the key is for no subdomain", sign(t, mail, signing{selector: "strict", identity: "tls@mail.northwind.example"}), "speaks for a subdomain (i=)"},
		{"the key is revoked", sign(t, mail, signing{selector: "revoked"}), "key revoked"},
		{"the key is no key", sign(t, mail, signing{selector: "noise"}), "has a record in the DNS whose p= is no public key"},
		{"the key is a letter", sign(t, mail, signing{selector: "letter"}), "a key record in the DNS that cannot be read: it has to be name=value"},
		{"the key is endless", sign(t, mail, signing{selector: "endless"}), "a key that is too long"},
		{"the key is too short", sign(t, mail, signing{key: rsa1024(), selector: "short"}), "key is too short"},
		{"SHA-1", strings.Replace(sign(t, mail, signing{key: rsa1024(), selector: "rsa"}), "rsa-sha256", "rsa-sha1", 1), "hash algorithm too weak"},
		{"no domain", strings.Replace(signed, "d=northwind.example", "d=", 1), "names no domain"},
		{"no selector", strings.Replace(signed, "s=tls;", "", 1), "names no domain or no selector"},
		{"no signature", "DKIM-Signature: v=1\r\n" + mail, "names no domain"},
		{"names without end", "DKIM-Signature: d=northwind.example; s=tls; h=" + strings.Repeat("a:", 201) + "\r\n" + mail, "covers more header fields"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dns := usual(t)
			for selector, records := range map[string][]string{
				"rsa":     {record(t, rsa1024(), "")},
				"several": {record(t, ed, ""), record(t, ed, "")},
				"other":   {record(t, ed, "s=other; ")},
				"strict":  {record(t, ed, "t = y : s; ")},
				"revoked": {"v=DKIM1; p="},
				"noise":   {"v=DKIM1; p=AAAA"},
				"letter":  {"the key is in the letter"},
				"endless": {record(t, ed, "n="+strings.Repeat("n", 2000)+"; ")},
				"short":   {shortRecord(t)},
			} {
				dns.records[selector+"._domainkey.northwind.example"] = records
			}
			dns.records["tls._domainkey.lark.example"] = []string{record(t, ed, "")}
			vouch := vouches(t, test.mail, dns, author)
			if test.want == "" {
				if vouch.Domain != author {
					t.Errorf("got %+v, want it valid", vouch)
				}
				return
			}
			if vouch.Domain != "" || !strings.Contains(vouch.WhyNot, test.want) {
				t.Errorf("got %+v, want %q", vouch, test.want)
			}
		})
	}
}

// TestTimeOfReceipt: whatever any clock says, what was good when it came is so.
func TestTimeOfReceipt(t *testing.T) {
	signed := []byte(sign(t, mail, signing{lasts: 25 * time.Hour}))
	for _, test := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {25 * time.Hour, true}, {25*time.Hour + time.Second, false}, {-2 * time.Hour, false}} {
		vouch, err := dkim.Verify(t.Context(), signed, usual(t), received.Add(test.after)).Vouches(author)
		if err != nil || (vouch.Domain != "") != test.want {
			t.Errorf("after %v: got %+v, %v", test.after, vouch, err)
		}
	}
}

func TestAligned(t *testing.T) {
	for _, test := range []struct {
		signing, domain string
		want            bool
	}{
		{"northwind.example", "northwind.example", true},
		{"Northwind.Example", "northwind.EXAMPLE.", true},
		{"northwind.example", "tls.mail.northwind.example", true},
		{"tls.mail.northwind.example", "northwind.example", true},
		{"a.northwind.example", "b.northwind.example", false},
		{"northwind.example", "lark.example", false},
		{"wind.example", "northwind.example", false},
		{"evil-northwind.example", "northwind.example", false},
		{"northwind.example", "evil-northwind.example", false},
		{"evil-tls.northwind.example", "tls.northwind.example", false},
		{"tls.northwind.example", "evil-tls.northwind.example", false},
		{"northwind.example", "northwind.example.lark.example", false},
		{"example", "northwind.example", false},
		{"example", "example", false},
		{"co.uk", "northwind.co.uk", false},
		{"co.uk", "co.uk", false},
		{"northwind.co.uk", "lark.co.uk", false},
		{"northwind.co.uk", "tls.northwind.co.uk", true},
		{"github.io", "northwind.github.io", false},
		{"northwind.github.io", "northwind.github.io", true},
		{"xn--mnchen-3ya.example", "münchen.example", true},
		{"münchen.example", "tls.MÜNCHEN.example", true},
		{"xn--mnchen-3ya.example", "munchen.example", false},
		{"", "", false},
		{"", "northwind.example", false},
		{"northwind.example", "", false},
		{".northwind.example", "northwind.example", false},
		{"northwind..example", "northwind..example", false},
		{strings.Repeat("ü", 600), strings.Repeat("ü", 600), false},
	} {
		if got := dkim.Aligned(test.signing, test.domain); got != test.want {
			t.Errorf("%q for %q: got %v", test.signing, test.domain, got)
		}
	}
}

func TestDomainOf(t *testing.T) {
	for address, want := range map[string]string{
		"tls@Northwind.Example": "northwind.example", "\"a@b\"@lark.example": "lark.example", "tls@münchen.example": "xn--mnchen-3ya.example",
		"northwind.example": "", "": "", "tls@": "", "mailto:tls@lark.example": "lark.example", "a@b c": "",
	} {
		if got := dkim.DomainOf(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

// TestSeveralSignatures: one that is valid and aligned is enough.
func TestSeveralSignatures(t *testing.T) {
	dns := usual(t)
	dns.records["tls._domainkey.bulk.example"] = []string{record(t, ed, "")}
	dns.records["tls._domainkey.mail.northwind.example"] = []string{record(t, ed, "")}
	dns.records["tls._domainkey.down.example"] = nil
	good, bulk := sign(t, mail, signing{}), signing{domain: "bulk.example"}
	broken := "DKIM-Signature: v=1; a=ed25519-sha256; d=northwind.example; s=tls; h=From; bh=AAAA; b=AAAA\r\n"
	for _, test := range []struct {
		name, mail string
		domains    []string
		want       string
	}{
		{"a mailing service below", sign(t, sign(t, mail, bulk), signing{}), []string{author}, author},
		{"a mailing service above", sign(t, good, bulk), []string{author}, author},
		{"contact-info", sign(t, mail, bulk), []string{author, "bulk.example"}, "bulk.example"},
		{"a child", sign(t, mail, signing{domain: "mail.northwind.example"}), []string{author}, "mail.northwind.example"},
		{"the first", sign(t, good, signing{domain: "mail.northwind.example"}), []string{author}, "mail.northwind.example"},
		{"one is broken", broken + good, []string{author}, author},
		{"both are broken", broken + broken + mail, []string{author}, ""},
		{"no domain", good, []string{"", ""}, ""},
		{"a stranger's DNS is down", sign(t, mail, signing{domain: "down.example"}), []string{author}, ""},
		{"a stranger's DNS is down, and one is good", sign(t, good, signing{domain: "down.example"}), []string{author}, author},
	} {
		t.Run(test.name, func(t *testing.T) {
			if vouch := vouches(t, test.mail, dns, test.domains...); vouch.Domain != test.want {
				t.Errorf("got %+v, want %q", vouch, test.want)
			}
		})
	}
}

func TestDNSDown(t *testing.T) {
	dns := &zone{records: map[string][]string{"tls._domainkey.northwind.example": nil}}
	vouch, err := dkim.Verify(t.Context(), []byte(sign(t, mail, signing{})), dns, received).Vouches(author)
	if !errors.Is(err, errDown) || vouch.Domain != "" {
		t.Errorf("got %+v, %v; want the resolver's error", vouch, err)
	}
	altered := strings.Replace(sign(t, mail, signing{lasts: time.Hour}), "; d=", "; l=1; d=", 1)
	if vouch, err := dkim.Verify(t.Context(), []byte(altered), dns, received).Vouches(author); err != nil {
		t.Errorf("got %+v, %v; no key makes that good", vouch, err)
	}
}

func TestCovers(t *testing.T) {
	vouch := vouches(t, sign(t, mail, signing{fields: []string{"From", "TLS-Report-Domain"}}), usual(t), author)
	if !vouch.Covers("tls-report-DOMAIN") || vouch.Covers("Subject") {
		t.Errorf("got %+v", vouch)
	}
}

// TestBounds: whatever a mail holds, few questions are asked, and few answers
// awaited.
func TestBounds(t *testing.T) {
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, "DKIM-Signature: v=1; a=ed25519-sha256; d=northwind.example; s=s%d; h=From; bh=AAAA; b=AAAA\r\n", i)
	}
	names := "DKIM-Signature: v=1; a=ed25519-sha256; d=northwind.example; s=tls; bh=AAAA; b=AAAA; h=From" + strings.Repeat(":a", 150) + "\r\n"
	for _, test := range []struct {
		name, mail string
		asked      int
		want       string
	}{
		{"signatures", many.String() + mail, dkim.MaxSignatures, ""},
		{"a long header", "a: " + strings.Repeat("b", dkim.MaxHeader) + "\r\n" + mail, 0, "over the limit"},
		{"many fields", strings.Repeat("a:\r\n", dkim.MaxLines) + mail, 0, "over the limit"},
		{"many folds", "a:\r\n" + strings.Repeat(" \r\n", dkim.MaxLines) + mail, 0, "over the limit"},
		{"names and fields", strings.Repeat(names, 5) + strings.Repeat("a:\r\n", dkim.MaxLines-20) + mail, 1, ""},
		{"blank lines", strings.Repeat(names, 5) + mail + strings.Repeat("\r\n", 5<<20) + ".", 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dns := usual(t)
			v := dkim.Verify(t.Context(), []byte(test.mail), dns, received)
			vouch, err := v.Vouches(author)
			if err != nil || vouch.Domain != "" || !strings.Contains(vouch.WhyNot, test.want) || len(v.Signatures) > dkim.MaxSignatures {
				t.Errorf("got %+v, %v", vouch, err)
			}
			if dns.asked != test.asked {
				t.Errorf("%d questions, want %d", dns.asked, test.asked)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	signed := sign(f, mail, signing{lasts: time.Hour})
	f.Add([]byte(signed))
	f.Add([]byte(sign(f, signed, signing{domain: "lark.example", simple: true})))
	f.Add([]byte("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed; d=northwind.example; s=tls; l=1; h=from; bh=; b=\n" + mail))
	f.Add([]byte("From:\n\tDKIM-Signature:"))
	dns := usual(f)
	f.Fuzz(func(t *testing.T, m []byte) {
		v := dkim.Verify(t.Context(), m, dns, received)
		vouch, err := v.Vouches(author)
		if err != nil || (vouch.Domain == "") != (vouch.WhyNot != "") {
			t.Errorf("got %+v, %v", vouch, err)
		}
		if vouch.Domain == "" {
			return
		}
		// Nobody but us has the key, so what it signed must be what we signed.
		if !slices.Contains([]string{author, "lark.example"}, vouch.Domain) {
			t.Errorf("got %+v", vouch)
		}
		for _, piece := range []string{"tls-reports@northwind.example", "Northwind", "Post"} {
			if !strings.Contains(string(m), piece) {
				t.Errorf("%q is vouched for", m)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for name, size := range map[string]int{"10kB": 10_000, "10MB": 10_000_000} {
		b.Run(name, func(b *testing.B) {
			signed := []byte(sign(b, mail+strings.Repeat(strings.Repeat("x", 76)+"\r\n", size/78), signing{}))
			dns := usual(b)
			b.SetBytes(int64(len(signed)))
			b.ReportAllocs()
			for b.Loop() {
				if vouch, err := dkim.Verify(b.Context(), signed, dns, received).Vouches(author); err != nil || vouch.Domain == "" {
					b.Fatal(vouch, err)
				}
			}
		})
	}
}
