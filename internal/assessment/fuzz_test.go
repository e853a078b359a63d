package assessment_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"

	"sealpost/internal/assessment"
	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// FuzzOf judges whatever a domain may have written: it says it in characters that
// a terminal can be given, and calls nothing good that the standard does not.
func FuzzOf(f *testing.F) {
	f.Add(testing7, "v=STSv1; id=1;", "v=TLSRPTv1; rua=mailto:tls@reports.example", "text/plain", "ESMTP")
	f.Add("\ufeff# x\n\nmode : none\nmx: *.\nmax_age: 0", "v=stsv1", "v=TLSRPTv1; rua=https://[::1/", "a/b;", "\x1b[2J")
	certificate := &survey.Certificate{CoversHost: true, Trust: survey.Trusted, NotBefore: today.AddDate(-1, 0, 0), NotAfter: today.AddDate(1, 0, 0)}
	secured := &survey.TLS{Version: 0x0304, Certificate: certificate}
	address := netip.MustParseAddr("192.0.2.1")
	f.Fuzz(func(t *testing.T, body, record, tlsrpt, media, said string) {
		seen := survey.Domain{
			Name: "example.com", At: today,
			Record: survey.TXT{Lookup: survey.Lookup{Name: "_mta-sts.example.com", Exists: true}, Values: []string{record}},
			TLSRPT: survey.TXT{Lookup: survey.Lookup{Name: "_smtp._tls.example.com", Exists: true}, Values: []string{tlsrpt}},
			PolicyHost: survey.Host{Name: "mta-sts.example.com", Addresses: survey.Addresses{List: []netip.Addr{address}}, Answers: []survey.Answer{
				{Address: address, Reach: survey.Reached, TLS: secured, Status: 200, ContentType: media, Body: body, Took: time.Millisecond},
			}},
			MX: survey.MX{Lookup: survey.Lookup{Name: "example.com", Exists: true}, Hosts: []survey.MXHost{{
				Name: "mx1.example.com", Addresses: survey.Addresses{List: []netip.Addr{address}}, Talks: []survey.Talk{
					{Address: address, Reach: survey.Reached, Banner: said, Extensions: []string{"STARTTLS", said}, TLS: secured},
				},
			}, {
				Name: "mx2.example.com", Addresses: survey.Addresses{List: []netip.Addr{address}}, Talks: []survey.Talk{
					{Address: address, Reach: survey.Reached, Ended: &survey.Ending{Stage: survey.EHLO, Code: 421, Text: said}},
				},
			}}},
		}
		a := assessment.Of(seen, nil)
		if a.Verdict != assessment.Mend && a.Verdict != assessment.CouldNotTell {
			t.Errorf("a host that was not talked to the end is called %s", a.Verdict)
		}
		seen.MX.Hosts = seen.MX.Hosts[:1]
		good := assessment.Of(seen, nil)
		policy, err := mtasts.Parse([]byte(body))
		if good.Verdict == assessment.Enforcing && (err != nil || policy.Mode != mtasts.ModeEnforce || !policy.Match("mx1.example.com")) {
			t.Errorf("%q is called right: %v", body, err)
		}
		for _, a := range []assessment.Assessment{a, good} {
			var text strings.Builder
			if err := a.Text(&text); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(text.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%q is not for a terminal", text.String()[i:])
			}
		}
	})
}
