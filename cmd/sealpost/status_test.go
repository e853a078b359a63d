package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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
			s.Problems = []publication.Problem{problem(publication.RuleBrake, "", "many changed"+publication.ResumeHint)}
		}),
		status("checking.example", publication.StateChecking, func(s *publication.Status) {
			s.Problems = []publication.Problem{problem(publication.RuleSyntax, "/mode", "of the item before")}
		}),
		status("drifts.example", publication.StateActive, func(s *publication.Status) {
			s.LiveID, s.AnnouncedID, s.TXTSeen, s.Drift = s.ID, s.ID, s.TXTWanted, "The policy does not allow mx9.example."
		}),
		status("drifted.example", publication.StateRefused, func(s *publication.Status) {
			s.LiveID, s.AnnouncedID, s.TXTSeen, s.Drift = s.ID, s.ID, s.TXTWanted, "The policy does not allow mx9.example."
			s.Problems = []publication.Problem{problem(publication.RuleMXCovered, "", "the MX records cannot be read now")}
		}),
		status("edited.example", publication.StateActive, func(s *publication.Status) {
			s.LiveID, s.AnnouncedID, s.TXTSeen = s.ID, s.ID, s.TXTWanted
		}),
		status("foreign.example", publication.StateRefused, func(s *publication.Status) {
			s.LiveID, s.AnnouncedID, s.TXTForeign, s.Obstacle = s.ID, "theirs", true, "txt-foreign: \x1b[31mtheirs"
		}),
		status("live.example", publication.StateLive, func(s *publication.Status) { s.LiveID, s.AnnouncedID = s.ID, "before" }),
		status("manual.example", publication.StateLive, func(s *publication.Status) { s.LiveID, s.Obstacle = s.ID, "Set this TXT record" }),
		status("manual-wrong.example", publication.StateLive, func(s *publication.Status) {
			s.LiveID, s.Obstacle, s.TXTSeen = s.ID, "Set this TXT record", "v=STSv1; id=1; | v=spf1 -all"
		}),
		{Domain: "new.example"},
		status("never.example", publication.StateRefused, func(s *publication.Status) {
			s.Mode, s.ID, s.TXTWanted = "", "", ""
			s.Problems = []publication.Problem{problem(publication.RuleSyntax, "/mode", "must be one of three")}
		}),
		status("overdue.example", publication.StateRefused, func(s *publication.Status) {
			s.Problems = []publication.Problem{problem(publication.RuleTestingFirst, "/mode", "too soon")}
		}),
		status("overridden.example", publication.StateRefused, func(s *publication.Status) {
			s.Problems = []publication.Problem{problem(publication.RuleMXCovered, "/mx", "mx2 is no mx")}
		}),
		status("published.example", publication.StatePublished, func(*publication.Status) {}),
		{Domain: "retired.example", State: publication.StateRetired, Since: now},
		status("retires.example", publication.StateRetiring, func(s *publication.Status) { s.ExposureUntil, s.AnnouncedAt = now.AddDate(0, 0, 7), now }),
		status("retires-by-hand.example", publication.StateRetiring, func(s *publication.Status) {
			s.LiveID, s.ExposureUntil, s.Obstacle = s.ID, now.AddDate(0, 0, 7), "Set this TXT record"
		}),
		status("retires-without-record.example", publication.StateRetiring, func(s *publication.Status) {
			s.LiveID, s.ExposureUntil, s.TurnedAt, s.Obstacle = s.ID, now.AddDate(0, 0, 7), now, "Set this TXT record"
		}),
		status("retires-behind-another.example", publication.StateRetiring, func(s *publication.Status) {
			s.LiveID, s.TXTSeen, s.ExposureUntil, s.Obstacle = s.ID, "theirs", now.AddDate(0, 0, 7), "The record has \"theirs\"."
		}),
		status("retires-at-the-end.example", publication.StateRetiring, func(s *publication.Status) { s.ExposureUntil, s.TXTGoneAt = now, now }),
		status("retires-now.example", publication.StateRetiring, func(s *publication.Status) { s.ExposureUntil = now }),
		status("stays.example", publication.StateRefused, func(s *publication.Status) {
			s.Item, s.Problems = "", []publication.Problem{problem(publication.RuleBrake, "", "many changed")}
		}),
		status("unread.example", publication.StateActive, func(s *publication.Status) {
			s.LiveID, s.AnnouncedID, s.TXTSeen = s.ID, s.ID, "v=STSv1; id=1;"
			s.TXTUnread, s.Obstacle = true, "The TXT record cannot be looked up: no answer"
		}),
	}
	o := overview{Brake: &brakeView{Since: now, Changed: []string{"active.example", "live.example"}}, statuses: statuses}
	for _, s := range statuses {
		o.Domains = append(o.Domains, viewOf(s))
	}
	o.Domains[slices.IndexFunc(statuses, func(s publication.Status) bool { return s.Domain == "edited.example" })].Edited = true
	var text, asJSON strings.Builder
	words := teller{
		terminal: terminal{name: "./sealpost", now: func() time.Time { return now }},
		items:    itemsWith{"overridden.example": now.AddDate(0, 0, 7), "overdue.example": now.AddDate(0, 0, -7)},
		item:     func(domain string) string { return domain + ".json" },
		zone:     func(file string) string { return "zone/" + file },
		option:   "-dir data",
	}
	if err := o.print(&text, words, "Does it run?"); err != nil {
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

// TestExplain: what this user may not do in the folder is said as a person can mend it.
func TestExplain(t *testing.T) {
	s, err := newSite("data", acceptHosted, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	refused := fmt.Errorf("write it: %w", &os.PathError{Op: "open", Path: "data/.tmp/1", Err: syscall.EACCES})
	const want = "you have no right to use data/.tmp/1; run this as the user that sealpost local runs as"
	if got := s.explain(refused); got.Error() != want {
		t.Error(got)
	}
	if other := errors.New("another"); s.explain(other) != other || s.explain(nil) != nil {
		t.Error("of other errors nothing else is said")
	}
}

// itemsWith are items with an override until then.
type itemsWith map[string]time.Time

func (i itemsWith) Item(_ context.Context, domain string) (publication.Item, bool, error) {
	until, is := i[domain]
	if !is {
		return publication.Item{}, false, nil
	}
	return publication.Item{Text: fmt.Appendf(nil, `{"domain": %q, "mode": "enforce", "mx": ["mx.example.net"],
		"override": {"reason": "tried", "until": %q, "rules": ["testing-first"]}}`, domain, until.Format(time.RFC3339))}, true, nil
}

func (i itemsWith) Domains(context.Context) iter.Seq2[string, error] {
	return func(func(string, error) bool) {}
}

// TestSettled: only what needs nobody ends with 0.
func TestSettled(t *testing.T) {
	for _, test := range []struct {
		status publication.Status
		want   bool
	}{
		{publication.Status{State: publication.StateActive, Drift: "an MX that is not allowed"}, false},
		{publication.Status{State: publication.StateActive, Obstacle: "the record cannot be looked up"}, false},
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
		if got := (overview{Domains: []statusView{{State: publication.StateActive}, viewOf(test.status)}}).settled(); got != test.want {
			t.Errorf("%+v: %t, want %t", test.status, got, test.want)
		}
	}
	if (overview{Domains: []statusView{{State: publication.StateActive, Edited: true}}}).settled() {
		t.Error("what was edited is to be judged")
	}
	if (overview{Brake: new(brakeView)}).settled() {
		t.Error("a brake that holds needs somebody")
	}
}
