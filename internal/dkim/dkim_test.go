package dkim_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sealpost/internal/dkim"
	"sealpost/internal/dkim/dkimtest"
	"sealpost/internal/message"
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
		{"a key for no subdomain", signing{identity: "tls@northwind.example"}, "t=s; "},
		{"a key for no subdomain, of nobody in it", signing{}, "t=s; "},
		{"somebody in a subdomain", signing{identity: "tls@mail.northwind.example"}, "t=x; "},
		{"simple and relaxed", signing{c: "simple/relaxed"}, ""},
		{"relaxed and simple", signing{c: "relaxed/simple"}, ""},
		{"relaxed and nothing", signing{c: "relaxed"}, ""},
		{"every tag", signing{tags: "q=dns/other:dns/txt; z=From:a@b|Subject:c; i=a@northwind.example; unknown=1; ", lasts: time.Hour}, "h=sha1:sha256; n=a note; g=*; "},
		{"folded wherever it may be", signing{tags: "q\r\n = \r\n\tdns/txt\r\n ;;; ", fields: []string{" From\r\n ", "\tfrom ", "SUBJECT\r\n\t"}}, " h\r\n\t= sha256 ; ; "},
		{"a field that is not there", signing{fields: []string{"From", "From", "Reply-To", "Subject", "Subject"}}, ""},
		{"holds for longer than numbers reach", signing{tags: "x=99999999999999999999999999; "}, ""},
		{"holds for a day more", signing{lasts: 24 * time.Hour}, ""},
		{"just holds", signing{at: received.Add(-25 * time.Hour), lasts: 25 * time.Hour}, ""},
		{"a clock that is an hour ahead", signing{at: received.Add(time.Hour)}, ""},
		{"as many names as there may be", signing{fields: append([]string{"From"}, strings.Split(strings.Repeat("a ", 199), " ")[:199]...)}, ""},
		{"as long a key record as there may be", signing{}, "n=" + strings.Repeat("n", 2000-len(record(t, ed, "n=; "))) + "; "},
	} {
		t.Run(test.name, func(t *testing.T) {
			var key crypto.Signer = ed
			if test.s.key != nil {
				key = test.s.key
			}
			dns := &zone{records: map[string][]string{"tls._domainkey.northwind.example": {record(t, key, test.tags)}}}
			signed := sign(t, mail, test.s)
			for _, mail := range []string{signed, strings.ReplaceAll(signed, "\r\n", "\n")} {
				if vouch := verify(t, mail, dns, author); vouch.Domain != author {
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
		if vouch := verify(t, signed, dns, author); vouch.Domain != author {
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
		{"a signed field added above", strings.Replace(signed, "Subject: Report", "Subject: a\r\nSubject: Report", 1), ""},
		{"an oversigned field added", "From: other@lark.example\r\n" + signed, "has 2 From fields"},
		{"From added where it is not oversigned", "from : other@lark.example\r\n" + sign(t, mail, twice), "has 2 From fields"},
		{"From added below", strings.Replace(signed, "To: ", "From: other@lark.example\r\nTo: ", 1), "has 2 From fields"},
		{"over", sign(t, mail, signing{at: received.Add(-48 * time.Hour), lasts: 47 * time.Hour}), "was over on 17 November 2020 at 09:00 UTC (x=)"},
		{"made a moment too far ahead", sign(t, mail, signing{at: received.Add(time.Hour + time.Second)}), "is made in the future, on 17 November 2020 at 11:00 UTC"},
		{"made at the end of all numbers", sign(t, mail, signing{at: time.Unix(math.MaxInt64, 0)}), "is made in the future, on 27 September 33658"},
		{"made in the future", sign(t, mail, signing{at: received.Add(2 * time.Hour)}), "is made in the future, on 17 November 2020 at 12:00 UTC"},
		{"only a part is signed", sign(t, mail, signing{length: 10}), "covers only a part of the mail (l=)"},
		{"only a part is signed, and all of it", sign(t, mail, signing{length: len("{\"organization-name\": \"Northwind Post\"}\r\n")}), "covers only a part of the mail (l=)"},
		{"a part is signed that is longer than the whole", sign(t, mail, signing{length: 1000}), "more of the text (l=) than there is"},
		{"only a part is signed, of many bytes", sign(t, mail+strings.Repeat("line\r\n", 10_000), signing{length: 50_000}), "covers only a part of the mail (l=)"},
		{"only a part is signed, with blanks", sign(t, mail, signing{tags: "\r\n\tl = 1\r\n ; "}), "were changed"},
		{"From is not signed", strings.Replace(signed, "h=From:From:", "h=To:", 1), "does not cover From"},
		{"by another key", sign(t, mail, signing{selector: "rsa"}), "a key of another kind"},
		{"by another domain", sign(t, mail, signing{domain: "lark.example"}), "is aligned neither with the domain of From"},
		{"there is no key", sign(t, mail, signing{selector: "gone"}), "there is no TXT record at gone._domainkey.northwind.example"},
		{"there are several keys", sign(t, mail, signing{selector: "several"}), "there are several TXT records"},
		{"the key is for something else", sign(t, mail, signing{selector: "other"}), "a key for neither mail nor reports"},
		{"the key is for no subdomain", sign(t, mail, signing{selector: "strict", identity: "tls@mail.northwind.example"}), "is for a subdomain (i=)"},
		{"the key is in test mode", sign(t, mail, signing{selector: "test"}), "the key is in test mode (t=y)"},
		{"the key is for another hash", sign(t, mail, signing{selector: "sha512"}), "not for SHA-256"},
		{"the key is of another version", sign(t, mail, signing{selector: "future"}), "of another version"},
		{"the key's version is not first", sign(t, mail, signing{selector: "late"}), "of another version"},
		{"the key has a tag twice", sign(t, mail, signing{selector: "twice"}), "cannot be read"},
		{"the key is of another kind", sign(t, mail, signing{selector: "quantum"}), "of a kind that is not known"},
		{"the key has no p=", sign(t, mail, signing{selector: "none"}), "p= is no public key"},
		{"a name of a key that just fits", sign(t, mail, signing{selector: strings.Repeat("s", 253-len("._domainkey.northwind.example"))}), "there is no TXT record at ss"},
		{"a name of a key that does not fit", sign(t, mail, signing{selector: strings.Repeat("s", 254-len("._domainkey.northwind.example"))}), "names no domain or no selector"},
		{"a selector that leads elsewhere", sign(t, mail, signing{selector: "../tls"}), "names no domain or no selector"},
		{"i= outside the domain", sign(t, mail, signing{identity: "a@northwind.example.lark.example"}), "is not within its domain"},
		{"i= that ends like the domain", sign(t, mail, signing{identity: "a@southnorthwind.example"}), "is not within its domain"},
		{"i= of nothing", sign(t, mail, signing{identity: "northwind.example"}), "is not within its domain"},
		{"another version", strings.Replace(signed, "v=1;", "v=2;", 1), "its version (v=) is not 1"},
		{"no version", strings.Replace(signed, "v=1;", "", 1), "its version (v=) is not 1"},
		{"another algorithm", strings.Replace(signed, "a=ed25519-sha256", "a=ed25519-sha512", 1), "an algorithm that is not known"},
		{"another canonicalization", sign(t, mail, signing{c: "nowsp/relaxed"}), "a canonicalization that is not known"},
		{"another query", sign(t, mail, signing{tags: "q=dns/other; "}), "not in the DNS (q="},
		{"over before it is made", sign(t, mail, signing{tags: fmt.Sprintf("x=%d; ", received.Unix())}), "over (x=) before it is made (t=)"},
		{"t= is no time", strings.Replace(signed, " t=", " t=-", 1), "is no time"},
		{"x= is no time", sign(t, mail, signing{tags: "x=never; "}), "is no time"},
		{"l= is no length", sign(t, mail, signing{tags: "l=-1; "}), "l= is no length"},
		{"bh= is no base64", strings.Replace(signed, "bh=", "bh=!", 1), "bh="},
		{"b= is empty", regexp.MustCompile(` b=.*`).ReplaceAllString(signed, " b="), "b="},
		{"a carriage return alone in the header", "X: a\rContent-Type: b\r\n" + signed, "programs take it apart differently"},
		{"a null byte in the header", "X: a\x00\r\n" + signed, "programs take it apart differently"},
		{"the key is revoked", sign(t, mail, signing{selector: "revoked"}), "a key that is revoked"},
		{"the key is no key", sign(t, mail, signing{selector: "noise"}), "has a record in the DNS whose p= is no public key"},
		{"the key is a letter", sign(t, mail, signing{selector: "letter"}), "a key record in the DNS that cannot be read: it has to be name=value"},
		{"the key is endless", sign(t, mail, signing{selector: "endless"}), "a key that is too long"},
		{"the key is a byte too long", sign(t, mail, signing{selector: "long"}), "a key that is too long"},
		{"the key is too short", sign(t, mail, signing{key: rsa1024(), selector: "short"}), "a key that is too short: 512 bits"},
		{"SHA-1", strings.Replace(sign(t, mail, signing{key: rsa1024(), selector: "rsa"}), "rsa-sha256", "rsa-sha1", 1), "a hash that is too weak"},
		{"no domain", strings.Replace(signed, "d=northwind.example", "d=", 1), "names no domain"},
		{"no selector", strings.Replace(signed, "s=tls;", "", 1), "names no domain or no selector"},
		{"no signature", "DKIM-Signature: v=1\r\n" + mail, "names no domain"},
		{"no tags", "DKIM-Signature: what\r\n" + mail, "a signature is broken: it has to be name=value"},
		{"a tag twice", strings.Replace(signed, "s=tls;", "s=tls; s=tls;", 1), "each name once"},
		{"tags without end", "DKIM-Signature: " + tagsWithoutEnd() + "\r\n" + mail, "a signature is broken: it has to be name=value"},
		{"names without end", "DKIM-Signature: v=1; d=northwind.example; s=tls; h=" + strings.Repeat("a:", 200) + "\r\n" + mail, "covers more header fields"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dns := usual(t)
			for selector, records := range map[string][]string{
				"rsa":     {record(t, rsa1024(), "")},
				"several": {record(t, ed, ""), record(t, ed, "")},
				"other":   {record(t, ed, "s=other; ")},
				"strict":  {record(t, ed, "t = x : s; ")},
				"test":    {record(t, ed, "t = s : y; ")},
				"sha512":  {record(t, ed, "h=sha512; ")},
				"future":  {strings.Replace(record(t, ed, ""), "DKIM1", "DKIM2", 1)},
				"late":    {"t=s; " + record(t, ed, "")},
				"twice":   {record(t, ed, "k=ed25519; ")},
				"quantum": {strings.Replace(record(t, ed, ""), "k=ed25519", "k=ml-dsa", 1)},
				"none":    {"v=DKIM1; k=rsa"},
				"revoked": {"v=DKIM1; p="},
				"noise":   {"v=DKIM1; p=AAAA"},
				"letter":  {"the key is in the letter"},
				"endless": {record(t, ed, "n="+strings.Repeat("n", 2000)+"; ")},
				"long":    {record(t, ed, "n="+strings.Repeat("n", 2001-len(record(t, ed, "n=; ")))+"; ")},
				"short":   {shortRecord(t)},
			} {
				dns.records[selector+"._domainkey.northwind.example"] = records
			}
			dns.records["tls._domainkey.lark.example"] = []string{record(t, ed, "")}
			vouch := verify(t, test.mail, dns, author)
			if test.want == "" {
				if vouch.Domain != author {
					t.Errorf("got %+v, want it valid", vouch)
				}
				return
			}
			if vouch.Domain != "" || !strings.Contains(vouch.whyNot, test.want) {
				t.Errorf("got %+v, want %q", vouch, test.want)
			}
		})
	}
}

// TestTimeOfReceipt: whatever any clock says, what was good when it came is so.
func TestTimeOfReceipt(t *testing.T) {
	signed := sign(t, mail, signing{lasts: 25 * time.Hour})
	for _, test := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {25 * time.Hour, true}, {25*time.Hour + time.Second, false}, {-2 * time.Hour, false}} {
		if got := verifyAt(t, signed, usual(t), received.Add(test.after), author); got.err != nil || (got.Domain != "") != test.want {
			t.Errorf("after %v: got %+v", test.after, got)
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
		{"amazonaws.com", "northwind.s3.amazonaws.com", false}, // Its customers are not it.
		{"northwind.s3.amazonaws.com", "amazonaws.com", false},
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
		{"one that covers the other", sign(t, sign(t, mail, bulk), signing{fields: []string{"From", "DKIM-Signature", "DKIM-Signature"}}), []string{author}, author},
		{"one that covers another that is changed", strings.Replace(sign(t, sign(t, mail, bulk), signing{fields: []string{"From", "DKIM-Signature"}}), "d=bulk", "d=hulk", 1), []string{author}, ""},
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
			if vouch := verify(t, test.mail, dns, test.domains...); vouch.Domain != test.want {
				t.Errorf("got %+v, want %q", vouch, test.want)
			}
		})
	}
}

func TestDNSDown(t *testing.T) {
	dns := &zone{records: map[string][]string{"tls._domainkey.northwind.example": nil, "rsa._domainkey.northwind.example": {record(t, rsa2048(), "")}}}
	signed := sign(t, mail, signing{})
	if got := verify(t, signed, dns, author); !errors.Is(got.err, errDown) || got.Domain != "" {
		t.Errorf("got %+v; want the resolver's error", got)
	}
	// A bad signature beside it is no verdict: the one that is not known may be good.
	bad := strings.Replace(sign(t, signed, signing{key: rsa2048(), selector: "rsa"}), "Northwind Post", "Southwind Post", 1)
	if got := verify(t, bad, dns, author); !errors.Is(got.err, errDown) || got.Domain != "" || !strings.Contains(got.whyNot, "were changed") {
		t.Errorf("beside a bad one: got %+v", got)
	}
	if got := verify(t, sign(t, signed, signing{key: rsa2048(), selector: "rsa"}), dns, author); got.Domain != author {
		t.Errorf("beside a good one: got %+v", got)
	}
	if got := verify(t, sign(t, mail, signing{length: 1}), dns, author); got.err != nil {
		t.Errorf("got %+v; no key makes that good", got)
	}
}

// TestWaiting: keys are looked up side by side, and waited for but so long.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := mail
		for i := range dkim.MaxSignatures {
			mail = sign(t, mail, signing{selector: fmt.Sprint("s", i)})
		}
		begun := time.Now()
		if got := verify(t, mail, slow(time.Second), author); got.Domain != author || time.Since(begun) != time.Second {
			t.Errorf("got %+v after %v", got, time.Since(begun))
		}
		begun = time.Now()
		if got := verify(t, mail, slow(time.Hour), author); !errors.Is(got.err, context.DeadlineExceeded) || time.Since(begun) != dkim.MaxLookup {
			t.Errorf("got %+v after %v", got, time.Since(begun))
		}
	})
}

// slow is a DNS that has the usual key everywhere, and takes its time.
type slow time.Duration

func (s slow) TXT(ctx context.Context, _ string) ([]string, error) {
	select {
	case <-time.After(time.Duration(s)):
		return []string{dkimtest.Record(ed, "")}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestCovers(t *testing.T) {
	vouch := verify(t, sign(t, mail, signing{fields: []string{"From", "TLS-Report-Domain"}}), usual(t), author)
	if !vouch.Covers("tls-report-DOMAIN") || vouch.Covers("Subject") {
		t.Errorf("got %+v", vouch)
	}
}

func tagsWithoutEnd() string {
	var tags strings.Builder
	for i := range 100 {
		fmt.Fprintf(&tags, "a%d=;", i)
	}
	return tags.String()
}

// TestBounds: whatever a mail holds, few questions are asked, and few answers
// awaited.
func TestBounds(t *testing.T) {
	const mostRead = 50
	var many, strangers strings.Builder
	for i := range 40 {
		fmt.Fprintf(&many, "DKIM-Signature: v=1; a=ed25519-sha256; d=northwind.example; s=s%d; h=From; bh=AAAA; b=AAAA\r\n", i)
		fmt.Fprintf(&strangers, "DKIM-Signature: v=1; a=ed25519-sha256; d=lark%d.example; s=s; h=From; bh=AAAA; b=AAAA\r\n", i)
	}
	names := "DKIM-Signature: v=1; a=ed25519-sha256; d=northwind.example; s=tls; bh=AAAA; b=AAAA; h=From" + strings.Repeat(":a", 150) + "\r\n"
	for _, test := range []struct {
		name, mail string
		asked      int
		want       string
	}{
		{"signatures", many.String() + mail, dkim.MaxSignatures, "only 5 of a mail are"},
		{"more signatures than are read", many.String() + many.String() + mail, dkim.MaxSignatures, "only 5 of a mail are"},
		{"signatures of others", strangers.String() + mail, 0, "is aligned neither with"},
		{"names and fields", strings.Repeat(names, 5) + strings.Repeat("a:\r\n", message.MaxFields-20) + mail, 1, ""},
		{"blank lines", strings.Repeat(names, 5) + mail + strings.Repeat("\r\n", 5<<20) + ".", 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dns := usual(t)
			got := verify(t, test.mail, dns, author)
			if got.err != nil || got.Domain != "" || !strings.Contains(got.whyNot, test.want) {
				t.Errorf("got %+v", got)
			}
			if dns.asked != test.asked {
				t.Errorf("%d questions, want %d", dns.asked, test.asked)
			}
			if n := strings.Count(got.whyNot, ";"); n > mostRead {
				t.Errorf("%d signatures are named", n)
			}
			if n := strings.Count(got.whyNot, "is aligned neither"); n > dkim.MaxSignatures {
				t.Errorf("%d signatures of others are named", n)
			}
		})
	}
}

// TestEnds: empty lines at the end of a text are not hashed, and one that is all
// there is differs by canonicalization (RFC 6376, sections 3.4.3 and 3.4.4).
func TestEnds(t *testing.T) {
	header, _, _ := strings.Cut(mail, "\r\n\r\n")
	ends := []string{"", "\r\n", "\r\n\r\n", "\n"}
	for _, c := range []string{"simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"} {
		for _, text := range []string{"", "a", "a  b\r\n\r\n c", "\r\na", "a\tb \tc"} {
			signed := sign(t, header+"\r\n\r\n"+text, signing{c: c})
			for _, end := range ends {
				if got := verify(t, signed+end, usual(t), author); got.Domain != author {
					t.Errorf("%s, %q with %q: got %v", c, text, end, got)
				}
			}
			isRelaxed := strings.HasSuffix(c, "relaxed")
			if got := verify(t, signed+" \t\r\n \r\n", usual(t), author); (got.Domain == author) != isRelaxed {
				t.Errorf("%s, %q with white space: got %v", c, text, got)
			}
			if got := verify(t, signed+"\r\n.", usual(t), author); got.Domain != "" {
				t.Errorf("%s, %q with more: got %v", c, text, got)
			}
		}
	}
}

// TestVerifier: what several reports in a mail ask for is verified once, and the
// limit is that of the mail, with those that are forwarded in it.
func TestVerifier(t *testing.T) {
	dns := usual(t)
	dns.records["tls._domainkey.lark.example"] = []string{record(t, ed, "")}
	m, err := message.Cut([]byte(sign(t, sign(t, mail, signing{}), signing{domain: "lark.example"})))
	if err != nil {
		t.Fatal(err)
	}
	verifier := dkim.NewVerifier(dns, received)
	for range 3 {
		for _, domain := range []string{author, "lark.example"} {
			verdict := verifier.Verify(t.Context(), &m, domain)
			if !slices.ContainsFunc(verdict.Signatures, func(s dkim.Signature) bool { return s.Problem == "" && s.Domain == domain }) {
				t.Errorf("for %s: got %+v", domain, verdict)
			}
		}
	}
	if dns.asked != 2 {
		t.Errorf("%d questions", dns.asked)
	}
	for range dkim.MaxSignatures {
		again := m
		verifier.Verify(t.Context(), &again, author)
	}
	if dns.asked != dkim.MaxSignatures {
		t.Errorf("%d questions", dns.asked)
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
		if _, err := message.Cut(m); err != nil {
			return
		}
		got := verify(t, string(m), dns, author)
		if got.err != nil || (got.Domain == "") != (got.whyNot != "") {
			t.Errorf("got %+v", got)
		}
		if got.Domain == "" {
			return
		}
		// No one but us has the key, so what it signed must be what we signed.
		if got.Domain != author {
			t.Errorf("got %+v", got)
		}
		for _, piece := range []string{"tls-reports@northwind.example", "Northwind", "Post"} {
			if !strings.Contains(string(m), piece) {
				t.Errorf("%q is authenticated", m)
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
				m, err := message.Cut(signed)
				if err != nil {
					b.Fatal(err)
				}
				if verdict := dkim.NewVerifier(dns, received).Verify(b.Context(), &m, author); verdict.Signatures[0].Problem != "" {
					b.Fatal(verdict)
				}
			}
		})
	}
}

// TestMemory: a text is hashed where it lies, once for all signatures that hash it
// alike.
func TestMemory(t *testing.T) {
	mail := mail + strings.Repeat(strings.Repeat("x  ", 25)+"\r\n", 1<<20/77)
	for i, c := range []string{"relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed", "relaxed/relaxed"} {
		mail = sign(t, mail, signing{c: c, selector: fmt.Sprint("s", i)})
	}
	m, err := message.Cut([]byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	verdict := dkim.NewVerifier(slow(0), received).Verify(t.Context(), &m, author)
	runtime.ReadMemStats(&after)
	for _, s := range verdict.Signatures {
		if s.Problem != "" || s.Err != nil {
			t.Errorf("got %+v", verdict)
		}
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 256<<10 {
		t.Errorf("%d bytes are allocated for a mail of %d", allocated, len(mail))
	}
}
