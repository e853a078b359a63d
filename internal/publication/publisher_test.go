package publication_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"sealpost/internal/mtasts"
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

// desk is a publisher over memory, with a clock that goes on by a minute each
// time it is looked at.
type desk struct {
	*publication.Publisher
	state *storetest.MemoryState
}

func newDesk() desk {
	state, now := new(storetest.MemoryState), morning
	return desk{&publication.Publisher{
		Published: state,
		Statuses:  state,
		Now: func() time.Time {
			now = now.Add(time.Minute)
			return now.In(time.FixedZone("", 3600))
		},
	}, state}
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
	}
	if got := d.served(t); !reflect.DeepEqual(got, want) {
		t.Errorf("served: %+v; want %+v", got, want)
	}
	d.edit(t, enforceItem)
	d.wantServed(t, enforceBody)
}

// TestEditOfTheSamePolicy: what says the same is not published again, since
// people ask when the policy that is served was published.
func TestEditOfTheSamePolicy(t *testing.T) {
	d := newDesk()
	d.edit(t, testingItem)
	before := d.served(t)
	status := d.edit(t, `{"mx": ["MX.example.com."], "mode": "testing", "max_age": 86400, "domain": "Example.com", "comment": "new"}`)
	if got := d.served(t); !reflect.DeepEqual(got, before) {
		t.Errorf("served: %+v; want what was served before: %+v", got, before)
	}
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
		status, err := d.Remove(t.Context(), domain)
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, d, status, publication.Status{
			Domain: domain, State: publication.StateWithdrawn, UpdatedAt: morning.Add(3 * time.Minute),
		})
		d.wantServed(t, "")
	}
	d.edit(t, enforceItem)
	d.wantServed(t, enforceBody)
}

// TestFailures lets every step of what people do fail both ways. Then what is
// served is what was served before or what they asked for, whole; and to try
// again brings it to its end. What cannot be read does not keep it from that.
func TestFailures(t *testing.T) {
	edit := func(item string) func(*testing.T, desk) (publication.Status, error) {
		return func(t *testing.T, d desk) (publication.Status, error) {
			return d.Edit(t.Context(), domain, []byte(item))
		}
	}
	remove := func(t *testing.T, d desk) (publication.Status, error) { return d.Remove(t.Context(), domain) }
	for _, test := range []struct {
		name          string
		before        string // The item that was published before, if any.
		do            func(*testing.T, desk) (publication.Status, error)
		fatal, not    []storetest.Op
		served, wants string // Before and after.
		state         publication.State
	}{
		{"first edit", "", edit(testingItem),
			[]storetest.Op{storetest.OpPublish, storetest.OpSetStatus}, []storetest.Op{storetest.OpPublished, storetest.OpStatus},
			"", testingBody, publication.StatePublished},
		{"another edit", testingItem, edit(enforceItem),
			[]storetest.Op{storetest.OpPublish}, []storetest.Op{storetest.OpPublished, storetest.OpStatus},
			testingBody, enforceBody, publication.StatePublished},
		{"the same edit", testingItem, edit(testingItem),
			nil, []storetest.Op{storetest.OpPublished, storetest.OpStatus},
			testingBody, testingBody, publication.StatePublished},
		{"refused edit", testingItem, edit(badItem),
			[]storetest.Op{storetest.OpSetStatus}, []storetest.Op{storetest.OpStatus},
			testingBody, testingBody, publication.StateRefused},
		{"removal", testingItem, remove,
			[]storetest.Op{storetest.OpWithdraw, storetest.OpSetStatus}, []storetest.Op{storetest.OpStatus},
			testingBody, "", publication.StateWithdrawn},
	} {
		for _, op := range append(slices.Clone(test.fatal), test.not...) {
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
					if got := d.served(t).Body; got != test.served && got != test.wants {
						t.Errorf("after the failure %q is served; want %q or %q", got, test.served, test.wants)
					}
					status, err = test.do(t, d)
					if err != nil || status.State != test.state {
						t.Errorf("again: %+v, %v; want %s", status, err, test.state)
					}
					d.wantServed(t, test.wants)
				})
			}
		}
	}
}

func (d desk) edit(t *testing.T, item string) publication.Status {
	t.Helper()
	status, err := d.Edit(t.Context(), domain, []byte(item))
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

// wantServed gives the body to expect, or nothing where none is served.
func (d desk) wantServed(t *testing.T, body string) {
	t.Helper()
	_, is, err := d.state.Published(t.Context(), domain)
	if got := d.served(t).Body; err != nil || got != body || is != (body != "") {
		t.Errorf("served: %q, %v, %v; want %q", got, is, err, body)
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
