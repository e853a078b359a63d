package localdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Items is the folder of the policies that people edit, a file
// <domain>.json for each.
type Items struct {
	Root string
}

const (
	itemsFolder = "policies"
	itemSuffix  = ".json"
)

// Folder is where the items lie.
func (i Items) Folder() string { return filepath.Join(i.Root, itemsFolder) }

// Path is where the item of a domain lies.
func (i Items) Path(domain string) string {
	return filepath.Join(i.Folder(), domain+itemSuffix)
}

// Change is what has become of an item. Domain is its file's name as people
// wrote it, and need not be a domain at all.
type Change struct {
	Domain string
	Item   []byte
	Gone   bool  // There is no item any more.
	Err    error // The item cannot be read.
}

// Changes compares the folder with how it was found the last time.
//
// It looks instead of being told: editors replace files in many ways, network
// folders tell nobody, and a look at a thousand files takes milliseconds.
type Changes struct {
	items Items
	known map[string]stamp
}

type stamp struct {
	modified time.Time
	size     int64
	mode     fs.FileMode
}

// Changes begins with nothing known, so the first look finds every item.
// Domains that were known before, from an earlier run, may be named: where
// their items are gone, the first look says so.
func (i Items) Changes(before ...string) *Changes {
	c := &Changes{items: i, known: make(map[string]stamp)}
	for _, domain := range before {
		c.known[domain] = stamp{}
	}
	return c
}

// Look gives what has changed since the last look. Each change counts as seen
// once each has returned without error.
func (c *Changes) Look(ctx context.Context, each func(Change) error) error {
	entries, err := os.ReadDir(c.items.Folder())
	if err != nil {
		return err
	}
	found := make(map[string]bool, len(entries))
	for _, entry := range entries {
		domain, isItem := strings.CutSuffix(entry.Name(), itemSuffix)
		if !isItem || strings.HasPrefix(domain, ".") || ctx.Err() != nil {
			continue
		}
		info, err := os.Stat(filepath.Join(c.items.Folder(), entry.Name())) // Follows links, unlike entry.Info.
		if errors.Is(err, fs.ErrNotExist) {
			continue // Gone since, or a link to nothing.
		}
		found[domain] = true
		if err := c.lookAt(domain, info, err, each); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.lookForGone(found, each)
}

func (c *Changes) lookAt(domain string, info fs.FileInfo, err error, each func(Change) error) error {
	now := stampOf(info, err)
	if c.known[domain] == now || now.mode.IsDir() {
		return nil
	}
	change := Change{Domain: domain, Err: err}
	if err == nil {
		change.Item, change.Err = readItem(c.items.Path(domain), info)
	}
	if err := each(change); err != nil {
		return err
	}
	c.known[domain] = now
	return nil
}

// stampOf gives all items that can't be looked at the same stamp: it is enough
// to say so once.
func stampOf(info fs.FileInfo, err error) stamp {
	if err != nil {
		return stamp{mode: fs.ModeIrregular}
	}
	return stamp{info.ModTime(), info.Size(), info.Mode()}
}

// maxItem is far more than a policy of 50 mx needs.
const maxItem = 256 << 10

func readItem(path string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() { // To open a pipe would wait for ever.
		return nil, errors.New("it is no file")
	}
	if info.Size() > maxItem {
		return nil, fmt.Errorf("it has %d bytes, and a policy at most %d", info.Size(), maxItem)
	}
	return os.ReadFile(path)
}

func (c *Changes) lookForGone(found map[string]bool, each func(Change) error) error {
	for domain := range c.known {
		if found[domain] {
			continue
		}
		if err := each(Change{Domain: domain, Gone: true}); err != nil {
			return err
		}
		delete(c.known, domain)
	}
	return nil
}
