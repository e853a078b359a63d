package localdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
)

// ZoneChanges compares the folder of a zone with how it was found the last
// time, as [Changes] does that of the items.
type ZoneChanges struct {
	zone  Zone
	known map[string]fs.FileInfo
}

// Changes begins with nothing known.
func (z Zone) Changes() *ZoneChanges { return &ZoneChanges{zone: z} }

// Look gives the domains whose records have changed since the last look: the
// MX, or the TXT record that announces their policy.
func (c *ZoneChanges) Look() ([]string, error) {
	entries, err := os.ReadDir(c.zone.Folder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	found := make(map[string]fs.FileInfo, len(entries))
	var changed []string
	for _, entry := range entries {
		name := entry.Name()
		domain, is := domainOf(name)
		if !is {
			continue
		}
		info, err := os.Stat(filepath.Join(c.zone.Folder(), name))
		if err != nil {
			continue // Gone since, or it leads nowhere.
		}
		found[name] = info
		if !isSame(c.known[name], info) {
			changed = append(changed, domain)
		}
	}
	for name := range c.known {
		if _, still := found[name]; !still {
			domain, _ := domainOf(name)
			changed = append(changed, domain)
		}
	}
	c.known = found
	slices.Sort(changed)
	return slices.Compact(changed), nil
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
