package storetest

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// States is the conformance suite of what is kept of each domain: what is
// served, and how its item fares. It opens an empty state for each test.
func States(t *testing.T, open func(t *testing.T) State) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, State)
	}{
		{"what is published reads back", publishedReadsBack},
		{"a publication replaces the one before", publishedIsReplaced},
		{"withdrawing ends what is served", withdrawn},
		{"only the next revision is taken", onlyTheNextPublished},
		{"of many at once one publishes", oneOfManyPublishes},
		{"a status reads back and is replaced", statusIsReplaced},
		{"only the next revision of a status is taken", onlyTheNextStatus},
		{"of many at once one sets the status", oneOfManySetsStatus},
		{"nothing is known at first", nothingKnown},
		{"the directory lists what is served", directoryLists},
		{"every status is listed", statusesListed},
		{"a directory may be left early", directoryLeftEarly},
		{"hostile domains are refused", hostileDomains},
		{"values are copied", statesAreCopied},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// at is a time that no format in whole milliseconds keeps.
var at = time.Date(2026, time.November, 17, 9, 30, 0, 123456789, time.UTC)

// policyOf is the first that is published for a domain.
func policyOf(domain string, mx ...string) publication.Published {
	body := mtasts.Policy{Mode: mtasts.ModeEnforce, MX: mx, MaxAge: 604800}.Render()
	return publication.Published{
		Domain:      domain,
		Body:        string(body),
		ID:          mtasts.ID(body),
		Mode:        mtasts.ModeEnforce,
		MX:          mx,
		MaxAge:      604800,
		PublishedAt: at,
		CorrectedAt: at.Add(-time.Nanosecond),
		Revision:    1,
	}
}

// policyWithAll has a value for each field.
func policyWithAll(domain string) publication.Published {
	p := policyOf(domain, "mx."+domain, "*."+domain)
	p.DNS = publication.DNSCNAME
	p.Override = &publication.Override{
		Reason: "„so“ is no <reason> & more",
		Until:  at.AddDate(0, 0, 1),
		Rules:  []publication.Rule{publication.RuleBrake, publication.RuleRetire},
	}
	p.Retiring = true
	return p
}

func publishedReadsBack(t *testing.T, s State) {
	for _, domain := range []string{"example.com", "xn--bcher-kva.example", strings.Repeat("a.", 118) + "example"} {
		p := policyOf(domain, "mx."+domain, "*."+domain)
		publish(t, s, p)
		wantPublished(t, s, domain, p)
		next := policyWithAll(domain)
		next.Revision = 2
		publish(t, s, next)
		wantPublished(t, s, domain, next)
	}
}

func publishedIsReplaced(t *testing.T, s State) {
	long := policyOf("example.com", slices.Repeat([]string{"mx.example.com"}, 50)...)
	long.Override = &publication.Override{Reason: "only this once", Until: at, Rules: []publication.Rule{publication.RuleBrake}}
	short := policyOf("example.com", "mx.example.com")
	for i, p := range []publication.Published{long, short, long} {
		p.Revision = i + 1
		publish(t, s, p)
		wantPublished(t, s, "example.com", p) // Nothing of the one before stays.
		wantDirectory(t, s, "example.com")
	}
}

func withdrawn(t *testing.T, s State) {
	publish(t, s, policyOf("example.com", "mx.example.com"))
	publish(t, s, policyOf("example.net", "mx.example.net"))
	withdraw(t, s, "example.com", 2, true)
	wantNothing(t, s, "example.com", 2)
	wantDirectory(t, s, "example.net")
	withdraw(t, s, "example.com", 3, true) // What is gone can go again.
	wantNothing(t, s, "example.com", 3)
	withdraw(t, s, "never.example", 1, true)
	wantNothing(t, s, "never.example", 1)

	again := policyOf("example.com", "mx2.example.com")
	again.Revision = 4
	publish(t, s, again)
	wantPublished(t, s, "example.com", again)
	wantDirectory(t, s, "example.com", "example.net")
}

// onlyTheNextPublished has decisions come late, twice, and out of the blue.
func onlyTheNextPublished(t *testing.T, s State) {
	served, kept := 0, 0 // The revisions; of what is served 0 for nothing.
	for _, step := range []struct {
		revision int
		removes  bool
		done     bool
	}{
		{revision: 2},
		{revision: 0},
		{revision: -1},
		{revision: 2, removes: true},
		{revision: 0, removes: true},
		{revision: 1, done: true},
		{revision: 1}, // Who sent it twice looks again, and finds it.
		{revision: 3},
		{revision: 0},
		{revision: 1, removes: true},
		{revision: 3, removes: true},
		{revision: 2, done: true},
		{revision: 1},
		{revision: 3, removes: true, done: true},
		{revision: 3, removes: true},
		{revision: 3},
		{revision: 1}, // As if there had never been anything.
		{revision: 1, removes: true},
		{revision: 5},
		{revision: 4, done: true},
	} {
		if step.removes {
			withdraw(t, s, "example.com", step.revision, step.done)
		} else if done, err := s.Publish(t.Context(), revisionOf(step.revision)); err != nil || done != step.done {
			t.Errorf("publish revision %d: %v, %v; want %v", step.revision, done, err, step.done)
		}
		if step.done {
			served, kept = step.revision, step.revision
			if step.removes {
				served = 0
			}
		}
		if served == 0 {
			wantNothing(t, s, "example.com", kept)
			wantDirectory(t, s)
		} else {
			wantPublished(t, s, "example.com", revisionOf(served))
			wantDirectory(t, s, "example.com")
		}
	}
}

// revisionOf is another policy for each revision.
func revisionOf(revision int) publication.Published {
	p := policyOf("example.com", fmt.Sprintf("mx%d.example.com", revision+1))
	p.Revision = revision
	return p
}

func oneOfManyPublishes(t *testing.T, s State) {
	for revision := 1; revision <= 3; revision++ {
		edits := make([]publication.Published, racers)
		for i := range edits {
			edits[i] = policyOf("example.com", fmt.Sprintf("mx%d.example.com", i))
			edits[i].Revision = revision
		}
		winner := oneOfMany(t, func(i int) (bool, error) {
			if removes(i) {
				return s.Withdraw(t.Context(), "example.com", revision)
			}
			return s.Publish(t.Context(), edits[i])
		})
		if removes(winner) {
			wantNothing(t, s, "example.com", revision)
		} else {
			wantPublished(t, s, "example.com", edits[winner])
		}
	}
}

// removes says which of many withdraw.
func removes(racer int) bool { return racer%4 == 3 }

func statusIsReplaced(t *testing.T, s State) {
	for _, status := range []publication.Status{
		{
			Domain:   "example.com",
			State:    publication.StateRefused,
			Since:    at,
			Problems: []publication.Problem{{Rule: publication.RuleMXCovered, Path: "/mx/0", Message: "„so“ is no <host> & more"}, {Message: "of the whole"}},
			Obstacle: "„so“ is no <host> & more", Drift: "an MX of „so“",

			Mode:      mtasts.ModeEnforce,
			ID:        "1",
			LiveID:    "2",
			TXTWanted: "v=STSv1; id=1;",
			TXTSeen:   "v=STSv1; id=2;",
			TXTUnread: true,

			AnnouncedAt:   at.Add(-time.Nanosecond),
			ExposureUntil: at.AddDate(1, 0, 0),
			TurnedAt:      at.Add(2 * time.Nanosecond),
			TXTGoneAt:     at.Add(time.Nanosecond),

			Item:      "0123",
			UpdatedAt: at,
			Revision:  1,
		},
		{Domain: "example.com", State: publication.StatePublished, Since: at, UpdatedAt: at.Add(time.Nanosecond), Revision: 2},
		{Domain: "example.com", State: publication.StateRetired, Since: at, UpdatedAt: at.AddDate(1, 0, 0), Revision: 3},
	} {
		setStatus(t, s, status, true)
		wantStatus(t, s, status)
	}
	wantNothing(t, s, "example.com", 0) // A status alone serves nothing.
	wantDirectory(t, s)
}

func onlyTheNextStatus(t *testing.T, s State) {
	last := publication.Status{}
	for _, step := range []struct {
		revision int
		done     bool
	}{{2, false}, {0, false}, {-1, false}, {1, true}, {1, false}, {0, false}, {3, false}, {2, true}, {1, false}, {3, true}} {
		status := publication.Status{Domain: "example.com", State: publication.StateLive, Since: at, UpdatedAt: at, Revision: step.revision}
		setStatus(t, s, status, step.done)
		if step.done {
			last = status
		}
		if last.Revision > 0 {
			wantStatus(t, s, last)
		} else if got, is, err := s.Status(t.Context(), "example.com"); is || err != nil {
			t.Errorf("status: %+v, %v, %v; want none", got, is, err)
		}
	}
}

func oneOfManySetsStatus(t *testing.T, s State) {
	for revision := 1; revision <= 2; revision++ {
		statuses := make([]publication.Status, racers)
		for i := range statuses {
			statuses[i] = publication.Status{Domain: "example.com", State: publication.StateLive, Obstacle: fmt.Sprint("of ", i), Since: at, UpdatedAt: at, Revision: revision}
		}
		winner := oneOfMany(t, func(i int) (bool, error) { return s.SetStatus(t.Context(), statuses[i]) })
		wantStatus(t, s, statuses[winner])
	}
}

const racers = 32

// oneOfMany makes many try at the same time what only one of them can do, and
// gives that one.
func oneOfMany(t *testing.T, try func(racer int) (done bool, err error)) (winner int) {
	t.Helper()
	outcomes := make([]string, racers)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		all.Go(func() {
			<-start
			done, err := try(i)
			outcomes[i] = fmt.Sprint(done, err)
		})
	}
	close(start)
	all.Wait()
	winner = slices.Index(outcomes, "true <nil>")
	if winner < 0 {
		t.Fatalf("nobody did it: %q", outcomes)
	}
	for i, outcome := range outcomes {
		if i != winner && outcome != "false <nil>" {
			t.Errorf("racer %d: %s; want false, no error, since racer %d did it", i, outcome, winner)
		}
	}
	return winner
}

func nothingKnown(t *testing.T, s State) {
	wantNothing(t, s, "example.com", 0)
	wantDirectory(t, s)
	if got, is, err := s.Status(t.Context(), "example.com"); is || err != nil {
		t.Errorf("status: %+v, %v, %v; want none", got, is, err)
	}
	for s, err := range s.AllStatuses(t.Context()) {
		t.Errorf("statuses: %+v, %v; want none", s, err)
	}
}

func directoryLists(t *testing.T, s State) {
	domains := []string{"a.example", "b.example", "c.example", "d.example"}
	for _, domain := range domains {
		publish(t, s, policyWithAll(domain))
		setStatus(t, s, publication.Status{Domain: domain, Revision: 1}, true)
	}
	wantDirectory(t, s, domains...)
	for p, err := range s.AllPublished(t.Context()) {
		if want := policyWithAll(p.Domain); err != nil || !reflect.DeepEqual(p, want) {
			t.Errorf("the directory gives %+v, %v; want %+v", p, err, want)
		}
	}
}

func statusesListed(t *testing.T, s State) {
	want := make(map[string]publication.Status)
	for i, state := range []publication.State{publication.StateActive, publication.StateRefused, publication.StateRetired} {
		domain := fmt.Sprintf("%d.example", i)
		publish(t, s, policyOf(domain, "mx."+domain))
		want[domain] = publication.Status{
			Domain: domain, State: state, Since: at, UpdatedAt: at, Revision: 1,
			Problems: []publication.Problem{{Rule: publication.RuleSyntax, Message: domain}},
		}
		setStatus(t, s, want[domain], true)
	}
	withdraw(t, s, "2.example", 2, true)
	publish(t, s, policyOf("without.example", "mx.example.com"))
	got := make(map[string]publication.Status)
	for status, err := range s.AllStatuses(t.Context()) {
		if _, twice := got[status.Domain]; twice || err != nil {
			t.Errorf("statuses: %+v, %v", status, err)
		}
		got[status.Domain] = status
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("statuses: %+v; want %+v", got, want)
	}
}

func directoryLeftEarly(t *testing.T, s State) {
	for _, domain := range []string{"a.example", "b.example", "c.example"} {
		publish(t, s, policyOf(domain, "mx."+domain))
		setStatus(t, s, publication.Status{Domain: domain, Revision: 1}, true)
	}
	leaveEarly(t, s.AllPublished(t.Context()))
	leaveEarly(t, s.AllStatuses(t.Context()))
}

// leaveEarly looks at two of at least three.
func leaveEarly[T any](t *testing.T, all iter.Seq2[T, error]) {
	t.Helper()
	seen := 0
	for _, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("%d came, want 2", seen)
	}
}

var hostileNames = []string{"", ".", "..", "../example.com", "/example.com", "a/b", "a/../b", "example.com/", "x\x00"}

func hostileDomains(t *testing.T, s State) {
	for _, domain := range hostileNames {
		_, published, errPublished := s.Published(t.Context(), domain)
		_, has, errStatus := s.Status(t.Context(), domain)
		publishes, errPublish := s.Publish(t.Context(), publication.Published{Domain: domain, Body: "hostile", Revision: 1})
		withdraws, errWithdraw := s.Withdraw(t.Context(), domain, 1)
		sets, errSet := s.SetStatus(t.Context(), publication.Status{Domain: domain, Revision: 1})
		for name, err := range map[string]error{
			"published": errPublished, "status": errStatus, "publish": errPublish, "withdraw": errWithdraw, "set status": errSet,
		} {
			if err == nil {
				t.Errorf("%s %q: no error", name, domain)
			}
		}
		if published || has || publishes || withdraws || sets {
			t.Errorf("%q passes for a domain", domain)
		}
	}
	wantDirectory(t, s)
}

func statesAreCopied(t *testing.T, s State) {
	p := policyWithAll("example.com")
	publish(t, s, p)
	status := publication.Status{Domain: "example.com", Problems: []publication.Problem{{Message: "m"}}, Revision: 1}
	setStatus(t, s, status, true)
	spoil := func(p publication.Published) {
		p.MX[0], p.Override.Reason, p.Override.Rules[0] = "changed.example", "changed", "changed"
	}
	spoil(p)
	status.Problems[0].Message = "changed"
	for range 2 {
		wantPublished(t, s, "example.com", policyWithAll("example.com"))
		got, _, err := s.Published(t.Context(), "example.com")
		if err != nil {
			t.Fatal(err)
		}
		spoil(got)
		for got, err := range s.AllPublished(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			spoil(got)
		}
		found, _, err := s.Status(t.Context(), "example.com")
		if err != nil || len(found.Problems) != 1 || found.Problems[0].Message != "m" {
			t.Fatalf("status: %+v, %v; want it as it was", found, err)
		}
		found.Problems[0].Message = "changed"
	}
}

func publish(t *testing.T, s State, p publication.Published) {
	t.Helper()
	if done, err := s.Publish(t.Context(), p); err != nil || !done {
		t.Fatalf("publish revision %d of %s: %v, %v; want true, no error", p.Revision, p.Domain, done, err)
	}
}

func withdraw(t *testing.T, s State, domain string, revision int, want bool) {
	t.Helper()
	if done, err := s.Withdraw(t.Context(), domain, revision); err != nil || done != want {
		t.Errorf("withdraw %s as revision %d: %v, %v; want %v", domain, revision, done, err, want)
	}
}

func setStatus(t *testing.T, s State, status publication.Status, want bool) {
	t.Helper()
	if done, err := s.SetStatus(t.Context(), status); err != nil || done != want {
		t.Errorf("set revision %d of the status of %s: %v, %v; want %v", status.Revision, status.Domain, done, err, want)
	}
}

func wantPublished(t *testing.T, s State, domain string, want publication.Published) {
	t.Helper()
	got, is, err := s.Published(t.Context(), domain)
	if err != nil || !is || !reflect.DeepEqual(got, want) {
		t.Errorf("published %s: %+v, %v, %v; want %+v", domain, got, is, err, want)
	}
}

func wantNothing(t *testing.T, s State, domain string, revision int) {
	t.Helper()
	got, is, err := s.Published(t.Context(), domain)
	if err != nil || is || got.Revision != revision {
		t.Errorf("published %s: %+v, %v, %v; want nothing, and revision %d", domain, got, is, err, revision)
	}
}

func wantStatus(t *testing.T, s State, want publication.Status) {
	t.Helper()
	got, is, err := s.Status(t.Context(), want.Domain)
	if err != nil || !is || !reflect.DeepEqual(got, want) {
		t.Errorf("status: %+v, %v, %v; want %+v", got, is, err, want)
	}
}

// wantDirectory gives the domains to expect in their order.
func wantDirectory(t *testing.T, s State, want ...string) {
	t.Helper()
	var got []string
	var failed error
	for p, err := range s.AllPublished(t.Context()) {
		got, failed = append(got, p.Domain), errors.Join(failed, err)
	}
	slices.Sort(got)
	if failed != nil || !slices.Equal(got, want) {
		t.Errorf("directory: %q, %v; want %q", got, failed, want)
	}
}
