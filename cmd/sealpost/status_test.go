package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// TestStatusWords prints a domain of each kind, for people and for programs.
func TestStatusWords(t *testing.T) {
	now := time.Date(2026, time.November, 17, 8, 0, 0, 0, time.UTC)
	status := func(domain string, state publication.State, change func(*publication.Status)) publication.Status {
		s := publication.Status{
			Domain: domain, State: state, Since: now.Add(-time.Hour), UpdatedAt: now.Add(-time.Minute), Item: "digest",
			Mode: mtasts.ModeTesting, ID: "5c78d7b6e95740c083b9138bfef62110", TXTWanted: "v=STSv1; id=5c78d7b6e95740c083b9138bfef62110;",
		}
		change(&s)
		return s
	}
	problem := func(rule publication.Rule, path, message string) publication.Problem {
		return publication.Problem{Rule: rule, Path: path, Message: message}
	}
	statuses := []publication.Status{
		status("active.example", publication.StateActive, func(s *publication.Status) {
			s.LiveID, s.AnnouncedID, s.TXTSeen = s.ID, s.ID, s.TXTWanted
		}),
		status("bounces.example", publication.StateRefused, func(s *publication.Status) {
			s.Problems = []publication.Problem{
				problem(publication.RuleMXCovered, "/mx", "mx2 is no mx"), problem(publication.RuleMXCovered, "/mx", "mx3 is no mx"),
				problem(publication.RuleMaxAgeRamp, "/max_age", "too long"),
			}
		}),
		status("braked.example", publication.StateRefused, func(s *publication.Status) {
			s.Problems = []publication.Problem{problem(publication.RuleBrake, "", "many changed")}
		}),
		status("checking.example", publication.StateChecking, func(s *publication.Status) {
			s.Problems = []publication.Problem{problem(publication.RuleSyntax, "/mode", "of the item before")}
		}),
		status("foreign.example", publication.StateRefused, func(s *publication.Status) {
			s.LiveID, s.AnnouncedID, s.TXTForeign, s.Obstacle = s.ID, "theirs", true, "txt-foreign: \x1b[31mtheirs"
		}),
		status("live.example", publication.StateLive, func(s *publication.Status) { s.LiveID, s.AnnouncedID = s.ID, "before" }),
		status("manual.example", publication.StateLive, func(s *publication.Status) { s.LiveID, s.Obstacle = s.ID, "Set this TXT record" }),
		{Domain: "new.example"},
		status("never.example", publication.StateRefused, func(s *publication.Status) {
			s.Mode, s.ID, s.TXTWanted = "", "", ""
			s.Problems = []publication.Problem{problem(publication.RuleSyntax, "/mode", "must be one of three")}
		}),
		status("published.example", publication.StatePublished, func(*publication.Status) {}),
		{Domain: "retired.example", State: publication.StateRetired, Since: now},
		status("retires.example", publication.StateRetiring, func(s *publication.Status) { s.ExposureUntil = now.AddDate(0, 0, 7) }),
		status("retires-at-the-end.example", publication.StateRetiring, func(s *publication.Status) { s.ExposureUntil, s.TXTGoneAt = now, now }),
		status("retires-now.example", publication.StateRetiring, func(s *publication.Status) { s.ExposureUntil = now }),
		status("stays.example", publication.StateRefused, func(s *publication.Status) {
			s.Item, s.Problems = "", []publication.Problem{problem(publication.RuleBrake, "", "many changed")}
		}),
	}
	o := overview{Brake: &brakeView{Since: now}, statuses: statuses}
	for _, s := range statuses {
		o.Domains = append(o.Domains, viewOf(s))
	}
	var text, asJSON strings.Builder
	words := teller{terminal{now: func() time.Time { return now }}, func(domain string) string { return domain + ".json" }, "-dir data"}
	if err := o.print(&text, words); err != nil {
		t.Fatal(err)
	}
	if err := printJSON(&asJSON, o); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"status.txt": text.String(), "status.json": asJSON.String()} {
		file := filepath.Join("testdata", name)
		if *update {
			writeFile(t, file, got)
		}
		if want, err := os.ReadFile(file); err != nil || string(want) != got {
			t.Errorf("%s, %v; got:\n%s", file, err, got)
		}
	}
}

// TestSettled: only what needs nobody ends with 0.
func TestSettled(t *testing.T) {
	for _, test := range []struct {
		status publication.Status
		want   bool
	}{
		{publication.Status{State: publication.StateActive}, true},
		{publication.Status{State: publication.StateRetired}, true},
		{publication.Status{State: publication.StateRetiring}, true},
		{publication.Status{State: publication.StateRetiring, Obstacle: "remove the record"}, false},
		{publication.Status{State: publication.StateLive}, false},
		{publication.Status{State: publication.StatePublished}, false},
		{publication.Status{State: publication.StateChecking}, false},
		{publication.Status{State: publication.StateRefused}, false},
		{publication.Status{}, false},
	} {
		if got := (overview{statuses: []publication.Status{{State: publication.StateActive}, test.status}}).settled(); got != test.want {
			t.Errorf("%+v: %t, want %t", test.status, got, test.want)
		}
	}
	if (overview{Brake: new(brakeView)}).settled() {
		t.Error("a brake that holds needs somebody")
	}
}
