package publication_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyitem"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

const domain = "example.com"

const (
	testingItem = `{"domain": "example.com", "mode": "testing", "mx": ["mx.example.com"]}`
	testingBody = "version: STSv1\nmode: testing\nmx: mx.example.com\nmax_age: 86400\n"
	enforceItem = `{"domain": "example.com", "mode": "enforce", "mx": ["mx.example.com"]}`
	enforceBody = "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n"
	badItem     = `{"domain": "example.com", "mode": "enforce", "mx": []}`
)

var morning = time.Date(2026, time.November, 17, 8, 0, 0, 0, time.UTC)

// desk is a publisher over memory. Its clock goes on by a minute each time it
// is looked at, and every edit comes after the one before.
type desk struct {
	*publication.Publisher
	state *storetest.MemoryState
	edits *int
}

func newDesk() desk {
	state, now := new(storetest.MemoryState), morning
	return desk{&publication.Publisher{
		Read:      policyitem.Read,
		Published: state,
		History:   state,
		Copies:    state,
		Statuses:  state,
		Now: func() time.Time {
			now = now.Add(time.Minute)
			return now.In(time.FixedZone("", 3600))
		},
	}, state, new(int)}
}

func TestEditPublishes(t *testing.T) {
	d := newDesk()
	status := d.edit(t, testingItem)
	wantStatus(t, d, status, publication.Status{
		Domain: domain, State: publication.StatePublished, UpdatedAt: morning.Add(2 * time.Minute),
	})
	want := publication.Published{
		Domain:      domain,
		Body:        testingBody,
		ID:          mtasts.ID([]byte(testingBody)),
		Mode:        mtasts.ModeTesting,
		MX:          []string{"mx.example.com"},
		MaxAge:      86400,
		PublishedAt: morning.Add(time.Minute),
		Sequence:    sequence(t, 1),
	}
	if got := d.served(t); !reflect.DeepEqual(got, want) {
		t.Errorf("served: %+v; want %+v", got, want)
	}
	d.edit(t, enforceItem)
	d.wantServed(t, enforceBody)
	d.wantHistory(t, testingBody, enforceBody)
}

// TestEditOfTheSamePolicy: what says the same is no new publication, since
// people ask when the policy that is served was published. It is the latest
// edit all the same.
func TestEditOfTheSamePolicy(t *testing.T) {
	d := newDesk()
	d.edit(t, testingItem)
	before := d.served(t)
	status := d.edit(t, `{"mx": ["MX.example.com."], "mode": "testing", "max_age": 86400, "domain": "Example.com", "comment": "new"}`)
	before.Sequence = sequence(t, 2)
	if got := d.served(t); !reflect.DeepEqual(got, before) {
		t.Errorf("served: %+v; want what was served before: %+v", got, before)
	}
	d.wantHistory(t, testingBody)
	if status.State != publication.StatePublished || !status.UpdatedAt.After(before.PublishedAt) {
		t.Errorf("status: %+v; want a new one that says it is published", status)
	}
}

func TestEditRefused(t *testing.T) {
	refused := func(minutes int) publication.Status {
		return publication.Status{
			Domain:    domain,
			State:     publication.StateRefused,
			Problems:  []publication.Problem{{Path: "/mx", Message: "must not be empty"}},
			UpdatedAt: morning.Add(time.Duration(minutes) * time.Minute),
		}
	}
	d := newDesk()
	wantStatus(t, d, d.edit(t, badItem), refused(1))
	d.wantServed(t, "")

	d.edit(t, enforceItem)
	before := d.served(t)
	wantStatus(t, d, d.edit(t, badItem), refused(4))
	if got := d.served(t); !reflect.DeepEqual(got, before) {
		t.Errorf("served: %+v; want what was served before: %+v", got, before)
	}

	status := d.edit(t, enforceItem) // Once mended, the problems are gone from its status.
	if status.State != publication.StatePublished || len(status.Problems) > 0 {
		t.Errorf("status: %+v; want no problems", status)
	}
}

func TestRemove(t *testing.T) {
	d := newDesk()
	d.edit(t, enforceItem)
	for range 2 { // Once more changes nothing, not even the time.
		status, err := d.Remove(t.Context(), domain, sequence(t, 2))
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, d, status, publication.Status{
			Domain: domain, State: publication.StateWithdrawn, UpdatedAt: morning.Add(3 * time.Minute),
		})
		d.wantServed(t, "")
	}
	*d.edits = 2
	d.edit(t, enforceItem)
	d.wantServed(t, enforceBody)
	d.wantHistory(t, enforceBody, enforceBody)
}

// TestLateEdits: what comes after a later edit changes nothing, neither what is
// served nor the status of that edit.
func TestLateEdits(t *testing.T) {
	d := newDesk()
	d.edit(t, testingItem)
	later := d.edit(t, enforceItem)
	for name, do := range map[string]func() (publication.Status, error){
		"edit": func() (publication.Status, error) {
			return d.Edit(t.Context(), domain, sequence(t, 1), []byte(testingItem))
		},
		"removal": func() (publication.Status, error) { return d.Remove(t.Context(), domain, sequence(t, 1)) },
	} {
		status, err := do()
		if err != nil || status.State != publication.StateSuperseded || status.Domain != domain {
			t.Errorf("%s: %+v, %v; want %s", name, status, err, publication.StateSuperseded)
		}
		d.wantServed(t, enforceBody)
		d.wantHistory(t, testingBody, enforceBody)
		wantStatus(t, d, later, later)
	}
}

// TestFailures lets every step of what people do fail both ways. Then what is
// served is what was served before or what they asked for, whole; the copy is
// never ahead of it; and to try again brings everything to its end.
func TestFailures(t *testing.T) {
	edit := func(item string) func(*testing.T, desk) (publication.Status, error) {
		return func(t *testing.T, d desk) (publication.Status, error) {
			return d.Edit(t.Context(), domain, sequence(t, 2), []byte(item))
		}
	}
	remove := func(t *testing.T, d desk) (publication.Status, error) {
		return d.Remove(t.Context(), domain, sequence(t, 2))
	}
	publishing := []storetest.Op{storetest.OpPublish, storetest.OpAddHistory, storetest.OpPutCopy}
	for _, test := range []struct {
		name    string
		before  string // The item that was published before, if any.
		do      func(*testing.T, desk) (publication.Status, error)
		fatal   []storetest.Op // Without them it cannot be done; it can without what it only reads.
		bodies  []string       // Served before and after.
		history []string
		state   publication.State
	}{
		{"first edit", "", edit(testingItem), append(publishing, storetest.OpSetStatus), []string{"", testingBody}, []string{testingBody}, publication.StatePublished},
		{"another edit", testingItem, edit(enforceItem), publishing, []string{testingBody, enforceBody}, []string{testingBody, enforceBody}, publication.StatePublished},
		{"the same edit", testingItem, edit(testingItem), publishing, []string{testingBody, testingBody}, []string{testingBody}, publication.StatePublished},
		{"refused edit", testingItem, edit(badItem), []storetest.Op{storetest.OpSetStatus}, []string{testingBody, testingBody}, []string{testingBody}, publication.StateRefused},
		{"removal", testingItem, remove, []storetest.Op{storetest.OpWithdraw, storetest.OpRemoveCopy, storetest.OpSetStatus}, []string{testingBody, ""}, []string{testingBody}, publication.StateWithdrawn},
	} {
		for _, op := range append([]storetest.Op{storetest.OpStatus}, test.fatal...) {
			for _, written := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s fails, written %v", test.name, op, written), func(t *testing.T) {
					d := newDesk()
					if test.before != "" {
						d.edit(t, test.before)
					}
					d.state.FailNext(op, written)
					status, err := test.do(t, d)
					if fatal := slices.Contains(test.fatal, op); errors.Is(err, storetest.ErrFailed) != fatal || fatal == (status.State != "") {
						t.Fatalf("got %+v, %v; want the store's error alone: %v", status, err, fatal)
					}
					if d.state.FailureAhead() {
						t.Fatalf("%s was not called", op)
					}
					served, copied := d.served(t).Body, d.copied()
					if !slices.Contains(test.bodies, served) || copied != served && copied != test.bodies[0] {
						t.Errorf("after the failure %q is served, and the copy is %q; want %q", served, copied, test.bodies)
					}
					status, err = test.do(t, d)
					if err != nil || status.State != test.state {
						t.Errorf("again: %+v, %v; want %s", status, err, test.state)
					}
					d.wantServed(t, test.bodies[1])
					d.wantHistory(t, test.history...)
				})
			}
		}
	}
}

// TestWhatCannotBeReadIsMended: what is served may be damaged.
func TestWhatCannotBeReadIsMended(t *testing.T) {
	d := newDesk()
	d.edit(t, testingItem)
	d.state.FailNext(storetest.OpPublished, false)
	d.edit(t, enforceItem)
	d.wantServed(t, enforceBody)
}

func (d desk) edit(t *testing.T, item string) publication.Status {
	t.Helper()
	*d.edits++
	status, err := d.Edit(t.Context(), domain, sequence(t, *d.edits), []byte(item))
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func (d desk) served(t *testing.T) publication.Published {
	t.Helper()
	served, _, err := d.state.Published(t.Context(), domain)
	if err != nil {
		t.Fatal(err)
	}
	if served.Body != "" && served.ID != mtasts.ID([]byte(served.Body)) {
		t.Errorf("the id %s does not go with the body %q", served.ID, served.Body)
	}
	return served
}

// copied is the copy at the edge, or nothing.
func (d desk) copied() string {
	body, _ := d.state.Copy(mtasts.PolicyHost(domain))
	return body
}

func (d desk) wantHistory(t *testing.T, bodies ...string) {
	t.Helper()
	var got []string
	for _, p := range d.state.History(domain) {
		got = append(got, p.Body)
	}
	if !slices.Equal(got, bodies) {
		t.Errorf("history: %q; want %q", got, bodies)
	}
}

func sequence(t *testing.T, edit int) publication.Sequence {
	t.Helper()
	s, err := publication.ParseSequence(strconv.Itoa(edit))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantServed gives the body to expect, or nothing where none is served. Once
// all went well, the copy is the same.
func (d desk) wantServed(t *testing.T, body string) {
	t.Helper()
	_, is, err := d.state.Published(t.Context(), domain)
	if got := d.served(t).Body; err != nil || got != body || is != (body != "") {
		t.Errorf("served: %q, %v, %v; want %q", got, is, err, body)
	}
	if got := d.copied(); got != body {
		t.Errorf("the copy is %q; want %q", got, body)
	}
}

// wantStatus looks at the status that was returned, and at the one that is kept.
func wantStatus(t *testing.T, d desk, got, want publication.Status) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("status: %+v; want %+v", got, want)
	}
	kept, is, err := d.state.Status(t.Context(), domain)
	if err != nil || !is || !reflect.DeepEqual(kept, want) {
		t.Errorf("status kept: %+v, %v, %v; want %+v", kept, is, err, want)
	}
}
