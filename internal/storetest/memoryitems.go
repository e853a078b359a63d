package storetest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"sealpost/internal/publication"
)

// MemoryItems is a publication.Items that is strict, and fails when it is told
// to. Tests edit it; an empty one is ready for use.
type MemoryItems struct {
	Failures

	lock  sync.Mutex
	items map[string]publication.Item
}

var _ publication.Items = (*MemoryItems)(nil)

// Snapshot gives others that are the same as of now, and have no failure ahead.
func (m *MemoryItems) Snapshot() *MemoryItems {
	m.lock.Lock()
	defer m.lock.Unlock()
	return &MemoryItems{items: maps.Clone(m.items)}
}

// Put makes the item of a domain what it is from now on.
func (m *MemoryItems) Put(domain string, item publication.Item) {
	m.lock.Lock()
	defer m.lock.Unlock()
	put(&m.items, domain, cloneItem(item))
}

// Restore makes all items those of a snapshot: a folder in the place of another.
func (m *MemoryItems) Restore(snapshot *MemoryItems) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.items = maps.Clone(snapshot.items)
}

// Remove removes the item of a domain; no matter if there is none.
func (m *MemoryItems) Remove(domain string) {
	m.lock.Lock()
	defer m.lock.Unlock()
	delete(m.items, domain)
}

// Item implements publication.Items.
func (m *MemoryItems) Item(ctx context.Context, domain string) (publication.Item, bool, error) {
	if err := checkDomain(ctx, domain); err != nil {
		return publication.Item{}, false, err
	}
	if _, failure := m.Meet(OpItem); failure != nil {
		return publication.Item{}, false, fmt.Errorf("%s %s: %w", OpItem, domain, failure)
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	item, is := m.items[domain]
	return cloneItem(item), is, nil
}

// Domains implements publication.Items. The order is another each time, so that
// nobody comes to rely on it.
func (m *MemoryItems) Domains(ctx context.Context) iter.Seq2[string, error] {
	return list(ctx, &m.Failures, OpDomains, func() []string {
		m.lock.Lock()
		defer m.lock.Unlock()
		return slices.Collect(maps.Keys(m.items))
	})
}

func cloneItem(item publication.Item) publication.Item {
	item.Text = slices.Clone(item.Text)
	return item
}
