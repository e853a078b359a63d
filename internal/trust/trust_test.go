package trust_test

import (
	"strings"
	"testing"

	"sealpost/internal/trust"
)

func TestTrusts(t *testing.T) {
	for _, test := range []struct {
		distrusted, signer string
		want               bool
	}{
		{"", "google.com", true},
		{"", "", false},
		{"evil.example", "", false},
		{"evil.example", "google.com", true},
		{"evil.example", "evil.example", false},
		{"evil.example", "mail.evil.example", false},
		{"evil.example", "a.b.evil.example", false},
		{"evil.example", "notevil.example", true},
		{"evil.example", "evil.example.org", true},
		{"mail.evil.example", "evil.example", true},
		{"evil.example", "EVIL.Example.", false},
		{"Evil.Example.", "evil.example", false},
		{"bücher.example", "xn--bcher-kva.example", false},
		{"xn--bcher-kva.example", "bücher.example", false},
		{"a.example,evil.example", "evil.example", false},
		{"a.example, evil.example", "evil.example", false},
		{"evil.example", "_x.evil.example", false},
	} {
		signers, err := trust.Parse(test.distrusted)
		if err != nil {
			t.Errorf("%q: %v", test.distrusted, err)
		}
		if got := signers.Trusts(test.signer); got != test.want {
			t.Errorf("with %q distrusted, %q is trusted: %t; want %t", test.distrusted, test.signer, got, test.want)
		}
		again, err := trust.Parse(signers.String())
		if err != nil || again.Trusts(test.signer) != test.want {
			t.Errorf("%q, written and read again: %v, %v", test.distrusted, again, err)
		}
	}
}

func TestDistrustRefuses(t *testing.T) {
	for _, list := range []string{"com", "evil", "a.example,,b.example", "https://evil.example", "*.evil.example", "192.0.2.1", strings.Repeat("evil.example,", 200) + "evil.example"} {
		if signers, err := trust.Parse(list); err == nil {
			t.Errorf("%.40q: %q; want an error", list, signers)
		}
	}
}
