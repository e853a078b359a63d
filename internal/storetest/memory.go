package storetest

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"strings"
	"sync"

	"sealpost/internal/weekly"
)

// Memory is a RemovableBucket and a weekly.Shelf that is strict, and fails when it
// is told to. An empty one is ready for use.
type Memory struct {
	Failures

	lock    sync.Mutex
	objects map[string][]byte
}

var (
	_ RemovableBucket = (*Memory)(nil)
	_ weekly.Shelf    = (*Memory)(nil)
)

// Create implements archive.Bucket.
func (m *Memory) Create(ctx context.Context, key string, value []byte) (bool, error) {
	if err := check(ctx, key); err != nil {
		return false, err
	}
	work, failure := m.Meet(OpCreate)
	created := work && m.create(key, value)
	if failure != nil {
		return false, fmt.Errorf("create %s: %w", key, failure)
	}
	return created, nil
}

func (m *Memory) create(key string, value []byte) bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	if _, exists := m.objects[key]; exists {
		return false
	}
	put(&m.objects, key, bytes.Clone(value))
	return true
}

// Put implements weekly.Shelf.
func (m *Memory) Put(ctx context.Context, key string, value []byte) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	work, failure := m.Meet(OpPut)
	if work {
		m.lock.Lock()
		put(&m.objects, key, bytes.Clone(value))
		m.lock.Unlock()
	}
	if failure != nil {
		return fmt.Errorf("put %s: %w", key, failure)
	}
	return nil
}

// Get implements archive.Bucket.
func (m *Memory) Get(ctx context.Context, key string) ([]byte, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	if _, failure := m.Meet(OpGet); failure != nil {
		return nil, fmt.Errorf("get %s: %w", key, failure)
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	value, exists := m.objects[key]
	if !exists {
		return nil, fmt.Errorf("get %s: %w", key, fs.ErrNotExist)
	}
	return bytes.Clone(value), nil
}

// List implements archive.Bucket. The order is another each time, so that
// nobody comes to rely on it.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		work, failure := m.Meet(OpList)
		if work {
			for _, key := range m.keys(prefix) {
				if err := ctx.Err(); err != nil {
					yield("", err)
					return
				}
				if !yield(key, nil) {
					return
				}
			}
		}
		if failure != nil {
			yield("", fmt.Errorf("list %s: %w", prefix, failure))
		}
	}
}

// Remove implements replay.Remover.
func (m *Memory) Remove(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	work, failure := m.Meet(OpRemove)
	if work {
		m.lock.Lock()
		delete(m.objects, key)
		m.lock.Unlock()
	}
	if failure != nil {
		return fmt.Errorf("remove %s: %w", key, failure)
	}
	return nil
}

func (m *Memory) keys(prefix string) []string {
	m.lock.Lock()
	defer m.lock.Unlock()
	var keys []string
	for key := range m.objects {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// check refuses a call that no driver can carry out: every key must do as the
// name of a file too.
func check(ctx context.Context, key string) error {
	if _, err := filepath.Localize(key); err != nil || key == "." {
		return fmt.Errorf("%q cannot be a key", key)
	}
	return ctx.Err()
}
