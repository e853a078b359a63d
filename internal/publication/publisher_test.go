package publication_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

const (
	domain      = "own.example"
	testingBody = "version: STSv1\nmode: testing\nmx: mx.own.example\nmax_age: 86400\n"
)

// trusted is an override that lets a policy be enforced at once.
const trusted = `"override": {"reason": "moved from another host", "until": "2030-01-01T00:00:00Z", "rules": ["testing-first", "max-age-ramp"]}`

func asked(mode string, more ...string) string {
	return strings.Join(append([]string{`"mode": "` + mode + `", "mx": ["mx.own.example"]`}, more...), ", ")
}

// newOwn is a world in which one domain receives mail.
func newOwn(t *testing.T) *world {
	w := newWorld(t, 1)
	w.dns.mx[domain] = []string{"mx.own.example"}
	return w
}

// pass lets time pass, with a look at the domain whenever it is asked for.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for until := w.now.Add(d); ; {
		next, is := w.queue.next()
		if !is || next.due.After(until) {
			if is {
				w.queue.add(next.domain, next.due, next.tries)
			}
			w.now = until
			return
		}
		w.now = next.due
		if again := w.advance(next.domain); again > 0 {
			w.queue.add(next.domain, w.now.Add(again), next.tries+1)
		}
	}
}

func (w *world) wantState(domain string, want publication.State) publication.Status {
	w.t.Helper()
	status := w.status(domain)
	if status.State != want {
		w.t.Fatalf("%s is %+v; want %s", domain, status, want)
	}
	return status
}

// states lists what people heard.
func (w *world) states() (states []publication.State) {
	for _, s := range w.told {
		states = append(states, s.State)
	}
	return states
}

// active publishes an item, and has it announced.
func (w *world) active(members string) {
	w.t.Helper()
	w.edit(domain, members)
	w.bring(domain)
	w.pass(10 * time.Minute)
	w.wantState(domain, publication.StateActive)
}

// TestWay is the way of an edit: the body first, the record last.
func TestWay(t *testing.T) {
	w := newOwn(t)
	w.edit(domain, asked("testing"))
	status := w.bring(domain)
	if status.State != publication.StatePublished || w.recordOf(domain) != "" {
		t.Errorf("status %+v, and the DNS announces %q; want it published alone", status, w.recordOf(domain))
	}
	if again := w.advance(domain); again != settle || w.recordOf(domain) != "" {
		t.Errorf("at once: look again after %s, and the DNS announces %q; want %s and nothing", again, w.recordOf(domain), settle)
	}
	w.now = w.now.Add(settle - 1)
	if again := w.advance(domain); again != 1 {
		t.Errorf("a moment before it has settled: look again after %s; want 1ns", again)
	}
	w.now = w.now.Add(1)
	if again := w.advance(domain); again != 0 {
		t.Errorf("look again after %s; want not soon", again)
	}
	id := mtasts.ID([]byte(testingBody))
	want := publication.Status{
		Domain:         domain,
		State:          publication.StateActive,
		Since:          morning.Add(settle),
		Mode:           mtasts.ModeTesting,
		ID:             id,
		LiveID:         id,
		TXTWanted:      "v=STSv1; id=" + id + ";",
		TXTSeen:        "v=STSv1; id=" + id + ";",
		AnnouncedID:    id,
		AnnouncedAt:    morning.Add(settle),
		ServedRevision: 1,
		UpdatedAt:      morning.Add(settle),
	}
	got := w.status(domain)
	got.Item, got.Revision = "", 0
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if want := []publication.State{"CHECKING", "PUBLISHED", "LIVE", "ACTIVE"}; !slices.Equal(w.states(), want) {
		t.Errorf("people heard %s; want %s", w.states(), want)
	}
}

func TestPublished(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing", `"dns": "route53"`))
	want := publication.Published{
		Domain:      domain,
		Body:        testingBody,
		ID:          mtasts.ID([]byte(testingBody)),
		Mode:        mtasts.ModeTesting,
		MX:          []string{"mx.own.example"},
		MaxAge:      86400,
		PublishedAt: morning,
		DNS:         publication.DNSRoute53,
		Revision:    1,
	}
	if got, _ := w.served(domain); !reflect.DeepEqual(got, want) {
		t.Errorf("served: %+v; want %+v", got, want)
	}
}

// TestSameBody: who changes what is not served does not publish anew. The
// reason for which something passed stays in history, even if the item loses it.
func TestSameBody(t *testing.T) {
	w := newOwn(t)
	w.active(asked("enforce", trusted))
	before, _ := w.served(domain)
	before.Override, before.Revision = nil, 2
	for _, more := range []string{`"comment": "all is well"`, `"max_age": 86400`} {
		w.edit(domain, asked("enforce", more))
		w.bring(domain)
		if got, _ := w.served(domain); !reflect.DeepEqual(got, before) {
			t.Errorf("%s: served %+v; want %+v", more, got, before)
		}
	}
	w.wantState(domain, publication.StateActive)

	w.edit(domain, asked("enforce", `"dns": "manual"`))
	w.bring(domain)
	before.DNS, before.Revision = publication.DNSManual, 3
	if got, _ := w.served(domain); !reflect.DeepEqual(got, before) {
		t.Errorf("served %+v; want %+v", got, before)
	}
	if history := w.history(domain); len(history) != 1 || !reflect.DeepEqual(history[0], before) {
		t.Errorf("history %+v; want %+v alone", history, before)
	}
}

// TestSameOverride: its date may be written in any zone.
func TestSameOverride(t *testing.T) {
	w := newOwn(t)
	w.active(asked("enforce", trusted))
	w.edit(domain, asked("enforce", strings.Replace(trusted, "2030-01-01T00:00:00Z", "2030-01-01T05:30:00+05:30", 1)))
	w.bring(domain)
	if served, _ := w.served(domain); served.Revision != 1 {
		t.Errorf("served anew: %+v", served)
	}
	w.edit(domain, asked("enforce", strings.Replace(trusted, "2030", "2031", 1)))
	w.bring(domain)
	if served, _ := w.served(domain); served.Revision != 2 || served.Override.Until.Year() != 2031 {
		t.Errorf("served %+v; want the new date", served)
	}
}

func (w *world) history(domain string) []publication.Published {
	w.t.Helper()
	entries, err := w.state.Snapshot().History(w.t.Context(), domain)
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

// TestRefused: what cannot be served changes nothing, and says why.
func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		item publication.Item
		want string
	}{
		"no JSON":      {publication.Item{Text: []byte(`{`)}, "the policy is not valid JSON"},
		"unreadable":   {publication.Item{Unreadable: "The file is too large."}, "The file is too large."},
		"no zone":      {publication.Item{Text: []byte(`{"domain": "a.example", "mode": "testing", "mx": ["mx.a.example"], "dns": "route53"}`)}, "/dns: route53 needs the hosted zone of a.example"},
		"other domain": {publication.Item{Text: []byte(`{"domain": "b.example", "mode": "testing", "mx": ["mx.a.example"]}`)}, `/domain: "b.example" is not the domain of this item`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.edit("a.example", `"mode": "testing", "mx": ["mx.a.example"]`)
			w.bring("a.example")
			before, _ := w.served("a.example")
			w.items.Put("a.example", test.item)
			status := w.bring("a.example")
			if status.State != publication.StateRefused || len(status.Problems) != 1 || !strings.HasPrefix(status.Problems[0].String(), test.want) {
				t.Errorf("got %+v; want %q", status, test.want)
			}
			if got, _ := w.served("a.example"); !reflect.DeepEqual(got, before) {
				t.Errorf("served %+v; want %+v", got, before)
			}
			w.pass(10 * time.Minute) // What is served goes on to its end all the same.
			status = w.wantState("a.example", publication.StateRefused)
			if w.recordOf("a.example") != before.ID || status.AnnouncedID != before.ID {
				t.Errorf("the DNS announces %q, status %+v; want what is served", w.recordOf("a.example"), status)
			}
			w.edit("a.example", `"mode": "testing", "mx": ["mx.a.example"], "comment": "mended"`)
			w.bring("a.example")
			if status := w.wantState("a.example", publication.StateActive); len(status.Problems) > 0 {
				t.Errorf("status %+v; want no problems once they are mended", status)
			}
		})
	}
}

// TestEvidenceCannotBeRead: then it is not known whether the rule holds, which is
// no reason to refuse an edit, nor to let it pass.
func TestEvidenceCannotBeRead(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	before := w.status(domain)
	w.edit(domain, asked("enforce"))
	w.state.FailNext(storetest.OpEvidence, false)
	if _, err := w.publisher.Bring(t.Context(), domain); !errors.Is(err, storetest.ErrFailed) {
		t.Errorf("got %v; want the store's error", err)
	}
	if after := w.status(domain); after.State == publication.StateRefused || after.ID != before.ID {
		t.Errorf("it became %+v", after)
	}
}

// TestRefusalSeesToTheEnd: an edit that is refused brings on the one before, which
// may have come no further than to be published.
func TestRefusalSeesToTheEnd(t *testing.T) {
	for name, fails := range map[string]func(*world){
		"its copy":     func(w *world) { w.state.FailNext(storetest.OpPutCopy, false) },
		"its record":   func(w *world) { w.queue.FailNext("later", false) },
		"whole status": func(w *world) { w.state.FailNext(storetest.OpSetStatus, false) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newOwn(t)
			w.active(asked("testing"))
			w.edit(domain, asked("testing", `"max_age": 172800`))
			fails(w)
			if _, err := w.publisher.Bring(t.Context(), domain); !errors.Is(err, storetest.ErrFailed) {
				t.Fatalf("got %v; want the store's error", err)
			}
			w.edit(domain, asked("no such mode"))
			if status := w.bring(domain); status.State != publication.StateRefused {
				t.Fatalf("got %+v; want it refused", status)
			}
			served, _ := w.served(domain)
			if body, _, err := w.state.Copy(t.Context(), mtasts.PolicyHost(domain)); err != nil || string(body) != served.Body {
				t.Errorf("the copy is %q, %v; want %q", body, err, served.Body)
			}
			if w.pass(time.Hour); w.recordOf(domain) != served.ID {
				t.Errorf("the record has %s; want %s", w.recordOf(domain), served.ID)
			}
		})
	}
}

// remembersUntil takes down until when history is to be kept.
type remembersUntil struct {
	publication.HistoryStore
	until []time.Time
}

func (r *remembersUntil) AddHistory(ctx context.Context, p publication.Published, until time.Time) error {
	r.until = append(r.until, until)
	return r.HistoryStore.AddHistory(ctx, p, until)
}

// TestHistoryIsKept for two years after a policy was last served, which is longer
// than any sender caches it.
func TestHistoryIsKept(t *testing.T) {
	w := newOwn(t)
	history := &remembersUntil{HistoryStore: w.state}
	w.publisher.History = history
	w.active(asked("testing"))
	w.now = w.now.Add(48 * time.Hour)
	w.edit(domain, asked("testing", `"max_age": 172800`))
	w.bring(domain)
	if last := len(history.until) - 1; last < 1 {
		t.Errorf("added %d times", last+1)
	} else if want := w.now.Add(730 * 24 * time.Hour); !history.until[last].Equal(want) || !history.until[last-1].Equal(want) {
		t.Errorf("kept until %s; want %s for what is served and what was", history.until[last-1:], want)
	}
}

// TestEveryRefusalIsTold: a second edit that is refused is news, even if it is
// for the same reason; that the walk finds it refused again is not.
func TestEveryRefusalIsTold(t *testing.T) {
	w := newOwn(t)
	for _, comment := range []string{"first", "second"} {
		w.told = nil
		w.edit(domain, fmt.Sprintf(`"mode": "bad", "mx": ["mx.own.example"], "comment": %q`, comment))
		w.bring(domain)
		w.bring(domain)
		if got := w.states(); !slices.Contains(got, publication.StateRefused) || len(got) > 2 {
			t.Errorf("%s: people heard %s; want one refusal", comment, got)
		}
	}
	w.told = nil
	w.edit(domain, `"mode": "testing", "mx": []`)
	w.bring(domain)
	if len(w.told) == 0 || w.status(domain).Problems[0].Path != "/mx" {
		t.Errorf("people heard %+v; want the new reason", w.told)
	}
}

// TestFailures has every call fail once that is made on the way to ACTIVE, done
// and not. Nothing is wrong meanwhile, and to try again brings it to its end.
func TestFailures(t *testing.T) {
	for _, before := range []string{"", asked("testing")} {
		for _, members := range []string{asked("none"), asked("enforce", trusted)} {
			for nth := 1; ; nth++ {
				met := false
				for _, written := range []bool{false, true} {
					t.Run(fmt.Sprintf("%.18s, then %.18s, call %d, written %v", before, members, nth, written), func(t *testing.T) {
						met = failOnTheWay(t, before, members, nth, written) || met
					})
				}
				if !met {
					break
				}
			}
		}
	}
}

func failOnTheWay(t *testing.T, before, members string, nth int, written bool) (met bool) {
	w := newOwn(t)
	if before != "" {
		w.active(before)
	}
	w.edit(domain, members)
	w.state.FailNth(storetest.OpAny, nth, written)
	_, err := w.publisher.Bring(t.Context(), domain)
	if err == nil {
		w.now = w.now.Add(settle)
		_, err = w.rotator.Advance(t.Context(), domain)
	}
	if met = !w.state.FailureAhead(); met != errors.Is(err, storetest.ErrFailed) {
		t.Errorf("a call failed: %v; the outcome is %v", met, err)
	}
	w.state.FailNth(storetest.OpAny, 1<<30, false)
	if served, is := w.served(domain); is && w.recordOf(domain) != "" && w.recordOf(domain) != served.ID && before == "" {
		t.Errorf("the DNS announces %q, and served is %+v", w.recordOf(domain), served)
	}
	w.bring(domain)
	w.pass(10 * time.Minute)
	w.wantState(domain, publication.StateActive)
	served, _ := w.served(domain)
	copied, _, err := w.state.Copy(t.Context(), mtasts.PolicyHost(domain))
	if err != nil || string(copied) != served.Body || w.recordOf(domain) != served.ID {
		t.Errorf("served %q, copied %q, announced %q, %v", served.Body, copied, w.recordOf(domain), err)
	}
	return met
}

// TestCloseIsOvertaken has an item come and go between any two steps of finding
// that there is none: its policy retires all the same.
func TestCloseIsOvertaken(t *testing.T) {
	for n := 1; n < 12; n++ {
		w := newOwn(t)
		w.edit(domain, asked("testing", letsRetire))
		w.bring(domain)
		w.items.Remove(domain)
		w.bring(domain)
		w.settleDown()
		w.state.InterruptNth(n, func() {
			w.edit(domain, asked("testing"))
			w.bring(domain)
			w.items.Remove(domain)
			w.bring(domain)
		})
		w.bring(domain)
		for range 20 {
			w.now = w.now.Add(100 * time.Hour)
			w.settleDown()
		}
		if _, is := w.served(domain); is {
			t.Errorf("call %d: %s, served for ever", n, w.status(domain).State)
		}
	}
}

// TestRefusalIsOvertaken has an item published between any two steps of refusing
// it: the status does not go back.
func TestRefusalIsOvertaken(t *testing.T) {
	for n := 1; n < 16; n++ {
		w := newOwn(t)
		w.active(asked("testing"))
		w.edit(domain, asked("enforce", trusted))
		w.dns.mxFails = errors.New("servfail")
		w.state.InterruptNth(n, func() {
			w.dns.mxFails = nil
			w.bring(domain)
			w.dns.mxFails = errors.New("servfail")
		})
		_, err := w.publisher.Bring(t.Context(), domain)
		served, _ := w.served(domain)
		if s := w.status(domain); err == nil && s.ServedRevision != served.Revision {
			t.Errorf("call %d: %s of revision %d, served %d", n, s.State, s.ServedRevision, served.Revision)
		}
	}
}

// editedOnceRead has an item edited right after it is read for the first time.
type editedOnceRead struct {
	publication.Items
	edit func()
}

func (i *editedOnceRead) Item(ctx context.Context, domain string) (publication.Item, bool, error) {
	item, found, err := i.Items.Item(ctx, domain)
	if edit := i.edit; edit != nil {
		i.edit = nil
		edit()
	}
	return item, found, err
}

// TestEditedMeanwhile: an edit that comes while the one before is brought is
// brought too, even if no call for it ever comes.
func TestEditedMeanwhile(t *testing.T) {
	w := newOwn(t)
	w.edit(domain, asked("testing"))
	w.publisher.Items = &editedOnceRead{w.items, func() { w.edit(domain, asked("none")) }}
	status := w.bring(domain)
	if served, _ := w.served(domain); served.Mode != mtasts.ModeNone || status.ID != served.ID {
		t.Errorf("served %+v, status %+v; want the later edit", served, status)
	}
}

// TestLiveIDOfAnEdit: nothing of an edit is live before it is seen from outside.
func TestLiveIDOfAnEdit(t *testing.T) {
	w := newOwn(t)
	w.active(asked("testing"))
	w.edit(domain, asked("none"))
	if status := w.bring(domain); status.LiveID != "" {
		t.Errorf("live is %q; want nothing yet", status.LiveID)
	}
}
