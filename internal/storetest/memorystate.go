package storetest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"sealpost/internal/publication"
	"sealpost/internal/told"
)

// State is what is served of each domain, and how each item fares.
type State interface {
	publication.PublishedStore
	publication.Directory
	publication.StatusStore
	publication.Statuses
}

// MemoryState is every store but those of objects and items that is strict, and
// fails when it is told to. An empty one is ready for use.
type MemoryState struct {
	Failures

	lock sync.Mutex
	kept kept
}

// kept is what a MemoryState keeps, by domain and for copies by host.
type kept struct {
	published map[string]publication.Published // Of a domain that was withdrawn, the revision alone.
	statuses  map[string]publication.Status
	history   map[string]map[string]publication.Published // By publication.Published.HistoryName too.
	copies    map[string][]byte
	evidence  map[string]publication.Evidence
	brake     publication.Brake

	deliveries map[string]told.Delivery // By told.DeliveryName.
	days       map[string]told.Day
}

var (
	_ State                     = (*MemoryState)(nil)
	_ publication.HistoryStore  = (*MemoryState)(nil)
	_ publication.CopyStore     = (*MemoryState)(nil)
	_ publication.EvidenceStore = (*MemoryState)(nil)
	_ publication.BrakeStore    = (*MemoryState)(nil)
	_ told.DeliveryStore        = (*MemoryState)(nil)
	_ told.DayStore             = (*MemoryState)(nil)
)

// Snapshot gives another state that keeps the same as of now. It has no failure
// ahead, so a test can look at it between two calls without using one up.
func (m *MemoryState) Snapshot() *MemoryState {
	m.lock.Lock()
	defer m.lock.Unlock()
	history := make(map[string]map[string]publication.Published)
	for domain, ofDomain := range m.kept.history {
		history[domain] = maps.Clone(ofDomain)
	}
	return &MemoryState{kept: kept{ // What the maps hold is never changed, only replaced.
		published: maps.Clone(m.kept.published),
		statuses:  maps.Clone(m.kept.statuses),
		history:   history,
		copies:    maps.Clone(m.kept.copies),
		evidence:  maps.Clone(m.kept.evidence),
		brake:     m.kept.brake,

		deliveries: maps.Clone(m.kept.deliveries),
		days:       maps.Clone(m.kept.days),
	}}
}

// Published implements publication.PublishedStore.
func (m *MemoryState) Published(ctx context.Context, domain string) (p publication.Published, is bool, err error) {
	err = m.read(ctx, OpPublished, domain, func() {
		p = clonePublished(m.kept.published[domain])
		is = p.Domain != ""
	})
	return p, is, err
}

// Publish implements publication.PublishedStore.
func (m *MemoryState) Publish(ctx context.Context, p publication.Published) (done bool, err error) {
	return m.replacePublished(ctx, OpPublish, p.Domain, p)
}

// Withdraw implements publication.PublishedStore.
func (m *MemoryState) Withdraw(ctx context.Context, domain string, revision int) (done bool, err error) {
	return m.replacePublished(ctx, OpWithdraw, domain, publication.Published{Revision: revision})
}

func (m *MemoryState) replacePublished(ctx context.Context, op Op, domain string, p publication.Published) (bool, error) {
	return m.replace(ctx, op, domain, func() bool {
		if p.Revision < 1 || m.kept.published[domain].Revision != p.Revision-1 {
			return false
		}
		put(&m.kept.published, domain, clonePublished(p))
		return true
	})
}

// AllPublished implements publication.Directory. The order is another each
// time, so that nobody comes to rely on it.
func (m *MemoryState) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
	return list(ctx, &m.Failures, OpAllPublished, func() []publication.Published {
		m.lock.Lock()
		defer m.lock.Unlock()
		var all []publication.Published
		for _, p := range m.kept.published {
			if p.Domain != "" {
				all = append(all, clonePublished(p))
			}
		}
		return all
	})
}

// Status implements publication.StatusStore.
func (m *MemoryState) Status(ctx context.Context, domain string) (s publication.Status, is bool, err error) {
	err = m.read(ctx, OpStatus, domain, func() {
		s, is = m.kept.statuses[domain]
		s = cloneStatus(s)
	})
	return s, is, err
}

// SetStatus implements publication.StatusStore.
func (m *MemoryState) SetStatus(ctx context.Context, s publication.Status) (done bool, err error) {
	return m.replace(ctx, OpSetStatus, s.Domain, func() bool {
		if s.Revision < 1 || m.kept.statuses[s.Domain].Revision != s.Revision-1 {
			return false
		}
		put(&m.kept.statuses, s.Domain, cloneStatus(s))
		return true
	})
}

// AllStatuses implements publication.Statuses, in the order of nobody either.
func (m *MemoryState) AllStatuses(ctx context.Context) iter.Seq2[publication.Status, error] {
	return list(ctx, &m.Failures, OpAllStatuses, func() []publication.Status {
		m.lock.Lock()
		defer m.lock.Unlock()
		var all []publication.Status
		for _, s := range m.kept.statuses {
			all = append(all, cloneStatus(s))
		}
		return all
	})
}

// AddHistory implements publication.HistoryStore. It keeps everything for ever.
func (m *MemoryState) AddHistory(ctx context.Context, p publication.Published, _ time.Time) error {
	return m.write(ctx, OpAddHistory, p.Domain, func() {
		ofDomain := m.kept.history[p.Domain]
		put(&ofDomain, p.HistoryName(), clonePublished(p))
		put(&m.kept.history, p.Domain, ofDomain)
	})
}

// History implements publication.HistoryStore.
func (m *MemoryState) History(ctx context.Context, domain string) (history []publication.Published, err error) {
	err = m.read(ctx, OpHistory, domain, func() {
		ofDomain := m.kept.history[domain]
		for _, name := range slices.Sorted(maps.Keys(ofDomain)) {
			history = append(history, clonePublished(ofDomain[name]))
		}
	})
	return history, err
}

// Copy implements publication.CopyStore.
func (m *MemoryState) Copy(ctx context.Context, host string) (body []byte, is bool, err error) {
	err = m.read(ctx, OpCopy, host, func() {
		body, is = m.kept.copies[host]
		body = slices.Clone(body)
	})
	return body, is, err
}

// PutCopy implements publication.CopyStore.
func (m *MemoryState) PutCopy(ctx context.Context, host string, body []byte) error {
	return m.write(ctx, OpPutCopy, host, func() { put(&m.kept.copies, host, slices.Clone(body)) })
}

// RemoveCopy implements publication.CopyStore.
func (m *MemoryState) RemoveCopy(ctx context.Context, host string) error {
	return m.write(ctx, OpRemoveCopy, host, func() { delete(m.kept.copies, host) })
}

// Evidence implements publication.EvidenceStore.
func (m *MemoryState) Evidence(ctx context.Context, domain string) (e publication.Evidence, err error) {
	err = m.read(ctx, OpEvidence, domain, func() {
		e = m.kept.evidence[domain]
		e.Domain, e.Signers = domain, slices.Clone(e.Signers)
	})
	return e, err
}

// AddEvidence implements publication.EvidenceStore.
func (m *MemoryState) AddEvidence(ctx context.Context, domain string, more publication.SignerEvidence) error {
	return m.write(ctx, OpAddEvidence, domain, func() {
		put(&m.kept.evidence, domain, m.kept.evidence[domain].With(more))
	})
}

// theBrake stands for a domain where the brake is read and written.
const theBrake = "the brake"

// Brake implements publication.BrakeStore.
func (m *MemoryState) Brake(ctx context.Context) (b publication.Brake, err error) {
	err = m.read(ctx, OpBrake, theBrake, func() { b = cloneBrake(m.kept.brake) })
	return b, err
}

// SetBrake implements publication.BrakeStore.
func (m *MemoryState) SetBrake(ctx context.Context, b publication.Brake) (done bool, err error) {
	return m.replace(ctx, OpSetBrake, theBrake, func() bool {
		if b.Revision < 1 || m.kept.brake.Revision != b.Revision-1 {
			return false
		}
		m.kept.brake = cloneBrake(b)
		return true
	})
}

// Delivery implements told.DeliveryStore.
func (m *MemoryState) Delivery(ctx context.Context, week, audience string) (d told.Delivery, err error) {
	name, err := told.DeliveryName(week, audience)
	if err != nil {
		return told.Delivery{}, err
	}
	err = m.read(ctx, OpDelivery, name, func() { d = m.kept.deliveries[name] })
	return d, err
}

// SetDelivery implements told.DeliveryStore. It forgets none.
func (m *MemoryState) SetDelivery(ctx context.Context, d told.Delivery) (done bool, err error) {
	name, err := told.DeliveryName(d.Week, d.Audience)
	if err != nil {
		return false, err
	}
	return m.replace(ctx, OpSetDelivery, name, func() bool {
		if d.Revision < 1 || m.kept.deliveries[name].Revision != d.Revision-1 {
			return false
		}
		put(&m.kept.deliveries, name, d)
		return true
	})
}

// Day implements told.DayStore.
func (m *MemoryState) Day(ctx context.Context, domain string) (d told.Day, err error) {
	err = m.read(ctx, OpDay, domain, func() {
		d = m.kept.days[domain]
		d.Domain, d.Causes = domain, maps.Clone(d.Causes)
	})
	return d, err
}

// SetDay implements told.DayStore.
func (m *MemoryState) SetDay(ctx context.Context, d told.Day) (done bool, err error) {
	return m.replace(ctx, OpSetDay, d.Domain, func() bool {
		if d.Revision < 1 || m.kept.days[d.Domain].Revision != d.Revision-1 {
			return false
		}
		d.Causes = maps.Clone(d.Causes)
		put(&m.kept.days, d.Domain, d)
		return true
	})
}

func (m *MemoryState) read(ctx context.Context, op Op, domain string, look func()) error {
	if err := checkDomain(ctx, domain); err != nil {
		return err
	}
	if _, failure := m.Meet(op); failure != nil {
		return fmt.Errorf("%s %s: %w", op, domain, failure)
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	look()
	return nil
}

func (m *MemoryState) write(ctx context.Context, op Op, domain string, change func()) error {
	if err := checkDomain(ctx, domain); err != nil {
		return err
	}
	work, failure := m.Meet(op)
	if work {
		m.lock.Lock()
		change()
		m.lock.Unlock()
	}
	if failure != nil {
		return fmt.Errorf("%s %s: %w", op, domain, failure)
	}
	return nil
}

// replace is a write that says whether it was done.
func (m *MemoryState) replace(ctx context.Context, op Op, domain string, change func() bool) (done bool, err error) {
	err = m.write(ctx, op, domain, func() { done = change() })
	return done && err == nil, err
}

// list gives what is there when it begins.
func list[T any](ctx context.Context, failures *Failures, op Op, there func() []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		work, failure := failures.Meet(op)
		if work && ctx.Err() == nil {
			for _, value := range there() {
				if !yield(value, nil) {
					return
				}
			}
		}
		if failure == nil {
			failure = ctx.Err()
		}
		if failure != nil {
			var none T
			yield(none, fmt.Errorf("%s: %w", op, failure))
		}
	}
}

func put[T any](values *map[string]T, key string, value T) {
	if *values == nil {
		*values = make(map[string]T)
	}
	(*values)[key] = value
}

// checkDomain refuses what no driver can keep: a domain must do as one part of
// a key.
func checkDomain(ctx context.Context, domain string) error {
	if strings.Contains(domain, "/") {
		return fmt.Errorf("%q cannot be a domain", domain)
	}
	return check(ctx, domain)
}

func clonePublished(p publication.Published) publication.Published {
	p.MX = slices.Clone(p.MX)
	if p.Override != nil {
		override := *p.Override
		override.Rules = slices.Clone(override.Rules)
		p.Override = &override
	}
	return p
}

func cloneStatus(s publication.Status) publication.Status {
	s.Problems = slices.Clone(s.Problems)
	return s
}

func cloneBrake(b publication.Brake) publication.Brake {
	b.Changed = maps.Clone(b.Changed)
	return b
}
