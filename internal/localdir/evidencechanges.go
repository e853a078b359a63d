package localdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// EvidenceChanges compares the evidence of all domains with how it was found the last
// time. It looks at the files, since other processes store evidence too.
type EvidenceChanges struct {
	state *State
	known map[string]fs.FileInfo
}

// EvidenceChanges begins with nothing known, so the first look finds all evidence.
func (s *State) EvidenceChanges() *EvidenceChanges { return &EvidenceChanges{state: s} }

// Look returns the domains whose evidence has changed since the last look that did
// not fail.
func (c *EvidenceChanges) Look() ([]string, error) {
	found := make(map[string]fs.FileInfo, len(c.known))
	var changed []string
	for domain, err := range c.state.Domains() {
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(filepath.Join(c.state.Folder(), domain, evidenceFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if before, is := c.known[domain]; !is || !isSame(before, info) {
			changed = append(changed, domain)
		}
		found[domain] = info
	}
	c.known = found
	return changed, nil
}
