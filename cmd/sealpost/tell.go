package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/publication"
)

// teller says in words how far a domain has come, and what a person can do.
type teller struct {
	terminal terminal
	item     func(domain string) string // Where people edit its policy.
	option   string                     // Which names the place to a command, such as -dir data.
}

// tell says what has just become of a domain, in one write: others may be
// telling at the same time.
func (t teller) tell(_ context.Context, s publication.Status) {
	var said strings.Builder
	fmt.Fprintf(&said, "%s: %s%s\n", s.Domain, s.State, t.news(s))
	for _, line := range t.details(s) {
		fmt.Fprintf(&said, "    %s\n", line)
	}
	fmt.Fprint(t.terminal.stdout, said.String())
}

func (t teller) news(s publication.Status) string {
	switch s.State {
	case publication.StateRefused:
		switch {
		case len(s.Problems) == 0:
			return ", it is served, but cannot be announced:"
		case s.Item == "":
			return ", it is not taken down yet:"
		default:
			return fmt.Sprintf(", %s has problems:", t.item(s.Domain))
		}
	case publication.StatePublished:
		return fmt.Sprintf(", mode %s, id %s", s.Mode, s.ID)
	case publication.StateLive:
		return ", senders that fetch it get it"
	case publication.StateActive:
		return fmt.Sprintf(", the TXT record announces id %s", s.ID)
	case publication.StateRetired:
		return ", nothing is served"
	default:
		return ""
	}
}

// maxTold is more than any problem needs; what is in the way may quote records
// of others.
const maxTold = 600

// details says what is in the way, and how to go on.
func (t teller) details(s publication.Status) []string {
	if s.State == publication.StateChecking {
		return nil // Its problems are those of an item from before.
	}
	var lines []string
	for _, problem := range s.Problems {
		lines = append(lines, digest.Readable(problem.String(), maxTold))
	}
	if s.Obstacle != "" {
		lines = append(lines, digest.Readable(s.Obstacle, maxTold))
	}
	lines = append(lines, t.wayOn(s)...)
	switch {
	case s.State == publication.StateRetiring:
		lines = append(lines, t.retiring(s))
	case s.State != publication.StateRefused || len(s.Problems) == 0:
	case s.ID == "":
		lines = append(lines, "Nothing is served for this domain.")
	default:
		lines = append(lines, fmt.Sprintf("What was published before is served on: mode %s, id %s.", s.Mode, s.ID))
	}
	return lines
}

func (t teller) retiring(s publication.Status) string {
	if !s.TXTGoneAt.IsZero() {
		return "Its TXT record is gone. The policy follows within about an hour. To keep the domain, put its item back."
	}
	if s.ExposureUntil.After(t.terminal.now()) {
		return fmt.Sprintf("Its item is gone. It is served in mode none until %s, since senders may hold an older policy until then. To keep the domain, put its item back.", minute(s.ExposureUntil))
	}
	return "Its item is gone, and no sender holds a policy any more. Its TXT record goes now, and the policy about an hour later."
}

// minute words a time.
func minute(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// overrideFor is how long an override lasts that is offered.
const overrideFor = 24 * time.Hour

// wayOn says how what was refused can pass all the same.
func (t teller) wayOn(s publication.Status) []string {
	var lines []string
	var rules []publication.Rule
	for _, problem := range s.Problems {
		if problem.Rule == publication.RuleBrake {
			lines = append(lines, fmt.Sprintf("To let all changes pass: sealpost resume %s", t.option))
		} else if problem.Rule != publication.RuleSyntax && problem.Rule != "" && !slices.Contains(rules, problem.Rule) {
			rules = append(rules, problem.Rule)
		}
	}
	if s.TXTForeign {
		rules = append(rules, publication.RuleTXTForeign)
	}
	if len(rules) == 0 || s.Item == "" {
		return lines
	}
	return append(lines,
		fmt.Sprintf("If it is safe in this case, let it pass by this member in %s, with your reason:", t.item(s.Domain)),
		`  "override": `+overrideJSON("...", t.terminal.now().Add(overrideFor), rules))
}

// overrideJSON writes the member of an item that lets rules pass, on one line.
func overrideJSON(reason string, until time.Time, rules []publication.Rule) string {
	names, _ := json.Marshal(rules) // Strings always can be.
	quoted, _ := json.Marshal(reason)
	return fmt.Sprintf(`{"reason": %s, "until": "%s", "rules": %s}`, quoted, until.UTC().Format(time.RFC3339), strings.ReplaceAll(string(names), ",", ", "))
}
