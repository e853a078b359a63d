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

// MemoryState is a [State] with history and copies that is strict, and fails
// when it is told to. An empty one is ready for use.
type MemoryState struct {
	Failures

	lock      sync.Mutex
	published map[string]publication.Published // Of a domain that was withdrawn, the sequence alone.
	statuses  map[string]publication.Status
	history   map[string][]publication.Published
	copies    map[string]string
}

var (
	_ State                    = (*MemoryState)(nil)
	_ publication.HistoryStore = (*MemoryState)(nil)
	_ publication.CopyStore    = (*MemoryState)(nil)
)

// Published implements publication.PublishedStore.
func (m *MemoryState) Published(ctx context.Context, domain string) (publication.Published, bool, error) {
	if err := m.read(ctx, OpPublished, domain); err != nil {
		return publication.Published{}, false, err
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	p := m.published[domain]
	return clonePublished(p), p.Domain != "", nil
}

// Publish implements publication.PublishedStore.
func (m *MemoryState) Publish(ctx context.Context, p publication.Published) (latest bool, err error) {
	return m.replace(ctx, OpPublish, p.Domain, clonePublished(p))
}

// Withdraw implements publication.PublishedStore.
func (m *MemoryState) Withdraw(ctx context.Context, domain string, sequence publication.Sequence) (latest bool, err error) {
	return m.replace(ctx, OpWithdraw, domain, publication.Published{Sequence: sequence})
}

func (m *MemoryState) replace(ctx context.Context, op Op, domain string, p publication.Published) (latest bool, err error) {
	err = m.write(ctx, op, domain, func() {
		if latest = m.published[domain].Sequence <= p.Sequence; !latest {
			return
		}
		if m.published == nil {
			m.published = make(map[string]publication.Published)
		}
		m.published[domain] = p
	})
	return latest && err == nil, err
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
		if p.Domain != "" {
			all = append(all, clonePublished(p))
		}
	}
	return all
}

// AddHistory implements publication.HistoryStore.
func (m *MemoryState) AddHistory(ctx context.Context, p publication.Published) error {
	return m.write(ctx, OpAddHistory, p.Domain, func() {
		if m.history == nil {
			m.history = make(map[string][]publication.Published)
		}
		same := func(o publication.Published) bool { return o.PublishedAt.Equal(p.PublishedAt) }
		kept := slices.DeleteFunc(m.history[p.Domain], same)
		m.history[p.Domain] = append(kept, clonePublished(p))
	})
}

// History gives what was kept for a domain, the oldest first.
func (m *MemoryState) History(domain string) []publication.Published {
	m.lock.Lock()
	defer m.lock.Unlock()
	history := slices.Clone(m.history[domain])
	slices.SortFunc(history, func(a, b publication.Published) int { return a.PublishedAt.Compare(b.PublishedAt) })
	return history
}

// PutCopy implements publication.CopyStore.
func (m *MemoryState) PutCopy(ctx context.Context, host string, body []byte) error {
	return m.write(ctx, OpPutCopy, host, func() {
		if m.copies == nil {
			m.copies = make(map[string]string)
		}
		m.copies[host] = string(body)
	})
}

// RemoveCopy implements publication.CopyStore.
func (m *MemoryState) RemoveCopy(ctx context.Context, host string) error {
	return m.write(ctx, OpRemoveCopy, host, func() { delete(m.copies, host) })
}

// Copy gives the copy of a host; false where there is none.
func (m *MemoryState) Copy(host string) (string, bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	body, is := m.copies[host]
	return body, is
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
