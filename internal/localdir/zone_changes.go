package localdir

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
)

// ZoneChanges compares the folder of a zone with how it was found the last
// time, as [Changes] does that of the items.
type ZoneChanges struct {
	zone   Zone
	known  map[string]zoneFile
	isSeen bool // The folder was there once.
}

// zoneFile is how a file of the zone was found.
type zoneFile struct {
	info       fs.FileInfo // Nil where it could not be had.
	unreadable *UnreadableError
}

// Changes begins with nothing known.
func (z Zone) Changes() *ZoneChanges { return &ZoneChanges{zone: z} }

// Look returns the domains whose records have changed since the last look: the
// MX, or the TXT record that announces their policy. A folder that was never there is
// an empty one. Where it was, a missing one is a [FolderError], and nothing has changed.
func (c *ZoneChanges) Look() ([]string, error) {
	entries, err := readFolder(c.zone.Folder())
	if err != nil && (c.isSeen || !errors.Is(err, fs.ErrNotExist)) {
		return nil, &FolderError{
			Path: c.zone.Folder(), Err: fmt.Errorf("the folder that stands for the DNS cannot be read: %w", err),
			Then: "Policies stay as they are until it can be read: restore the folder",
		}
	}
	c.isSeen = err == nil
	found := make(map[string]zoneFile, len(entries))
	var changed []string
	for _, entry := range entries {
		name := entry.Name()
		if !isZoneFile(name) {
			continue
		}
		path := filepath.Join(c.zone.Folder(), name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) && !isLink(path) {
			continue // Gone since.
		}
		known, is := c.known[name]
		if is && isSame(known.info, info) {
			found[name] = known
			continue
		}
		found[name] = zoneFile{info, whyUnreadable(path, maxZoneFile)}
		changed = append(changed, name)
	}
	for name := range c.known {
		if _, still := found[name]; !still {
			changed = append(changed, name)
		}
	}
	c.known = found
	return domainsOf(changed), nil
}

// Unreadable returns the files that the last look found and that cannot be read.
func (c *ZoneChanges) Unreadable() []LeftAlone {
	var alone []LeftAlone
	for _, name := range slices.Sorted(maps.Keys(c.known)) {
		if unreadable := c.known[name].unreadable; unreadable != nil {
			alone = append(alone, LeftAlone{unreadable.Path, unreadable.Why})
		}
	}
	return alone
}

// LeftAlone returns the files of the zone that cannot be read, in order.
func (z Zone) LeftAlone() ([]LeftAlone, error) {
	changes := z.Changes()
	_, err := changes.Look()
	return changes.Unreadable(), err
}

// isZoneFile reports whether a file is for records of any name.
func isZoneFile(file string) bool {
	return !strings.HasPrefix(file, ".") && (strings.HasSuffix(file, mxSuffix) || strings.HasSuffix(file, txtSuffix))
}

// domainsOf returns the domains of files of the zone, each once.
func domainsOf(files []string) []string {
	var domains []string
	for _, file := range files {
		if domain, is := domainOf(file); is {
			domains = append(domains, domain)
		}
	}
	slices.Sort(domains)
	return slices.Compact(domains)
}

// domainOf gives the domain that a file of the zone tells of.
func domainOf(file string) (string, bool) {
	name, is := strings.CutSuffix(file, mxSuffix)
	if !is {
		if name, is = strings.CutSuffix(file, txtSuffix); is {
			name, is = strings.CutPrefix(name, mtasts.RecordName(""))
		}
	}
	domain, err := mtasts.ParseDomain(name)
	return domain, is && err == nil && domain == name
}
