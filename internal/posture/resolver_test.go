package posture_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/internettest"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
)

var (
	_ publication.Resolver    = posture.Resolver{}
	_ publication.PolicyHosts = posture.PolicyHosts{}
)

var mail = internettest.Zone{
	Records: []string{
		`_mta-sts.one.example. TXT "v=STSv1; id=1;"`,
		`_mta-sts.two.example. TXT "v=STSv1; id=1;"`,
		`_mta-sts.two.example. TXT "v=STSv1; id=2;"`,
		`_mta-sts.strings.example. TXT "v=STSv1;" " id=" "1;"`,
		`_mta-sts.long.example. TXT "` + strings.Repeat("a", 255) + `" "` + strings.Repeat("b", 255) + `" "` + strings.Repeat("c", 255) + `"`,
		`_mta-sts.alias.example. CNAME alias.example._mta-sts.service.example.`,
		`alias.example._mta-sts.service.example. TXT "v=STSv1; id=3;"`,
		`_mta-sts.nowhere.example. CNAME nothing.service.example.`,
		`_mta-sts.address.example. A 192.0.2.1`,
		`one.example. MX 20 MX2.one.EXAMPLE.`,
		`one.example. MX 10 mx1.one.example.`,
		`one.example. MX 30 mx1.one.example.`,
		`null.example. MX 0 .`,
		`odd.example. MX 10 mx\032one.example.`,
		`alias.example. CNAME one.example.`,
		`address.example. A 192.0.2.1`,
	},
	Fails:  []string{"_mta-sts.fails.example", "fails.example"},
	Silent: []string{"_mta-sts.silent.example", "silent.example"},
}

func TestTXT(t *testing.T) {
	resolver := posture.Resolver{DNS: mail.Resolver(t), Timeout: time.Minute}
	for name, want := range map[string][]string{
		"_mta-sts.one.example":     {"v=STSv1; id=1;"},
		"_mta-sts.one.example.":    {"v=STSv1; id=1;"},
		"_MTA-STS.One.Example":     {"v=STSv1; id=1;"},
		"_mta-sts.two.example":     {"v=STSv1; id=1;", "v=STSv1; id=2;"},
		"_mta-sts.strings.example": {"v=STSv1; id=1;"},
		"_mta-sts.long.example":    {strings.Repeat("a", 255) + strings.Repeat("b", 255) + strings.Repeat("c", 255)},
		"_mta-sts.alias.example":   {"v=STSv1; id=3;"},
		"_mta-sts.nowhere.example": nil,
		"_mta-sts.address.example": nil,
		"_mta-sts.none.example":    nil,
	} {
		got, err := resolver.TXT(t.Context(), name)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestMX(t *testing.T) {
	resolver := posture.Resolver{DNS: mail.Resolver(t), Timeout: time.Minute}
	for domain, want := range map[string][]string{
		"one.example":     {"mx1.one.example", "mx2.one.example"},
		"alias.example":   {"mx1.one.example", "mx2.one.example"},
		"null.example":    {""},
		"address.example": nil,
		"none.example":    nil,
	} {
		if got, err := resolver.MX(t.Context(), domain); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", domain, got, err, want)
		}
	}
}

// TestUntold: what cannot be told is an error that names the domain, and never
// looks like what is not there.
func TestUntold(t *testing.T) {
	resolver := posture.Resolver{DNS: mail.Resolver(t), Timeout: time.Minute}
	hasty := posture.Resolver{DNS: resolver.DNS, Timeout: 20 * time.Millisecond}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name string
		look func() ([]string, error)
		want string
	}{
		{"TXT fails", func() ([]string, error) { return resolver.TXT(t.Context(), "_mta-sts.fails.example") },
			"reading the TXT records of _mta-sts.fails.example: "},
		{"MX fails", func() ([]string, error) { return resolver.MX(t.Context(), "fails.example") },
			"reading the MX records of fails.example: "},
		{"TXT takes too long", func() ([]string, error) { return hasty.TXT(t.Context(), "_mta-sts.silent.example") },
			"reading the TXT records of _mta-sts.silent.example: "},
		{"MX takes too long", func() ([]string, error) { return hasty.MX(t.Context(), "silent.example") },
			"reading the MX records of silent.example: "},
		{"a host that is no name", func() ([]string, error) { return resolver.MX(t.Context(), "odd.example") },
			"reading the MX records of odd.example: "},
		{"nobody waits", func() ([]string, error) { return resolver.TXT(gone, "_mta-sts.one.example") },
			"reading the TXT records of _mta-sts.one.example: "},
	} {
		got, err := test.look()
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || len(got) > 0 {
			t.Errorf("%s: %q, %v; want the error %q", test.name, got, err, test.want)
		}
		if cancelled := test.name == "nobody waits"; errors.Is(err, context.Canceled) != cancelled {
			t.Errorf("%s: %v is context.Canceled: %t", test.name, err, !cancelled)
		}
	}
}
