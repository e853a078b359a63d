package publication_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/storetest"
)

// TestModel plays what may happen to some domains in any order: people edit and
// delete items, MX records change, reports come in, the DNS and every store fail
// with and without having done what was asked, processes die at any step and run
// at the same time, messages come twice and late. After each step the laws hold;
// and once nothing goes wrong any more, every domain comes to its end.
func TestModel(t *testing.T) {
	for seed := range seeds(400) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(t, seed)
			for range 60 {
				m.step()
				m.laws()
			}
			m.calm()
			m.settleDown()
			m.handSets(m.status("manual.example"))
			m.settleDown()
			m.laws()
			m.ends()
			m.senders.wantReleased()
			m.takeAway()
		})
	}
}

// TestModelWithClock plays the same with a clock that runs ahead at times, by hours
// or weeks. It cannot be known then how much time has passed; but no id is ahead of
// its body, and once the clock is right, no domain waits for the times from before.
func TestModelWithClock(t *testing.T) {
	for seed := range seeds(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(t, seed)
			m.wrongClock = true
			for range 60 {
				m.step()
				m.laws()
			}
			m.calm()
			m.ahead = 0
			m.settleDown()
			m.handSets(m.status("manual.example"))
			m.settleDown()
			m.laws()
			m.ends()
			for _, domain := range modelDomains {
				m.wantNoTimeAhead(domain)
			}
		})
	}
}

// seeds is fewer with -short.
func seeds(all uint64) uint64 {
	if testing.Short() {
		return all / 4
	}
	return all
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{world: newWorld(t, seed), edits: make(map[string][]string), publications: make(map[string][]publication.Published), sound: make(map[string]bool), abandoned: make(map[string]bool),
		publishedAt: make(map[string]time.Time)}
	m.senders = newSenders(m, seed)
	for _, domain := range modelDomains {
		m.dns.mx[domain] = []string{"mx1." + domain}
	}
	m.seen = m.laws
	return m
}

var modelDomains = []string{"a.example", "own.example", "manual.example"}

type model struct {
	*world
	edits        map[string][]string // What items asked for, by domain.
	publications map[string][]publication.Published
	sound        map[string]bool // Domains that were brought on, as they are, without a failure since.
	abandoned    map[string]bool // Domains whose record stayed in the way of their end.
	disturbed    bool            // Another process failed meanwhile.
	senders      *senders
	wrongClock   bool                 // The clock is ahead at times.
	publishedAt  map[string]time.Time // When a body was last put where it is served, by domain and id.
}

// step lets something happen.
func (m *model) step() {
	m.disturbed = false
	domain := modelDomains[m.random.IntN(len(modelDomains))]
	switch m.random.IntN(18) {
	case 0, 1, 2:
		m.editAtRandom(domain)
	case 3:
		m.remove(domain)
	case 4, 5:
		m.now = m.now.Add(time.Duration(m.random.IntN(200)) * time.Second)
	case 6:
		m.now = m.now.Add(time.Duration(m.random.IntN(20*24)) * time.Hour)
	case 7:
		m.dns.mx[domain] = m.someHosts(domain)
	case 8:
		m.report(domain)
	case 9:
		if m.random.IntN(4) == 0 {
			m.dns.txt[canonicalName(mtasts.RecordName(domain))] = []string{"v=STSv1; id=foreign;"}
		}
	case 10:
		m.failSomewhere()
		m.interruptSomewhere()
	case 11, 12:
		m.bringOn(domain)
	case 13, 14:
		m.deliver()
	case 15:
		m.strange = m.someHost()
	case 16:
		switch {
		case m.random.IntN(3) == 0:
			m.loseAll()
		case m.wrongClock:
			m.turnClock()
		}
	default:
		if _, err := m.walk.All(m.t.Context()); err != nil {
			clear(m.sound)
		}
	}
	m.handOfOwner()
}

func (m *model) someHosts(domain string) []string {
	var hosts []string
	for i := range 2 {
		if m.random.IntN(2) == 0 {
			hosts = append(hosts, fmt.Sprintf("mx%d.%s", i+1, domain))
		}
	}
	return hosts
}

// editAtRandom asks for one of a few policies, sometimes for none that there is,
// or goes back to what was asked for before.
func (m *model) editAtRandom(domain string) {
	m.sound[domain] = false
	if before := m.edits[domain]; len(before) > 0 && m.random.IntN(3) == 0 {
		m.edit(domain, before[m.random.IntN(len(before))])
		return
	}
	mode := []string{"testing", "enforce", "none", "bad"}[m.random.IntN(4)]
	mx := append([]string{"mx1." + domain}, m.someHosts(domain)...)
	members := fmt.Sprintf(`"mode": %q, "mx": ["%s"]`, mode, strings.Join(mx, `", "`))
	if m.random.IntN(2) == 0 {
		members += fmt.Sprintf(`, "max_age": %d`, []int{86400, 200000, 5000000}[m.random.IntN(3)])
	}
	if m.random.IntN(3) == 0 {
		members += fmt.Sprintf(`, "override": {"reason": "trial", "until": %q, "rules": ["testing-first", "max-age-ramp", "mx-still-listed", "txt-foreign"]}`,
			m.now.Add(48*time.Hour).UTC().Format(time.RFC3339))
	}
	m.edits[domain] = append(m.edits[domain], members)
	m.edit(domain, members)
}

func (m *model) remove(domain string) {
	m.items.Remove(domain)
	m.sound[domain] = false
}

// turnClock has the clock run ahead, or sets it right. It takes the machine some
// minutes to start with a wrong clock.
func (m *model) turnClock() {
	if m.ahead > 0 {
		m.ahead = 0
		return
	}
	m.now = m.now.Add(5 * time.Minute)
	m.ahead = []time.Duration{2 * time.Hour, 40 * 24 * time.Hour}[m.random.IntN(2)]
}

// wantNoTimeAhead: what is noted of a domain lies in the past.
func (m *model) wantNoTimeAhead(domain string) {
	m.t.Helper()
	served, _ := m.served(domain)
	status := m.status(domain)
	if status.State == publication.StateRetired {
		return // Nothing waits for it.
	}
	for name, at := range map[string]time.Time{"published": served.Since(), "since": status.Since, "announced": status.AnnouncedAt, "turned": status.TurnedAt, "gone": status.TXTGoneAt} {
		if at.After(m.now) {
			m.t.Errorf("%s: %s at %s, and it is %s: %+v", domain, name, at, m.now, status)
		}
	}
}

// loseAll is a disk that is not mounted: nothing retires for that.
func (m *model) loseAll() {
	before := make(map[string]publication.Published)
	for _, domain := range modelDomains {
		m.remove(domain)
		if served, is := m.served(domain); is && !served.Retiring {
			before[domain] = served
		}
	}
	brake, err := m.state.Snapshot().Brake(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	if len(before) < 2 || brake.Released(m.now.Add(m.ahead)) {
		return
	}
	m.state.InterruptNth(1<<30, nil)
	for _, domain := range modelDomains {
		m.bringOn(domain)
		m.watch(domain)
		if served, is := m.served(domain); before[domain].Body != "" && (!is || served.Retiring) {
			m.t.Fatalf("%s retires with all others: %+v", domain, served)
		}
	}
}

// bringOn may fail: then it comes again, or the walk finds it.
func (m *model) bringOn(domain string) {
	_, err := m.publisher.Bring(m.t.Context(), domain)
	m.disturbed = m.disturbed || err != nil
	m.sound[domain] = !m.disturbed
}

// someHost answers for all domains what it should not, or is ours.
func (m *model) someHost() func(string) ([]byte, error) {
	switch m.random.IntN(4) {
	case 0:
		return func(string) ([]byte, error) { return nil, errors.New("no route to host") }
	case 1:
		return func(string) ([]byte, error) { return []byte("<html>"), nil }
	default:
		return nil
	}
}

func (m *model) report(domain string) {
	evidence := publication.SignerEvidence{Signer: "sender.example", LastReport: m.now}
	if m.random.IntN(3) == 0 {
		evidence.LastFailure = m.now
	}
	_ = m.state.AddEvidence(m.t.Context(), domain, evidence)
}

// failSomewhere makes a call fail that is to come, done or not. Sometimes
// another process does all its work just before that.
func (m *model) failSomewhere() {
	written, nth := m.random.IntN(2) == 0, 1+m.random.IntN(8)
	switch m.random.IntN(6) {
	case 0:
		m.items.FailNth(storetest.OpAny, nth, written)
	case 1:
		m.dns.FailNth(storetest.OpAny, nth, written)
	case 2:
		m.queue.FailNth(storetest.OpAny, 1, written)
	default:
		m.state.FailNth(storetest.OpAny, nth, written)
	}
}

// interruptSomewhere has another process do its work between two steps of the
// next one. Both live less long than the edge keeps what it has.
func (m *model) interruptSomewhere() {
	domain := modelDomains[m.random.IntN(len(modelDomains))]
	m.state.InterruptNth(1+m.random.IntN(25), func() {
		m.watch(domain)
		switch m.random.IntN(4) {
		case 0:
			_, err := m.rotator.Advance(m.t.Context(), domain)
			m.disturbed = m.disturbed || err != nil
			m.sound[domain] = m.sound[domain] && err == nil
		case 1:
			m.remove(domain)
			m.bringOn(domain)
		default:
			m.editAtRandom(domain)
			m.bringOn(domain)
		}
		m.watch(domain)
	})
}

func (m *model) calm() {
	m.strange = nil
	m.state.InterruptNth(1<<30, nil)
	for _, f := range []*storetest.Failures{&m.items.Failures, &m.dns.Failures, &m.queue.Failures, &m.state.Failures} {
		f.FailNth(storetest.OpAny, 1<<30, false)
	}
}

// deliver takes a message, which may be early by no means, but late, and may
// come again.
func (m *model) deliver() {
	next, is := m.queue.next()
	if !is {
		return
	}
	if next.due.After(m.now) {
		m.now = next.due
	}
	again, err := m.rotator.Advance(m.t.Context(), next.domain)
	m.sound[next.domain] = m.sound[next.domain] && err == nil && !m.disturbed
	switch {
	case err != nil || m.random.IntN(8) == 0:
		m.queue.add(next.domain, m.now, next.tries)
	case again > 0:
		m.queue.add(next.domain, m.now.Add(again), next.tries+1)
	}
}

// handOfOwner sets the records that are kept by hand, some time after they are
// asked for.
func (m *model) handOfOwner() {
	status := m.status("manual.example")
	asked := status.State == publication.StateLive || status.State == publication.StateRetiring && status.LiveID == status.ID
	if m.random.IntN(4) > 0 || !asked {
		return
	}
	m.handSets(status)
}

func (m *model) handSets(status publication.Status) {
	name := mtasts.RecordName("manual.example")
	if status.TXTWanted == "" || status.State == publication.StateRetiring && !status.ExposureUntil.After(m.now) {
		delete(m.dns.txt, name)
		return
	}
	m.dns.txt[name] = []string{status.TXTWanted}
}

// takeAway ends all domains. Their owners take their time.
func (m *model) takeAway() {
	m.loseAll()
	if err := publication.Release(m.t.Context(), m.state, m.now); err != nil {
		m.t.Fatal(err)
	}
	m.walkAll()
	m.laws()
	for range 60 {
		m.now = m.now.Add(time.Duration(1+m.random.IntN(60)) * time.Hour)
		if _, err := m.walk.All(m.t.Context()); err != nil {
			m.t.Fatal(err)
		}
		m.laws()
		for range 2 * len(modelDomains) {
			m.deliver()
		}
		m.handOfOwner()
		m.laws()
	}
}

// laws holds at any moment.
func (m *model) laws() {
	m.t.Helper()
	for _, domain := range modelDomains {
		m.watch(domain)
		m.wantCheckedBodies(domain)
		m.wantHistory(domain)
		if m.sound[domain] {
			m.wantTruth(domain)
		}
	}
	m.wantNoIDAhead()
}

// wantTruth: what is noted of a domain is so, and the copy is what is served.
func (m *model) wantTruth(domain string) {
	m.t.Helper()
	item, found, err := m.items.Snapshot().Item(m.t.Context(), domain)
	if err != nil {
		m.t.Fatal(err)
	}
	digest := ""
	if found {
		sum := sha256.Sum256(append([]byte{0}, item.Text...))
		digest = hex.EncodeToString(sum[:])
	}
	served, is := m.served(domain)
	status := m.status(domain)
	copied, hasCopy, err := m.state.Snapshot().Copy(m.t.Context(), mtasts.PolicyHost(domain))
	switch {
	case err != nil || hasCopy != is || string(copied) != served.Body:
		m.t.Fatalf("%s: the copy is %q, %v; served is %q", domain, copied, err, served.Body)
	case !found && !is && status.State != "" && status.State != publication.StateRetired:
		m.t.Fatalf("%s has neither item nor policy: %+v", domain, status)
	case (found || is) && status.Item != digest:
		m.t.Fatalf("%s: the item is %s, %v; status %+v", domain, item.Text, found, status)
	case is && (status.ID != served.ID || status.ServedRevision != served.Revision):
		m.t.Fatalf("%s: served is %+v; status %+v", domain, served, status)
	}
}

// watch notes what is published. Between two looks at most one thing is.
func (m *model) watch(domain string) {
	served, is := m.served(domain)
	seen := m.publications[domain]
	if !is {
		served = publication.Published{Domain: domain, Revision: served.Revision, PublishedAt: m.now}
	}
	if len(seen) > 0 && served.Revision < seen[len(seen)-1].Revision {
		m.t.Fatalf("%s: revision %d after %d", domain, served.Revision, seen[len(seen)-1].Revision)
	}
	if len(seen) == 0 || served.Revision > seen[len(seen)-1].Revision {
		m.publications[domain] = append(seen, served)
		if len(seen) == 0 || seen[len(seen)-1].ID != served.ID {
			m.publishedAt[domain+" "+served.ID] = m.now
		}
		if len(seen) > 0 && !is {
			m.wantForgotten(domain, seen)
		}
	}
	if !m.wrongClock {
		m.senders.watch(domain)
	}
}

// wantForgotten: a policy is withdrawn only once no sender holds one that makes
// demands, and no cache its record.
func (m *model) wantForgotten(domain string, seen []publication.Published) {
	m.t.Helper()
	if m.wrongClock {
		m.abandoned[domain] = true
		return // It did not know how much time had passed.
	}
	last := seen[len(seen)-1]
	if !last.Retiring {
		m.t.Fatalf("%s: %+v was withdrawn, and never retired", domain, last)
	}
	m.senders.wantForgotten(domain, last)
	for i, p := range seen[:len(seen)-1] {
		if held := seen[i+1].PublishedAt.Add(time.Duration(p.MaxAge) * time.Second); p.Mode != mtasts.ModeNone && held.After(m.now) && p.Body != "" {
			m.t.Fatalf("%s: withdrawn at %s, and held until %s: %+v", domain, m.now, held, p)
		}
	}
	if m.now.Sub(last.PublishedAt) > 30*24*time.Hour {
		m.abandoned[domain] = true
		return // Whoever stands in the way of its end had the time.
	}
	if record := m.recordOf(domain); record != "" && record != "foreign" {
		m.t.Fatalf("%s: withdrawn while the DNS announces %s", domain, record)
	}
	if gone := m.dns.gone[canonicalName(mtasts.RecordName(domain))]; m.now.Sub(gone) < 5*time.Minute {
		m.t.Fatalf("%s: withdrawn at %s, its record was removed at %s", domain, m.now, gone)
	}
}

// wantCheckedBodies: no id stands for two, and enforce comes after testing, unless
// somebody said that it need not.
func (m *model) wantCheckedBodies(domain string) {
	m.t.Helper()
	seen := m.publications[domain]
	last := seen[len(seen)-1]
	if last.Body == "" {
		return
	}
	if last.ID != mtasts.ID([]byte(last.Body)) {
		m.t.Fatalf("%s: the id %s does not go with %q", domain, last.ID, last.Body)
	}
	for i, before := range seen[:len(seen)-1] {
		if before.ID == last.ID && seen[i+1].ID != last.ID {
			m.t.Fatalf("%s: the id %s comes back: %+v", domain, last.ID, seen)
		}
	}
	if last.Mode != mtasts.ModeEnforce || last.Override != nil || m.wrongClock {
		return
	}
	var since time.Time
	for _, before := range slices.Backward(seen[:len(seen)-1]) {
		switch {
		case before.Mode == mtasts.ModeEnforce:
			return
		case before.Mode == mtasts.ModeTesting:
			since = before.PublishedAt
		}
		if before.Mode != mtasts.ModeTesting && !before.Retiring {
			break
		}
	}
	if since.IsZero() || last.PublishedAt.Sub(since) < 7*24*time.Hour {
		m.t.Fatalf("%s: %+v is enforced after %v of testing: %+v", domain, last, last.PublishedAt.Sub(since), seen)
	}
}

// wantHistory: everything but the newest publication is in history.
func (m *model) wantHistory(domain string) {
	m.t.Helper()
	entries, err := m.state.Snapshot().History(m.t.Context(), domain)
	if err != nil {
		m.t.Fatal(err)
	}
	seen := m.publications[domain]
	for i, p := range seen {
		kept := slices.ContainsFunc(entries, func(e publication.Published) bool { return e.Body == p.Body && e.PublishedAt.Equal(p.PublishedAt) })
		if !kept && p.Body != "" && i < len(seen)-1 {
			m.t.Fatalf("%s: %+v is not in its history %+v", domain, p, entries)
		}
	}
}

// wantNoIDAhead: at the time when an id is written, no edge may hold a body from
// before the one that the id stands for, nor may the copy.
func (m *model) wantNoIDAhead() {
	m.t.Helper()
	for _, put := range m.dns.puts {
		record, err := mtasts.ParseRecord(put.value)
		if err != nil {
			m.t.Fatalf("%s: %q was written: %v", put.domain, put.value, err)
		}
		published := m.publishedAt[put.domain+" "+record.ID]
		if published.IsZero() || put.at.Sub(published) < edge {
			m.t.Fatalf("%s: the id %s was written at %s, and published at %s", put.domain, record.ID, put.at, published)
		}
		if slices.Contains(put.before, "v=STSv1; id=foreign;") && !slices.ContainsFunc(m.publications[put.domain], func(p publication.Published) bool { return p.Override != nil }) {
			m.t.Fatalf("%s: %q was written over %q", put.domain, put.value, put.before)
		}
		if put.copy != "" && mtasts.ID([]byte(put.copy)) != record.ID {
			m.t.Fatalf("%s: the id %s was written while the copy was %q", put.domain, record.ID, put.copy)
		}
	}
	m.dns.puts = nil
}

// ends is where every domain has come once nothing goes wrong.
func (m *model) ends() {
	m.t.Helper()
	for _, domain := range modelDomains {
		status := m.status(domain)
		served, is := m.served(domain)
		_, found, err := m.items.Item(m.t.Context(), domain)
		if err != nil {
			m.t.Fatal(err)
		}
		switch status.State {
		case "":
			if found || is {
				m.t.Errorf("%s has no status", domain)
			}
		case publication.StateActive, publication.StateRefused:
			if !found && len(status.Problems) == 0 {
				m.t.Errorf("%s has no item, and its status is %+v", domain, status)
			}
		case publication.StateRetiring, publication.StateRetired:
			if found {
				m.t.Errorf("%s has an item, and its status is %+v", domain, status)
			}
		default:
			m.t.Errorf("%s: %+v", domain, status)
		}
		copied, hasCopy, err := m.state.Copy(m.t.Context(), mtasts.PolicyHost(domain))
		if err != nil || hasCopy != is || string(copied) != served.Body {
			m.t.Errorf("%s: the copy is %q; want %q", domain, copied, served.Body)
		}
		if record := m.recordOf(domain); is && record != served.ID && status.TXTWanted != "" && !status.TXTForeign && (record != "foreign" || !served.Retiring) {
			m.t.Errorf("%s: the DNS announces %q; %+v", domain, record, status)
		}
		if status.State == publication.StateRetired && !m.abandoned[domain] && (is || m.recordOf(domain) != "" && m.recordOf(domain) != "foreign") {
			m.t.Errorf("%s is retired, and the DNS announces %q", domain, m.recordOf(domain))
		}
	}
}
