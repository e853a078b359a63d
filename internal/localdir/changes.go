package localdir

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// Change says that something has become of an item's file.
type Change struct {
	Name string // Of the file, without its ending: a domain as people write it, or anything else.
	Gone bool   // There is no such file any more.
}

// Changes compares the folder with how it was found the last time.
//
// It looks instead of being told: editors replace files in many ways, network
// folders tell nobody, and a look at a thousand files takes milliseconds.
type Changes struct {
	items Items
	known map[string]*sighting
}

// sighting is how a file was found the last time.
type sighting struct {
	info    fs.FileInfo // Nil where it could not be had.
	missing int         // Looks since then that found no such file.
}

// Changes begins with nothing known, so the first look finds every item.
func (i Items) Changes() *Changes {
	return &Changes{items: i, known: make(map[string]*sighting)}
}

// Look gives what has changed since the last look. A change for which each
// returns an error is given again by the next look; it holds up no other.
func (c *Changes) Look(ctx context.Context, each func(Change) error) error {
	entries, err := c.items.entries()
	if err != nil {
		return err
	}
	found := make(map[string]bool, len(entries))
	var failed []error
	for _, entry := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		name, isItem := nameOf(entry)
		if !isItem {
			continue
		}
		info, err := os.Stat(c.items.Path(name)) // Follows links, unlike entry.Info.
		if errors.Is(err, fs.ErrNotExist) && entry.Type()&fs.ModeSymlink == 0 {
			continue // Gone since.
		}
		found[name] = true
		failed = append(failed, c.lookAt(name, info, each))
	}
	failed = append(failed, c.lookForGone(found, each))
	return errors.Join(failed...)
}

func (c *Changes) lookAt(name string, info fs.FileInfo, each func(Change) error) error {
	if known, is := c.known[name]; is && isSame(known.info, info) {
		known.missing = 0
		return nil
	}
	if err := each(Change{Name: name}); err != nil {
		return err
	}
	c.known[name] = &sighting{info: info}
	return nil
}

// isSame takes a file for unchanged if it is the same file, of the same size
// and time. Where nothing can be known of it, it is enough to say so once.
func isSame(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode()
}

// Forget makes the next look give a file again.
func (c *Changes) Forget(name string) { delete(c.known, name) }

// looksUntilGone is how often a file must be missed in a row. Many editors put
// the old file away before they write the new one.
const looksUntilGone = 8

func (c *Changes) lookForGone(found map[string]bool, each func(Change) error) error {
	var failed []error
	for name, known := range c.known {
		if found[name] {
			continue
		}
		if known.missing++; known.missing < looksUntilGone {
			continue
		}
		if err := each(Change{Name: name, Gone: true}); err != nil {
			failed = append(failed, err)
			continue
		}
		delete(c.known, name)
	}
	return errors.Join(failed...)
}
