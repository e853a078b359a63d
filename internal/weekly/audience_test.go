package weekly_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

// counting counts how often reports are summed.
type counting struct {
	weekly.Engine
	asked []digest.Query
}

func (c *counting) Sums(ctx context.Context, q digest.Query) (*digest.Sums, error) {
	c.asked = append(c.asked, q)
	return c.Engine.Sums(ctx, q)
}

// TestAudiences: each has a digest of its domains, of one reading; who has them
// all hears of the quarantine too.
func TestAudiences(t *testing.T) {
	w := withoutReports(t)
	state, kept := new(storetest.MemoryState), w.kept
	for i, domain := range []string{"meadow.example", "brook.example"} {
		p := publication.Published{Domain: domain, Mode: mtasts.ModeEnforce, Revision: 1, MX: []string{"mx." + domain}}
		if _, err := state.Publish(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		_, err := kept.Keep(t.Context(), archive.Line{
			ReportKey: strings.Repeat(string(rune('a'+i)), 64), ReceivedAt: week.End(), Trust: archive.TrustNone, OrganizationName: "Northwind", ReportID: domain,
			StartDatetime: week.Start(), EndDatetime: week.End(),
			Policies: []archive.PolicyResult{{PolicyType: "sts", PolicyDomain: domain}, {PolicyType: "tlsa", PolicyDomain: "mx." + domain}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := kept.Quarantine(t.Context(), archive.Quarantined{Reason: archive.ReasonInvalid, ReceivedAt: week.Start()})
	if err != nil {
		t.Fatal(err)
	}
	reading := &counting{Engine: w.mail.Digests.Engine}
	w.mail.Digests.Engine, w.mail.Digests.Hosting = reading, weekly.HostingIn(state, noMX{})
	w.mail.Audiences = []told.Audience{
		{Name: "all", Recipients: []string{"all@example.com"}},
		{Name: "nobody", Recipients: []string{"nobody"}},
		{Name: "meadow", Recipients: []string{"meadow@example.com"}, Domains: []string{"meadow.example"}},
		{Name: "typo", Recipients: []string{"typo@example.com"}, Domains: []string{"typo.example"}},
	}
	if _, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`)); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("got %v; want to hear of nobody", err)
	}
	if len(reading.asked) != 1 || len(w.sent) != 3 {
		t.Fatalf("read %d times, sent %d mails", len(reading.asked), len(w.sent))
	}
	if since := reading.asked[0].Since; !since.Equal(time.Date(2026, time.November, 17, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("late is what came since %s", since)
	}
	for i, want := range []int{2, 1, 0} {
		text, _, _ := strings.Cut(w.sent[i], "<html")
		if n := strings.Count(text, "- This is an MX of "); n != want {
			t.Errorf("mail %d says of %d names that they are MX hosts; want %d:\n%s", i, n, want, text)
		}
	}
	for i, names := range [][]string{
		{"meadow.example", "mx.meadow.example", "brook.example", "mx.brook.example", "In quarantine"},
		{"meadow.example", "mx.meadow.example"},
		{"typo.example"},
	} {
		for _, name := range []string{"meadow.example", "mx.meadow.example", "brook.example", "mx.brook.example", "typo.example", "In quarantine"} {
			_, text, _ := strings.Cut(w.sent[i], "\r\n\r\n")
			if has := strings.Contains(text, "\n"+name) || strings.Contains(text, "- "+name); has != slices.Contains(names, name) {
				t.Errorf("mail %d names %s: %v; want the opposite of\n%s", i, name, has, text)
			}
		}
	}
}

// TestMXHostOfOthers: what reports say about a domain is for its own audience, even
// if it is the MX host of others' domains.
func TestMXHostOfOthers(t *testing.T) {
	w := withoutReports(t)
	state := new(storetest.MemoryState)
	for domain, mx := range map[string]string{"shop.example": "mail.example", "mail.example": "mx.mail.example"} {
		p := publication.Published{Domain: domain, Mode: mtasts.ModeEnforce, Revision: 1, MX: []string{mx}}
		if _, err := state.Publish(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.kept.Keep(t.Context(), archive.Line{
		ReportKey: strings.Repeat("a", 64), ReceivedAt: week.End(), Trust: archive.TrustNone, OrganizationName: "Northwind", ReportID: "1",
		StartDatetime: week.Start(), EndDatetime: week.End(),
		Policies: []archive.PolicyResult{{PolicyType: "sts", PolicyDomain: "mail.example"}},
	}); err != nil {
		t.Fatal(err)
	}
	w.mail.Digests.Hosting = weekly.HostingIn(state, noMX{})
	material, err := w.mail.Digests.Gather(t.Context(), week, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, audience := range []string{"shop.example", "mail.example"} {
		var names []string
		for _, domain := range material.Digest(told.Audience{Domains: []string{audience}}).Domains {
			names = append(names, domain.PolicyDomain)
		}
		if !slices.Equal(names, []string{audience}) {
			t.Errorf("the audience of %s hears of %q", audience, names)
		}
	}
}

// TestLate: what came after the digest before was mailed, whenever that was.
func TestLate(t *testing.T) {
	w := withoutReports(t)
	reading := &counting{Engine: w.mail.Digests.Engine}
	w.mail.Digests.Engine = reading
	w.now = tuesday.AddDate(0, 0, -4) // On Friday.
	for range 2 {
		if _, err := w.mail.Answer(t.Context(), []byte(`{"week": "last"}`)); err != nil {
			t.Fatal(err)
		}
		w.now = tuesday
	}
	if since := reading.asked[1].Since; !since.Equal(tuesday.AddDate(0, 0, -4)) {
		t.Errorf("late is what came since %s; want since the digest before", since)
	}
	if weeks := reading.asked[1].Earlier; weeks != 4 {
		t.Errorf("it is compared with %d earlier weeks; want 4", weeks)
	}
}
