package localdir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// Items is the folder of the policies that people edit, a file
// <domain>.json for each.
type Items struct {
	Root string
}

var _ publication.Items = Items{}

const (
	itemsFolder = "policies"
	itemSuffix  = ".json"
)

// Folder is where the items lie.
func (i Items) Folder() string { return filepath.Join(i.Root, itemsFolder) }

// Path is where the file of that name lies, of which the domain is the best.
func (i Items) Path(name string) string {
	return filepath.Join(i.Folder(), name+itemSuffix)
}

// Item implements publication.Items. The item is the first file that
// [Items.Names] has.
func (i Items) Item(_ context.Context, domain string) (publication.Item, bool, error) {
	if parsed, err := mtasts.ParseDomain(domain); err != nil || parsed != domain {
		return publication.Item{}, false, fmt.Errorf("%.60q cannot be a domain", domain)
	}
	name := domain
	if _, err := os.Lstat(i.Path(name)); err != nil {
		names, err := i.Names(domain)
		if err != nil || len(names) == 0 {
			return publication.Item{}, false, err
		}
		name = names[0]
	}
	return readItem(i.Path(name))
}

// Replace makes the item of a domain what text says, if it is still what it was
// before, the zero value where there was none. It writes the file that counts.
func (i Items) Replace(ctx context.Context, domain string, before publication.Item, text []byte) (done bool, err error) {
	now, _, err := i.Item(ctx, domain)
	if err != nil {
		return false, err
	}
	if now.Unreadable != before.Unreadable || !bytes.Equal(now.Text, before.Text) {
		return false, nil
	}
	path, err := i.File(domain)
	if err != nil {
		return false, err
	}
	err = replace(i.Root, path, text)
	return err == nil, err
}

// File is where the item of a domain lies, or would lie if there were one.
func (i Items) File(domain string) (string, error) {
	names, err := i.Names(domain)
	if err != nil || len(names) == 0 {
		return i.Path(domain), err
	}
	return i.Path(names[0]), nil
}

// Domains implements publication.Items. It passes over files whose names are no
// domains; [Changes] tells of these too.
func (i Items) Domains(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		names, err := i.allNames()
		seen := make(map[string]bool, len(names))
		for _, name := range names {
			domain, noDomain := mtasts.ParseDomain(name)
			if noDomain != nil || seen[domain] {
				continue
			}
			seen[domain] = true
			if err = ctx.Err(); err != nil {
				break
			}
			if !yield(domain, nil) {
				return
			}
		}
		if err != nil {
			yield("", err)
		}
	}
}

// Names gives the files that are for a domain, without their ending. People may
// write it in upper case and with U-labels. The first counts: the one that is
// written as the domain is, or else the first in order. The others are left
// alone.
func (i Items) Names(domain string) ([]string, error) {
	all, err := i.allNames()
	var names []string
	for _, name := range all {
		if parsed, err := mtasts.ParseDomain(name); err != nil || parsed != domain {
			continue
		}
		if name == domain {
			names = append([]string{name}, names...)
		} else {
			names = append(names, name)
		}
	}
	return names, err
}

// allNames gives the names of all items, whether they are domains or not, in
// order. Without the folder all of them would seem to be gone, so that is an
// error.
func (i Items) allNames() ([]string, error) {
	entries, err := i.entries()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if name, is := nameOf(entry); is {
			names = append(names, name)
		}
	}
	return names, nil
}

// entries returns what the folder holds.
func (i Items) entries() ([]fs.DirEntry, error) {
	entries, err := readFolder(i.Folder())
	if err != nil {
		return nil, &FolderError{
			Path: i.Folder(), Err: fmt.Errorf("the folder of policies cannot be read: %w", err),
			Then: "No domain retires because of that. A disk may not be mounted: restore the folder",
		}
	}
	return entries, nil
}

// nameOf gives the name of an item's file without its ending; false for what
// editors put there beside it.
func nameOf(entry fs.DirEntry) (string, bool) {
	name, is := strings.CutSuffix(entry.Name(), itemSuffix)
	return name, is && !strings.HasPrefix(name, ".")
}

// maxItem is far more than a policy of 50 mx needs.
const maxItem = 256 << 10

// readItem reads the item of a file. What only people can fix is in the item, and an
// error may pass.
func readItem(path string) (publication.Item, bool, error) {
	text, err := readFile(path, maxItem)
	var unreadable *UnreadableError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return publication.Item{}, false, nil // Gone since.
	case errors.As(err, &unreadable):
		return publication.Item{Unreadable: err.Error()}, true, nil
	case err != nil:
		return publication.Item{}, false, err
	default:
		return publication.Item{Text: text}, true, nil
	}
}
