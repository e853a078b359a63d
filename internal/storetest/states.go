package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// States is the conformance suite of the stores of package publication. It
// opens an empty state for each test.
func States(t *testing.T, open func(t *testing.T) State) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, State)
	}{
		{"what is published reads back", publishedReadsBack},
		{"a publication replaces the one before", publishedIsReplaced},
		{"withdrawing ends what is served", withdrawn},
		{"a later edit is never undone", laterStays},
		{"of many at once the latest stays", latestOfMany},
		{"a status reads back and is replaced", statusIsReplaced},
		{"nothing is known at first", nothingKnown},
		{"the directory lists what is served", directoryLists},
		{"a directory may be left early", directoryLeftEarly},
		{"hostile domains are refused", hostileDomains},
		{"values are copied", statesAreCopied},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func policyOf(domain string, mx ...string) publication.Published {
	body := mtasts.Policy{Mode: mtasts.ModeEnforce, MX: mx, MaxAge: 604800}.Render()
	return publication.Published{
		Domain:      domain,
		Body:        string(body),
		ID:          mtasts.ID(body),
		Mode:        mtasts.ModeEnforce,
		MX:          mx,
		MaxAge:      604800,
		PublishedAt: time.Date(2026, time.November, 17, 9, 30, 0, 123456789, time.UTC),
		Sequence:    sequence(1),
	}
}

func sequence(number int) publication.Sequence {
	s, err := publication.ParseSequence(strconv.Itoa(number))
	if err != nil {
		panic(err) // The number is one of ours.
	}
	return s
}

func publishedReadsBack(t *testing.T, s State) {
	for _, domain := range []string{"example.com", "xn--bcher-kva.example", strings.Repeat("a.", 118) + "example"} {
		p := policyOf(domain, "mx."+domain, "*."+domain)
		publish(t, s, p)
		wantPublished(t, s, domain, p)
	}
}

func publishedIsReplaced(t *testing.T, s State) {
	long := policyOf("example.com", slices.Repeat([]string{"mx.example.com"}, 50)...)
	short := policyOf("example.com", "mx.example.com")
	for _, p := range []publication.Published{long, short, long} {
		publish(t, s, p)
		wantPublished(t, s, "example.com", p)
		wantDirectory(t, s, "example.com")
	}
}

func withdrawn(t *testing.T, s State) {
	publish(t, s, policyOf("example.com", "mx.example.com"))
	publish(t, s, policyOf("example.net", "mx.example.net"))
	for range 2 {
		withdraw(t, s, "example.com", 2, true)
		wantNothing(t, s, "example.com")
		wantDirectory(t, s, "example.net")
	}
	withdraw(t, s, "never.example", 2, true)
	again := policyOf("example.com", "mx2.example.com")
	again.Sequence = sequence(3)
	publish(t, s, again)
	wantPublished(t, s, "example.com", again)
	wantDirectory(t, s, "example.com", "example.net")
}

// laterStays has old edits come after new ones, and edits come twice.
func laterStays(t *testing.T, s State) {
	edits := make([]publication.Published, 9)
	for i := range edits {
		edits[i] = policyOf("example.com", fmt.Sprintf("mx%d.example.com", i))
		edits[i].Sequence = sequence(i)
	}
	for _, step := range []struct {
		edit    int
		removes bool
		latest  bool
		served  int // -1 for nothing.
	}{
		{5, false, true, 5},
		{3, false, false, 5},
		{5, false, true, 5},
		{4, true, false, 5},
		{6, true, true, -1},
		{5, false, false, -1},
		{6, true, true, -1},
		{5, true, false, -1},
		{7, false, true, 7},
		{6, true, false, 7},
		{8, false, true, 8},
	} {
		if step.removes {
			withdraw(t, s, "example.com", step.edit, step.latest)
		} else if latest, err := s.Publish(t.Context(), edits[step.edit]); err != nil || latest != step.latest {
			t.Errorf("publish edit %d: %v, %v; want %v", step.edit, latest, err, step.latest)
		}
		if step.served < 0 {
			wantNothing(t, s, "example.com")
			wantDirectory(t, s)
		} else {
			wantPublished(t, s, "example.com", edits[step.served])
			wantDirectory(t, s, "example.com")
		}
	}
}

func latestOfMany(t *testing.T, s State) {
	const racers = 32
	edits := make([]publication.Published, racers)
	outcomes := make([]string, racers)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		edits[i] = policyOf("example.com", fmt.Sprintf("mx%d.example.com", i))
		edits[i].Sequence = sequence(i)
		all.Go(func() {
			<-start
			latest, err := s.Publish(t.Context(), edits[i])
			outcomes[i] = fmt.Sprint(latest, err)
		})
	}
	close(start)
	all.Wait()
	last := racers - 1
	wantPublished(t, s, "example.com", edits[last])
	for i, outcome := range outcomes {
		if outcome != "true <nil>" && (i == last || outcome != "false <nil>") {
			t.Errorf("racer %d of %d: %s; want no error, and the last to be the latest", i, racers, outcome)
		}
	}
}

func statusIsReplaced(t *testing.T, s State) {
	at := time.Date(2026, time.November, 17, 9, 30, 0, 0, time.UTC)
	for _, status := range []publication.Status{
		{Domain: "example.com", State: publication.StateRefused, UpdatedAt: at, Problems: []publication.Problem{
			{Path: "/mx/0", Message: "„so“ is no <host> & more"}, {Message: "of the whole"},
		}},
		{Domain: "example.com", State: publication.StatePublished, UpdatedAt: at.Add(time.Nanosecond)},
		{Domain: "example.com", State: publication.StateWithdrawn, UpdatedAt: at.AddDate(1, 0, 0)},
	} {
		if err := s.SetStatus(t.Context(), status); err != nil {
			t.Fatalf("set status: %v", err)
		}
		got, is, err := s.Status(t.Context(), "example.com")
		if err != nil || !is || !reflect.DeepEqual(got, status) {
			t.Errorf("status: %+v, %v, %v; want %+v", got, is, err, status)
		}
	}
	wantNothing(t, s, "example.com") // A status alone serves nothing.
	wantDirectory(t, s)
}

func nothingKnown(t *testing.T, s State) {
	wantNothing(t, s, "example.com")
	wantDirectory(t, s)
	if got, is, err := s.Status(t.Context(), "example.com"); is || err != nil {
		t.Errorf("status: %+v, %v, %v; want none", got, is, err)
	}
}

func directoryLists(t *testing.T, s State) {
	domains := []string{"a.example", "b.example", "c.example", "d.example"}
	for _, domain := range domains {
		publish(t, s, policyOf(domain, "mx."+domain))
	}
	wantDirectory(t, s, domains...)
	for p, err := range s.AllPublished(t.Context()) {
		if want := policyOf(p.Domain, "mx."+p.Domain); err != nil || !reflect.DeepEqual(p, want) {
			t.Errorf("the directory gives %+v, %v; want %+v", p, err, want)
		}
	}
}

func directoryLeftEarly(t *testing.T, s State) {
	for _, domain := range []string{"a.example", "b.example", "c.example"} {
		publish(t, s, policyOf(domain, "mx."+domain))
	}
	seen := 0
	for _, err := range s.AllPublished(t.Context()) {
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
		if latest, err := s.Publish(t.Context(), publication.Published{Domain: domain, Body: "hostile"}); latest || err == nil {
			t.Errorf("publish %q: %v, %v; want an error", domain, latest, err)
		}
		if err := s.SetStatus(t.Context(), publication.Status{Domain: domain}); err == nil {
			t.Errorf("set status of %q: no error", domain)
		}
		if latest, err := s.Withdraw(t.Context(), domain, sequence(1)); latest || err == nil {
			t.Errorf("withdraw %q: %v, %v; want an error", domain, latest, err)
		}
		if _, is, err := s.Published(t.Context(), domain); is || err == nil {
			t.Errorf("published %q: %v, %v; want an error", domain, is, err)
		}
		if _, is, err := s.Status(t.Context(), domain); is || err == nil {
			t.Errorf("status of %q: %v, %v; want an error", domain, is, err)
		}
	}
	wantDirectory(t, s)
}

func statesAreCopied(t *testing.T, s State) {
	p := policyOf("example.com", "mx.example.com")
	publish(t, s, p)
	p.MX[0] = "changed.example"
	for range 2 {
		got, _, err := s.Published(t.Context(), "example.com")
		if err != nil || !slices.Equal(got.MX, []string{"mx.example.com"}) {
			t.Fatalf("published: mx %q, %v; want mx.example.com", got.MX, err)
		}
		got.MX[0] = "changed.example"
	}
}

func publish(t *testing.T, s State, p publication.Published) {
	t.Helper()
	if latest, err := s.Publish(t.Context(), p); err != nil || !latest {
		t.Fatalf("publish %s: %v, %v; want true, no error", p.Domain, latest, err)
	}
}

func withdraw(t *testing.T, s State, domain string, edit int, want bool) {
	t.Helper()
	if latest, err := s.Withdraw(t.Context(), domain, sequence(edit)); err != nil || latest != want {
		t.Errorf("withdraw %s by edit %d: %v, %v; want %v", domain, edit, latest, err, want)
	}
}

func wantPublished(t *testing.T, s State, domain string, want publication.Published) {
	t.Helper()
	got, is, err := s.Published(t.Context(), domain)
	if err != nil || !is || !reflect.DeepEqual(got, want) {
		t.Errorf("published %s: %+v, %v, %v; want %+v", domain, got, is, err, want)
	}
}

func wantNothing(t *testing.T, s State, domain string) {
	t.Helper()
	if got, is, err := s.Published(t.Context(), domain); is || err != nil {
		t.Errorf("published %s: %+v, %v, %v; want nothing", domain, got, is, err)
	}
}

// wantDirectory gives the domains to expect in their order.
func wantDirectory(t *testing.T, s State, want ...string) {
	t.Helper()
	var got []string
	for p, err := range s.AllPublished(t.Context()) {
		if err != nil {
			t.Errorf("directory: %v", err)
			return
		}
		got = append(got, p.Domain)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("directory: %q; want %q", got, want)
	}
}
