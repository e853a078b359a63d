package told

import (
	"fmt"
	"regexp"
)

// Audience is who gets a digest of their own.
type Audience struct {
	Name       string   `json:"name"` // As [CheckName] has it; unique.
	Recipients []string `json:"recipients"`
	Domains    []string `json:"domains,omitempty"` // The Policy Domains that it hears of. None stands for all, and for what is about no domain.
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
