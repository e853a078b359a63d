package weekly_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
	"sealpost/internal/trust"
	"sealpost/internal/weekly"
)

// dns has the MX records of every domain.
type dns struct {
	hosts []string
	err   error
}

func (d dns) TXT(context.Context, string) ([]string, error) { return nil, d.err }
func (d dns) MX(context.Context, string) ([]string, error)  { return d.hosts, d.err }

// hosting is what is known of meadow.example.
type hosting struct {
	served  *publication.Published
	status  *publication.Status
	history []publication.Published
	reports *publication.SignerEvidence
	dns     dns

	distrusted string
	httpsOnly  bool
	line       *archive.Line // A report that lies in the archive.
}

func (h hosting) digest(t *testing.T) digest.Digest {
	t.Helper()
	state := new(storetest.MemoryState)
	must := func(done bool, err error) {
		if !done || err != nil {
			t.Fatal(done, err)
		}
	}
	if h.served != nil {
		h.served.Domain, h.served.Revision = "meadow.example", 1
		must(state.Publish(t.Context(), *h.served))
	}
	if h.status != nil {
		h.status.Domain, h.status.Revision = "meadow.example", 1
		must(state.SetStatus(t.Context(), *h.status))
	}
	for _, entry := range h.history {
		must(true, state.AddHistory(t.Context(), entry, tuesday))
	}
	if h.reports != nil {
		must(true, state.AddEvidence(t.Context(), "meadow.example", *h.reports))
	}
	kept := archive.Archive{Bucket: new(storetest.Memory)}
	if h.line != nil {
		if _, err := kept.Keep(t.Context(), *h.line); err != nil {
			t.Fatal(err)
		}
	}
	known := weekly.HostingIn(state, h.dns)
	known.HTTPSOnly = h.httpsOnly
	var err error
	if known.Signers, err = trust.Parse(h.distrusted); err != nil {
		t.Fatal(err)
	}
	d, err := weekly.Digests{
		Engine: engine(kept, tuesday), Quarantine: kept, Hosting: known, Now: func() time.Time { return tuesday },
	}.Of(t.Context(), week, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// served is a policy since so many days.
func served(mode mtasts.Mode, days int) *publication.Published {
	return &publication.Published{Domain: "meadow.example", Mode: mode, MX: []string{"mx.meadow.example"}, ID: "2", PublishedAt: tuesday.AddDate(0, 0, -days)}
}

// TestDistrusted: the report of a distrusted signer is counted as unauthenticated,
// whenever it was stored, and was no evidence.
func TestDistrusted(t *testing.T) {
	line := archive.Line{
		ReportKey: strings.Repeat("a", 64), ReceivedAt: tuesday, Channel: archive.ChannelMail, Trust: archive.TrustDKIM, TrustDomain: "mail.evil.example",
		OrganizationName: "Evil", ReportID: "1", StartDatetime: week.Start(), EndDatetime: week.Start().AddDate(0, 0, 1),
		Policies: []archive.PolicyResult{{PolicyType: "sts", PolicyDomain: "meadow.example", TotalFailureSessionCount: 3}},
	}
	for distrusted, want := range map[string]int64{"evil.example": 1, "good.example": 0, "": 0} {
		h := hosting{
			served: served("testing", 8), dns: dns{hosts: []string{"mx.meadow.example"}}, distrusted: distrusted, line: &line,
			reports: &publication.SignerEvidence{LastReport: tuesday, Signer: "mail.evil.example"},
		}
		d := h.digest(t)
		if d.Reports != 1 || d.Unauthenticated != want {
			t.Errorf("with %q distrusted: %d reports, %d unauthenticated; want 1 and %d", distrusted, d.Reports, d.Unauthenticated, want)
		}
		isReady := slices.ContainsFunc(d.Domains[0].Findings, func(f digest.Finding) bool { return f.Kind == digest.KindReady })
		if isReady != (want == 0) {
			t.Errorf("with %q distrusted: ready %t", distrusted, isReady)
		}
	}
}

// TestHosting: what is known of a policy stands in the digest.
func TestHosting(t *testing.T) {
	problem := func(rule publication.Rule) publication.Problem {
		return publication.Problem{Rule: rule, Path: "/mode", Message: "is no good"}
	}
	mx := dns{hosts: []string{"mx.meadow.example"}}
	for _, test := range []struct {
		name    string
		hosting hosting
		kind    digest.Kind // Empty where nothing is to be found but that there is no report.
		says    string
	}{
		{"active", hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateActive, Mode: "enforce", ID: "2", LiveID: "2", AnnouncedID: "2"}}, "", ""},
		{
			"an MX is left out",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateActive, Mode: "enforce", ID: "2", LiveID: "2", AnnouncedID: "2", Drift: "The policy does not allow mx9."}},
			digest.KindMXNotAllowed, "The policy does not allow mx9.",
		},
		{
			"an edit is refused",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateRefused, Mode: "enforce", ID: "2", Problems: []publication.Problem{problem(publication.RuleSyntax)}}},
			digest.KindRefused, "/mode: is no good. Fix it; sealpost status shows how. What was published before is served on.",
		},
		{
			"the first edit is refused",
			hosting{status: &publication.Status{State: publication.StateRefused, Problems: []publication.Problem{problem(publication.RuleSyntax)}}},
			digest.KindRefused, "Nothing is served for this domain.",
		},
		{
			"the problems are of an item before",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateChecking, Problems: []publication.Problem{problem(publication.RuleSyntax)}}},
			"", "",
		},
		{
			"enforce waits",
			hosting{served: served("testing", 3), dns: mx, status: &publication.Status{State: publication.StateRefused, ID: "2", Problems: []publication.Problem{problem(publication.RuleTestingFirst)}}},
			digest.KindWaiting, "Enforce is asked for, and waits: /mode: is no good (rule testing-first).",
		},
		{
			"enforce waits, and is refused",
			hosting{served: served("testing", 3), dns: mx, status: &publication.Status{State: publication.StateRefused, ID: "2", Problems: []publication.Problem{problem(publication.RuleTestingFirst), problem(publication.RuleMXCovered)}}},
			digest.KindRefused, "/mode: is no good (rule mx-covered). /mode: is no good (rule testing-first).",
		},
		{
			"a record is to be set by hand",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateLive, Mode: "enforce", ID: "2", LiveID: "2", TXTWanted: "v=STSv1; id=2;",
				Obstacle: `Set this TXT record, and no other: _mta-sts.meadow.example TXT "v=STSv1; id=2;"`}},
			digest.KindObstacle, `Something is in the way of its policy. Set this TXT record, and no other: _mta-sts.meadow.example TXT "v=STSv1; id=2;"`,
		},
		{
			"all items are gone",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateRefused, Mode: "enforce", Problems: []publication.Problem{{Rule: publication.RuleBrake, Message: "The items are gone"}}}},
			digest.KindRefused, "Its policy is on hold, and its item is gone. The items are gone (rule " + string(publication.RuleBrake) + "). What was published before is served on.",
		},
		{
			"a record cannot be looked up",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateLive, Mode: "enforce", ID: "2", LiveID: "2", TXTWanted: "v=STSv1; id=2;", Obstacle: "No answer"}},
			digest.KindObstacle, `No answer. The TXT record must be "v=STSv1; id=2;".`,
		},
		{
			"a record that was there cannot be looked up",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StateActive, Mode: "enforce", ID: "2", LiveID: "2", AnnouncedID: "2", TXTWanted: "v=STSv1; id=2;", Obstacle: "No answer."}},
			digest.KindObstacle, `No answer. The TXT record must be "v=STSv1; id=2;".`,
		},
		{
			"nothing is to be announced yet",
			hosting{served: served("enforce", 30), status: &publication.Status{State: publication.StatePublished, Mode: "enforce", ID: "2", LiveID: "1", AnnouncedID: "1", TXTWanted: "v=STSv1; id=2;", Obstacle: "It cannot be fetched."}},
			digest.KindObstacle, "It cannot be fetched.",
		},
		{
			"enforce cannot come, for want of mail",
			hosting{served: served("testing", 3), dns: mx, httpsOnly: true, status: &publication.Status{State: publication.StateRefused, ID: "2", Problems: []publication.Problem{problem(publication.RuleTestingFirst)}}},
			digest.KindRefused, "/mode: is no good (rule testing-first).",
		},
		{"in testing, for want of mail", hosting{served: served("testing", 8), dns: mx, httpsOnly: true}, digest.KindNotReady, "here reports come in by HTTPS only"},
		{"young in testing", hosting{served: served("testing", 3), dns: mx}, digest.KindNotReady, "enforce comes after a week of it: on 28 November 2026"},
		{"without a report", hosting{served: served("testing", 8), dns: mx}, digest.KindNotReady, "no authenticated report about the policy has arrived since testing began"},
		{
			"with failures", hosting{served: served("testing", 8), dns: mx, reports: &publication.SignerEvidence{LastReport: tuesday, LastFailure: tuesday.AddDate(0, 0, -2), Signer: "sender.example"}},
			digest.KindNotReady, "a report signed by sender.example has failures up to 22 November 2026",
		},
		{
			"with an MX that it leaves out", hosting{served: served("testing", 8), dns: dns{hosts: []string{"mx9.meadow.example"}}, reports: &publication.SignerEvidence{LastReport: tuesday, Signer: "sender.example"}},
			digest.KindNotReady, "mx9.meadow.example is an MX of meadow.example, and no mx here allows it",
		},
		{
			"with a DNS that does not answer", hosting{served: served("testing", 8), dns: dns{err: errors.New("no answer")}, reports: &publication.SignerEvidence{LastReport: tuesday, Signer: "sender.example"}},
			digest.KindNotReady, "the MX records of meadow.example cannot be read now",
		},
		{
			"with an MX that it left out a while ago",
			hosting{served: served("testing", 8), dns: mx, reports: &publication.SignerEvidence{LastReport: tuesday, Signer: "sender.example"},
				status: &publication.Status{State: publication.StateActive, Mode: "testing", ID: "2", LiveID: "2", AnnouncedID: "2", Drift: "The policy does not allow mx9."}},
			digest.KindReady, "nothing keeps it from enforce",
		},
		{"ready", hosting{served: served("testing", 8), dns: mx, reports: &publication.SignerEvidence{LastReport: tuesday, Signer: "sender.example"}}, digest.KindReady, "nothing keeps it from enforce"},
		{
			"back in testing", hosting{served: served("testing", 3), history: []publication.Published{{Domain: "meadow.example", Mode: "testing", PublishedAt: tuesday.AddDate(0, 0, -9)}, *served("testing", 3)},
				dns: mx, reports: &publication.SignerEvidence{LastReport: tuesday, Signer: "sender.example"}},
			digest.KindReady, "nothing keeps it from enforce",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := test.hosting.digest(t)
			if len(d.Domains) != 1 || d.Domains[0].PolicyDomain != "meadow.example" {
				t.Fatalf("the domains are %+v", d.Domains)
			}
			var found []string
			for _, f := range d.Domains[0].Findings {
				if f.Kind != digest.KindNoReport {
					found = append(found, string(f.Kind)+": "+f.Text())
				}
			}
			if test.kind == "" && len(found) == 0 {
				return
			}
			if len(found) != 1 || !strings.HasPrefix(found[0], string(test.kind)+": ") || !strings.Contains(found[0], test.says) {
				t.Errorf("found %q; want %s: %s", found, test.kind, test.says)
			}
			if wanted := "record that is wanted"; strings.Contains(found[0], wanted) != strings.Contains(test.says, wanted) {
				t.Errorf("found %q: a record is named before its time, or not in time", found)
			}
		})
	}
}

// TestRetired: a domain that is done with is not in the digest.
func TestRetired(t *testing.T) {
	d := hosting{status: &publication.Status{State: publication.StateRetired}}.digest(t)
	if len(d.Domains) > 0 {
		t.Errorf("got %+v", d.Domains)
	}
}
