package storetest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"sealpost/internal/publication"
)

// State is all that is kept of a publication.
type State interface {
	publication.PublishedStore
	publication.StatusStore
	publication.Directory
}

// MemoryState is a [State] that is strict, and fails when it is told to. An
// empty one is ready for use.
type MemoryState struct {
	Failures

	lock      sync.Mutex
	published map[string]publication.Published
	statuses  map[string]publication.Status
}

var _ State = (*MemoryState)(nil)

// Published implements publication.PublishedStore.
func (m *MemoryState) Published(ctx context.Context, domain string) (publication.Published, bool, error) {
	if err := m.read(ctx, OpPublished, domain); err != nil {
		return publication.Published{}, false, err
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	p, is := m.published[domain]
	return clonePublished(p), is, nil
}

// Publish implements publication.PublishedStore.
func (m *MemoryState) Publish(ctx context.Context, p publication.Published) error {
	return m.write(ctx, OpPublish, p.Domain, func() {
		if m.published == nil {
			m.published = make(map[string]publication.Published)
		}
		m.published[p.Domain] = clonePublished(p)
	})
}

// Withdraw implements publication.PublishedStore.
func (m *MemoryState) Withdraw(ctx context.Context, domain string) error {
	return m.write(ctx, OpWithdraw, domain, func() { delete(m.published, domain) })
}

// Status implements publication.StatusStore.
func (m *MemoryState) Status(ctx context.Context, domain string) (publication.Status, bool, error) {
	if err := m.read(ctx, OpStatus, domain); err != nil {
		return publication.Status{}, false, err
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	s, is := m.statuses[domain]
	return cloneStatus(s), is, nil
}

// SetStatus implements publication.StatusStore.
func (m *MemoryState) SetStatus(ctx context.Context, s publication.Status) error {
	return m.write(ctx, OpSetStatus, s.Domain, func() {
		if m.statuses == nil {
			m.statuses = make(map[string]publication.Status)
		}
		m.statuses[s.Domain] = cloneStatus(s)
	})
}

// AllPublished implements publication.Directory. The order is another each
// time, so that nobody comes to rely on it.
func (m *MemoryState) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
	return func(yield func(publication.Published, error) bool) {
		work, failure := m.meet(OpAllPublished)
		if work {
			for _, p := range m.allPublished() {
				if !yield(p, nil) {
					return
				}
			}
		}
		if failure == nil {
			failure = ctx.Err()
		}
		if failure != nil {
			yield(publication.Published{}, fmt.Errorf("list what is published: %w", failure))
		}
	}
}

func (m *MemoryState) allPublished() []publication.Published {
	m.lock.Lock()
	defer m.lock.Unlock()
	all := make([]publication.Published, 0, len(m.published))
	for _, p := range m.published {
		all = append(all, clonePublished(p))
	}
	return all
}

func (m *MemoryState) read(ctx context.Context, op Op, domain string) error {
	if err := checkDomain(ctx, domain); err != nil {
		return err
	}
	if _, failure := m.meet(op); failure != nil {
		return fmt.Errorf("%s %s: %w", op, domain, failure)
	}
	return nil
}

func (m *MemoryState) write(ctx context.Context, op Op, domain string, change func()) error {
	if err := checkDomain(ctx, domain); err != nil {
		return err
	}
	work, failure := m.meet(op)
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
	return p
}

func cloneStatus(s publication.Status) publication.Status {
	s.Problems = slices.Clone(s.Problems)
	return s
}
