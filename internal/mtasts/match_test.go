package mtasts_test

import (
	"strings"
	"testing"

	"sealpost/internal/mtasts"
)

func TestMatchMX(t *testing.T) {
	tests := []struct {
		name          string // With the section of RFC 8461 that decides.
		pattern, host string
		want          bool
	}{
		{"4.1: the same", "mail.example.com", "mail.example.com", true},
		{"4.1: another", "mail.example.com", "mail.example.net", false},
		{"4.1: case", "Mail.example.com", "mail.EXAMPLE.com", true},
		{"4.1: dot of DNS", "mail.example.com", "mail.example.com.", true},
		{"4.1: wildcard, one label", "*.example.com", "mail.example.com", true},
		{"4.1: wildcard, no label", "*.example.com", "example.com", false},
		{"4.1: wildcard, empty label", "*.example.com", ".example.com", false},
		{"4.1: wildcard, two labels", "*.example.com", "foo.bar.example.com", false},
		{"4.1: wildcard, Microsoft's second label", "*.mx.microsoft", "a.b-v1.mx.microsoft", false},
		{"4.1: wildcard, no suffix of characters", "*.example.com", "mail.badexample.com", false},
		{"4.1: wildcard inside a label", "m*.example.com", "mail.example.com", false},
		{"4.1: wildcard not left-most", "mx.*.com", "mx.example.com", false},
		{"4.1: bare wildcard", "*", "com", false},
		{"4.1: wildcard of nothing", "*.", "com.", false},
		{"a host is no pattern", "mail.example.com", "*.example.com", false},
		{"a host is no pattern, not even itself", "*.example.com", "*.example.com", false},
		{"nothing", "", "", false},
		{"the root", ".", ".", false},
		{"Kelvin sign is no k", "k.example", "\u212a.example", false},
		{"bytes that are not UTF-8", "\xfe.example", "\xff.example", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mtasts.MatchMX(tt.pattern, tt.host); got != tt.want {
				t.Errorf("MatchMX(%q, %q) = %t", tt.pattern, tt.host, got)
			}
		})
	}
}

func TestPolicyMatch(t *testing.T) {
	for host, want := range map[string]bool{
		"mx1.example.com": true,
		"a.example.net":   true,
		"mx2.example.com": false,
	} {
		if got := sample.Match(host); got != want {
			t.Errorf("Match(%q) = %t", host, got)
		}
	}
}

// FuzzMatchMX compares with the rule spelled out label by label.
func FuzzMatchMX(f *testing.F) {
	f.Add("*.example.com", "mail.example.com")
	f.Add("*.example.com", "a.b.example.com.")
	f.Add("mail.example.com", "MAIL.example.com")
	f.Add("*", "*")
	f.Add("*..", "a..")
	f.Fuzz(func(t *testing.T, pattern, host string) {
		if got, want := mtasts.MatchMX(pattern, host), matchByLabel(pattern, host); got != want {
			t.Errorf("MatchMX(%q, %q) = %t, want %t", pattern, host, got, want)
		}
	})
}

func matchByLabel(pattern, host string) bool {
	patterns := strings.Split(strings.TrimSuffix(pattern, "."), ".")
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if strings.TrimSuffix(host, ".") == "" || strings.ContainsRune(host, '*') || len(patterns) != len(labels) {
		return false
	}
	for i := range labels {
		wildcard := i == 0 && patterns[0] == "*" && labels[0] != "" && len(labels) > 1 && strings.Join(labels[1:], ".") != ""
		if !wildcard && !equalASCIIFold(patterns[i], labels[i]) {
			return false
		}
	}
	return true
}

func equalASCIIFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && !(a[i]|0x20 == b[i]|0x20 && 'a' <= a[i]|0x20 && a[i]|0x20 <= 'z') {
			return false
		}
	}
	return true
}
