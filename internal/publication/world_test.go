package publication_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyitem"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// world is everything around a publication: the items, the stores, an edge that
// caches, the DNS and a queue that delivers when it likes.
type world struct {
	t      *testing.T
	random *rand.Rand
	now    time.Time
	ahead  time.Duration // Of the clock that publication reads.

	items   *storetest.MemoryItems
	state   *storetest.MemoryState
	dns     *fakeDNS
	queue   *fakeQueue
	lock    sync.Mutex
	told    []publication.Status
	strange func(domain string) ([]byte, error) // What some other host answers; nil for ours.
	seen    func()                              // Called by settleDown after each step; may be nil.

	publisher *publication.Publisher
	rotator   *publication.Rotator
	walk      publication.Walk
}

const (
	settle = 120 * time.Second
	edge   = 60 * time.Second // How long the edge keeps what it has.
)

var morning = time.Date(2026, time.November, 17, 8, 0, 0, 0, time.UTC)

const serviceZone = "sts.example"

// zones has a domain of each kind.
var zones = publication.Zones{
	Service: &publication.Zone{ID: "ZSERVICE", Name: serviceZone},
	Domains: map[string]publication.Home{
		"own.example":    {Zone: &publication.Zone{ID: "ZOWN", Name: "own.example"}},
		"manual.example": {DNS: publication.DNSManual},
	},
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t:      t,
		random: rand.New(rand.NewPCG(seed, 8461)),
		now:    morning,
		items:  new(storetest.MemoryItems),
		state:  new(storetest.MemoryState),
	}
	w.queue = &fakeQueue{world: w}
	w.dns = &fakeDNS{world: w, txt: make(map[string][]string), mx: make(map[string][]string), gone: make(map[string]time.Time)}
	clock := func() time.Time { return w.now.Add(w.ahead).In(time.FixedZone("", 3600)) }
	journal := publication.Journal{
		Statuses: w.state,
		Now:      clock,
		Tell:     w.hear,
	}
	w.publisher = &publication.Publisher{
		Read:      policyitem.Read,
		Items:     w.items,
		Published: w.state,
		History:   w.state,
		Copies:    w.state,
		Guards:    publication.Guards{Resolver: w.dns, Evidence: w.state, Brake: w.state, Directory: w.state},
		Zones:     zones,
		Journal:   journal,
		Queue:     w.queue,
		Settle:    settle,
		Now:       clock,
	}
	w.rotator = &publication.Rotator{
		Published:   w.state,
		History:     w.state,
		Copies:      w.state,
		Records:     w.dns,
		Resolver:    w.dns,
		PolicyHosts: edgeOf{w},
		Zones:       zones,
		Journal:     journal,
		Settle:      settle,
		Now:         clock,
	}
	w.walk = publication.Walk{
		Items: w.items, Statuses: w.state, Publisher: w.publisher, Brake: w.state, Queue: w.queue,
		Parallel: 1, Patience: time.Hour, Spread: 15 * time.Minute, Now: clock,
	}
	return w
}

// hear takes down what people are told.
func (w *world) hear(_ context.Context, s publication.Status) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.told = append(w.told, s)
}

// edit makes the item of a domain what members say, after its name.
func (w *world) edit(domain, members string) {
	w.items.Put(domain, publication.Item{Text: fmt.Appendf(nil, `{"domain": %q, %s}`, domain, members)})
}

func (w *world) bring(domain string) publication.Status {
	w.t.Helper()
	status, err := w.publisher.Bring(w.t.Context(), domain)
	if err != nil {
		w.t.Fatal(err)
	}
	return status
}

func (w *world) advance(domain string) time.Duration {
	w.t.Helper()
	again, err := w.rotator.Advance(w.t.Context(), domain)
	if err != nil {
		w.t.Fatal(err)
	}
	return again
}

func (w *world) status(domain string) publication.Status {
	w.t.Helper()
	status, _, err := w.state.Snapshot().Status(context.Background(), domain)
	if err != nil {
		w.t.Fatal(err)
	}
	return status
}

func (w *world) served(domain string) (publication.Published, bool) {
	w.t.Helper()
	served, is, err := w.state.Snapshot().Published(context.Background(), domain)
	if err != nil {
		w.t.Fatal(err)
	}
	return served, is
}

// settleDown lets time pass and nothing go wrong until nothing more happens.
func (w *world) settleDown() {
	w.t.Helper()
	for range 3 {
		w.now = w.now.Add(time.Hour)
		if _, err := w.walk.All(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		w.look()
		for call, is := w.queue.next(); is; call, is = w.queue.next() {
			if call.due.After(w.now) {
				w.now = call.due
			}
			if again := w.advance(call.domain); again > 0 && call.tries < 40 {
				w.queue.add(call.domain, w.now.Add(again), call.tries+1)
			}
			w.look()
		}
	}
}

func (w *world) look() {
	if w.seen != nil {
		w.seen()
	}
}

// fakeQueue keeps calls until they are taken.
type fakeQueue struct {
	storetest.Failures
	lock  sync.Mutex
	calls []call
	world *world
}

type call struct {
	domain string
	due    time.Time
	tries  int
}

func (q *fakeQueue) add(domain string, due time.Time, tries int) {
	q.calls = append(q.calls, call{domain, due, tries})
}

// next takes the call that is due first.
func (q *fakeQueue) next() (call, bool) {
	if len(q.calls) == 0 {
		return call{}, false
	}
	i := 0
	for j := range q.calls {
		if q.calls[j].due.Before(q.calls[i].due) {
			i = j
		}
	}
	first := q.calls[i]
	q.calls = slices.Delete(q.calls, i, i+1)
	return first, true
}

// Later implements publication.Queue.
func (q *fakeQueue) Later(_ context.Context, domain string, after time.Duration) error {
	if after > 15*time.Minute {
		return fmt.Errorf("no queue waits for %s", after)
	}
	work, err := q.Meet("later")
	q.lock.Lock()
	defer q.lock.Unlock()
	if work {
		q.add(domain, q.world.now.Add(after), 0)
	}
	return err
}

// fakeDNS is zones and resolver in one. _mta-sts of every domain but own.example
// and manual.example is a CNAME into the service zone.
type fakeDNS struct {
	storetest.Failures
	world   *world
	txt     map[string][]string
	mx      map[string][]string
	mxFails error
	severed bool // The CNAMEs of others do not point to us.
	puts    []put
	gone    map[string]time.Time // When records were removed.

	removals []publication.Published // What was served of domains with a zone of their own when their records were.
}

type put struct {
	domain, value string
	copy, served  string // Bodies at that time.
	before        []string
	at            time.Time
}

func canonicalName(name string) string {
	domain := strings.TrimPrefix(name, "_mta-sts.")
	if domain == name || domain == "own.example" || domain == "manual.example" {
		return name
	}
	return domain + "._mta-sts." + serviceZone
}

func (d *fakeDNS) TXT(_ context.Context, name string) ([]string, error) {
	if _, err := d.Meet("txt"); err != nil {
		return nil, err
	}
	if d.severed {
		return slices.Clone(d.txt[name]), nil
	}
	return slices.Clone(d.txt[canonicalName(name)]), nil
}

func (d *fakeDNS) MX(_ context.Context, domain string) ([]string, error) {
	if _, err := d.Meet("mx"); err != nil {
		return nil, err
	}
	if d.mxFails != nil {
		return nil, d.mxFails
	}
	return slices.Clone(d.mx[domain]), nil
}

func (d *fakeDNS) Values(_ context.Context, at publication.Place) ([]string, error) {
	if _, err := d.Meet("values"); err != nil {
		return nil, err
	}
	return slices.Clone(d.txt[at.Name]), nil
}

func (d *fakeDNS) Put(ctx context.Context, at publication.Place, value string) error {
	work, err := d.Meet("put")
	if work {
		before := d.txt[at.Name]
		d.txt[at.Name] = []string{value}
		domain := strings.TrimSuffix(strings.TrimPrefix(at.Name, "_mta-sts."), "._mta-sts."+serviceZone)
		served, _ := d.world.served(domain)
		body, _, _ := d.world.state.Snapshot().Copy(ctx, mtasts.PolicyHost(domain))
		d.puts = append(d.puts, put{domain, value, string(body), served.Body, before, d.world.now})
	}
	return err
}

func (d *fakeDNS) Remove(_ context.Context, at publication.Place, value string) error {
	work, err := d.Meet("remove")
	if work && slices.Equal(d.txt[at.Name], []string{value}) {
		delete(d.txt, at.Name)
		d.gone[at.Name] = d.world.now
		served, _ := d.world.served(strings.TrimPrefix(at.Name, "_mta-sts."))
		d.removals = append(d.removals, served)
	}
	return err
}

// edgeOf fetches from an edge. A strange one may be in its place for a while.
type edgeOf struct{ w *world }

func (e edgeOf) Fetch(_ context.Context, domain string) ([]byte, error) {
	if e.w.strange != nil {
		return e.w.strange(domain)
	}
	served, is := e.w.served(domain)
	if !is {
		return nil, errors.New("the answer is 404")
	}
	return []byte(served.Body), nil
}

// recordOf is what the DNS has for a domain.
func (w *world) recordOf(domain string) string {
	record, err := mtasts.FindRecord(w.dns.txt[canonicalName(mtasts.RecordName(domain))])
	if err != nil {
		return ""
	}
	return record.ID
}
