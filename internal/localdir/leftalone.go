package localdir

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
)

// LeftAlone is a file among the items that counts as none, though it was meant
// to, it seems.
type LeftAlone struct {
	File string `json:"file"`
	Why  string `json:"why"` // And what to do.
}

func (l LeftAlone) String() string { return l.File + " is left alone: " + l.Why }

// IsOf reports whether a file is for one of some domains, or for all of them, as a
// folder is. The file of a record below a domain, such as _smtp._tls.example.com.TXT,
// is the domain's.
func (l LeftAlone) IsOf(domains []string) bool {
	base := filepath.Base(l.File)
	name := strings.TrimSuffix(base, filepath.Ext(base))
	if name == base {
		return true
	}
	labels := strings.Split(name, ".")
	for i := len(labels) - 1; i >= 0; i-- {
		if strings.HasPrefix(labels[i], "_") {
			labels = labels[i+1:]
			break
		}
	}
	domain, err := mtasts.ParseDomain(strings.Join(labels, "."))
	return err == nil && slices.Contains(domains, domain)
}

// LeftAlone gives what lies beside the items, in order.
func (i Items) LeftAlone() ([]LeftAlone, error) {
	entries, err := i.entries()
	if err != nil {
		return nil, err
	}
	counts := make(map[string]string) // The name that counts for each domain, as in Names.
	for _, entry := range entries {
		name, is := nameOf(entry)
		if domain, err := mtasts.ParseDomain(name); is && err == nil && (counts[domain] == "" || name == domain) {
			counts[domain] = name
		}
	}
	var alone []LeftAlone
	for _, entry := range entries {
		if why := i.whyNot(entry, counts); why != "" {
			alone = append(alone, LeftAlone{i.Folder() + string(os.PathSeparator) + entry.Name(), why})
		}
	}
	return alone, nil
}

// whyNot says why a file is no item; "" of one that is, and of what was never
// meant to be one.
func (i Items) whyNot(entry os.DirEntry, counts map[string]string) string {
	name, is := nameOf(entry)
	if !is {
		if strings.HasPrefix(name, ".") || !strings.HasSuffix(strings.ToLower(entry.Name()), itemSuffix) {
			return ""
		}
		return "its name does not end in .json in lower case; name the file <domain>.json"
	}
	domain, err := mtasts.ParseDomain(name)
	if err != nil {
		return fmt.Sprintf("%v; name the file <domain>.json", err)
	}
	if counts[domain] != name {
		return fmt.Sprintf("%s is for the same domain; keep one of them", i.Path(counts[domain]))
	}
	return ""
}
