package weekly

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"

	"sealpost/internal/publication"
)

// Audience is who gets a digest of their own.
type Audience struct {
	Name       string   `json:"name"` // As [CheckName] has it.
	Recipients []string `json:"recipients"`
	Domains    []string `json:"domains,omitempty"` // The Policy Domains that it hears of; all if there are none.
}

// All is the name of the audience that hears of every domain.
const All = "all"

// names do as a part of a key, of a Message-ID, and on a command line.
var names = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// CheckName refuses what cannot be the name of an audience.
func CheckName(name string) error {
	if !names.MatchString(name) {
		return fmt.Errorf("%.60q cannot be the name of an audience: write up to 40 lower-case letters, digits and hyphens", name)
	}
	return nil
}

// For makes the digests of an audience.
func (d Digests) For(a Audience) Digests {
	if len(a.Domains) > 0 {
		d.Directory = only{d.Directory, a.Domains}
	}
	return d
}

// only is a directory as if no other domains were in it.
type only struct {
	publication.Directory
	domains []string
}

// AllPublished implements publication.Directory.
func (o only) AllPublished(ctx context.Context) iter.Seq2[publication.Published, error] {
	return func(yield func(publication.Published, error) bool) {
		for published, err := range o.Directory.AllPublished(ctx) {
			if (err != nil || slices.Contains(o.domains, published.Domain)) && !yield(published, err) {
				return
			}
		}
	}
}
