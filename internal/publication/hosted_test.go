package publication_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/tlsrpt"
)

// stateOf publishes policies, given as the mx of each domain.
func stateOf(t *testing.T, mx map[string][]string) *storetest.MemoryState {
	t.Helper()
	state := new(storetest.MemoryState)
	for domain, mx := range mx {
		policy := mtasts.Policy{Mode: mtasts.ModeEnforce, MX: mx, MaxAge: 604800}
		if _, err := state.Publish(t.Context(), publication.Published{
			Domain: domain, Body: string(policy.Render()), ID: mtasts.ID(policy.Render()), Mode: policy.Mode, MX: mx, MaxAge: policy.MaxAge, Revision: 1,
		}); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

func TestOurs(t *testing.T) {
	state := stateOf(t, map[string][]string{
		"example.com":           {"mx1.mail.example", "*.pool.example"},
		"xn--bcher-kva.example": {"mx.xn--bcher-kva.example"},
	})
	types := []tlsrpt.PolicyType{tlsrpt.PolicySTS, tlsrpt.PolicyTLSA, tlsrpt.PolicyNotFound, "", "other"}
	for _, test := range []struct {
		domain string
		ours   []tlsrpt.PolicyType
	}{
		{"example.com", types},
		{"xn--bcher-kva.example", types},

		// Under DANE, the MX host may be named in place of the domain.
		{"mx1.mail.example", []tlsrpt.PolicyType{tlsrpt.PolicyTLSA}},
		{"mx9.pool.example", []tlsrpt.PolicyType{tlsrpt.PolicyTLSA}},
		{"mx.xn--bcher-kva.example", []tlsrpt.PolicyType{tlsrpt.PolicyTLSA}},

		{"Example.COM.", nil}, // Decoding a report makes it example.com.
		{"bücher.example", nil},
		{"pool.example", nil},
		{"a.b.pool.example", nil}, // A wildcard stands for one label (RFC 8461, section 4.1).
		{"mx2.mail.example", nil},
		{"*.pool.example", nil},
		{"sub.example.com", nil}, // Needs a policy of its own (RFC 8461, section 3.4).
		{"mta-sts.example.com", nil},
		{"example.net", nil},
		{"com", nil},
		{"", nil},
		{"*", nil},
		{"example.com\x00", nil},
		{"192.0.2.25", nil},
		{strings.Repeat("a", 70_000), nil},
	} {
		for _, policyType := range types {
			want := slices.Contains(test.ours, policyType)
			if got := agreed(t, state, policyType, test.domain); got != want {
				t.Errorf("%.40q under %q: %v; want %v", test.domain, policyType, got, want)
			}
		}
	}
}

// canonical fails for what no domain is stored under, as a store may.
type canonical struct{ publication.PublishedStore }

func (c canonical) Published(ctx context.Context, domain string) (publication.Published, bool, error) {
	if name, err := mtasts.ParseDomain(domain); err != nil || name != domain {
		return publication.Published{}, false, fmt.Errorf("%q cannot be a key", domain)
	}
	return c.PublishedStore.Published(ctx, domain)
}

// agreed asks all who know which domains are hosted.
func agreed(t *testing.T, state *storetest.MemoryState, policyType tlsrpt.PolicyType, domain string) bool {
	t.Helper()
	hosted, err := publication.Hosted{Published: canonical{state}, Directory: state}.Ours(t.Context(), about(policyType, domain))
	if err != nil {
		t.Fatal(err)
	}
	set, err := publication.ReadSet(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	if fromSet := set.Ours(policyType, domain); fromSet != hosted {
		t.Errorf("%.40q under %q: Hosted says %v, Set says %v", domain, policyType, hosted, fromSet)
	}
	recent := &publication.Recent{Directory: state, Keep: time.Minute, Now: func() time.Time { return morning }}
	if fromRecent, err := recent.Ours(t.Context(), about(policyType, domain)); err != nil || fromRecent != hosted {
		t.Errorf("%.40q under %q: Hosted says %v, Recent says %v, %v", domain, policyType, hosted, fromRecent, err)
	}
	return hosted
}

// TestWithMX: who knows which domains have an MX host gives all of them.
func TestWithMX(t *testing.T) {
	state := stateOf(t, map[string][]string{
		"b.example": {"mx1.mail.example", "mx2.mail.example"},
		"a.example": {"*.mail.example", "mx1.mail.example"},
		"c.example": {"mx1.mail.example"},
	})
	want := map[string][]string{
		"mx1.mail.example": {"a.example", "b.example", "c.example"},
		"mx2.mail.example": {"a.example", "b.example"},
		"mx3.mail.example": {"a.example"},
	}
	hosts := []string{"mx1.mail.example", "mx2.mail.example", "mx3.mail.example", "*.mail.example", "a.mx1.mail.example", "mail.example", "a.example", ""}
	hosted := publication.Hosted{Published: state, Directory: state}
	recent := &publication.Recent{Directory: state, Keep: time.Minute, Now: func() time.Time { return morning }}
	for name, withMX := range map[string]func(context.Context, []string) (map[string][]string, error){"Hosted": hosted.WithMX, "Recent": recent.WithMX} {
		if got, err := withMX(t.Context(), hosts); err != nil || !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	state.FailNext(storetest.OpAllPublished, false)
	if _, err := hosted.WithMX(t.Context(), hosts); !errors.Is(err, storetest.ErrFailed) {
		t.Errorf("got %v", err)
	}
	if _, err := hosted.WithMX(t.Context(), nil); err != nil { // Nothing is read for nothing.
		t.Error(err)
	}
}

// about is a report about some domains under one policy type.
func about(policyType tlsrpt.PolicyType, domains ...string) []tlsrpt.PolicyResult {
	var policies []tlsrpt.PolicyResult
	for _, domain := range domains {
		policies = append(policies, tlsrpt.PolicyResult{Policy: tlsrpt.Policy{Type: policyType, Domain: domain}})
	}
	return policies
}

func normalized(t *testing.T, pattern string) string {
	t.Helper()
	name, err := mtasts.NormalizeMX(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestOursAmongMany: neither where it stands nor how many there are matters,
// and the store is not asked for each.
func TestOursAmongMany(t *testing.T) {
	state := stateOf(t, map[string][]string{"example.com": {"mx.example.com"}})
	hosted := publication.Hosted{Published: state, Directory: state}
	var others []string
	for i := range 20_000 {
		others = append(others, fmt.Sprintf("d%d.example", i))
	}
	for name, test := range map[string]struct {
		policies []tlsrpt.PolicyResult
		want     bool
	}{
		"ours is the last":             {about(tlsrpt.PolicySTS, append(others, "example.com")...), true},
		"ours is an MX host":           {about(tlsrpt.PolicyTLSA, append(others, "mx.example.com")...), true},
		"ours is the last but of DANE": {about(tlsrpt.PolicySTS, append(others, "mx.example.com")...), false},
		"none":                         {about(tlsrpt.PolicyTLSA, others...), false},
		"no policies":                  {nil, false},
	} {
		if got, err := hosted.Ours(t.Context(), test.policies); got != test.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", name, got, err, test.want)
		}
	}
}

// TestHostedAndSetAgree asks for random names over random policies, both of so
// few letters that they often meet.
func TestHostedAndSetAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(8461, 8460))
	name := func() string {
		labels := make([]string, 2+random.IntN(2))
		for i := range labels {
			labels[i] = []string{"a", "ü"}[random.IntN(2)]
		}
		return strings.Join(labels, ".")
	}
	pattern := func() string { return []string{"", "*."}[random.IntN(2)] + name() }
	asked := map[bool]int{}
	for range 50 {
		policies := make(map[string][]string)
		for range random.IntN(4) {
			domain, err := mtasts.ParseDomain(name())
			if err != nil {
				t.Fatal(err)
			}
			policies[domain] = mtasts.Policy{MX: []string{pattern(), pattern()}}.Normalize().MX
		}
		state := stateOf(t, policies)
		for range 50 {
			policyType := []tlsrpt.PolicyType{tlsrpt.PolicySTS, tlsrpt.PolicyTLSA}[random.IntN(2)]
			asked[agreed(t, state, policyType, normalized(t, pattern()))]++
		}
	}
	if asked[true] < 100 || asked[false] < 100 {
		t.Errorf("the answers were %v: too few of one kind to tell", asked)
	}
}

// TestOursCannotBeTold: an error is not a no, which would send a report away.
func TestOursCannotBeTold(t *testing.T) {
	for _, op := range []storetest.Op{storetest.OpPublished, storetest.OpAllPublished} {
		for _, listed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s fails, listed %v", op, listed), func(t *testing.T) {
				state := stateOf(t, map[string][]string{"example.com": {"mx.example.com"}})
				hosted := publication.Hosted{Published: state, Directory: state}
				state.FailNext(op, listed)
				if ours, err := hosted.Ours(t.Context(), about(tlsrpt.PolicyTLSA, "mx.example.net")); ours || !errors.Is(err, storetest.ErrFailed) {
					t.Errorf("got %v, %v; want the store's error", ours, err)
				}
			})
		}
	}
}

func TestReadSet(t *testing.T) {
	state := stateOf(t, map[string][]string{"b.example": {"mx.b.example"}, "a.example": {"mx.a.example"}, "c.example": {"mx.c.example"}})
	set, err := publication.ReadSet(t.Context(), state)
	if want := []string{"a.example", "b.example", "c.example"}; err != nil || !slices.Equal(set.Domains(), want) {
		t.Errorf("domains: %q, %v; want %q", set.Domains(), err, want)
	}
	for _, listed := range []bool{false, true} {
		state.FailNext(storetest.OpAllPublished, listed)
		if set, err := publication.ReadSet(t.Context(), state); !errors.Is(err, storetest.ErrFailed) || len(set.Domains()) > 0 {
			t.Errorf("listed %v: %q, %v; want the store's error, and no half of the domains", listed, set.Domains(), err)
		}
	}
}
