package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/policyitem"
	"sealpost/internal/publication"
)

// teller says in words how far a domain has come, and what a person can do.
type teller struct {
	terminal terminal
	items    publication.Items
	item     func(domain string) string // Where people edit its policy.
	zone     func(file string) string   // Where people edit the DNS, where files stand in for it; else nil.
	option   string                     // Which names the place to a command, such as -dir data.
}

// command is what to type to run another command here.
func (t teller) command(name string) string {
	return t.terminal.name + " " + name + " " + t.option
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
		if s.TXTUnread {
			return ", but the TXT record cannot be read now"
		}
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
	var lines []string
	if s.State != publication.StateChecking { // Then the problems are those of an item from before.
		lines = append(lines, t.refusal(s)...)
	}
	if s.Obstacle != "" {
		lines = append(lines, t.obstacle(s)...)
	}
	if s.ClockCorrection != "" {
		lines = append(lines, s.ClockCorrection)
	}
	if s.Drift != "" {
		drift := s.Drift
		if slices.ContainsFunc(s.Problems, mxUnread) {
			drift = "As the MX records were when they were read last: " + drift
		}
		lines = append(lines, digest.Readable(drift, maxTold))
		lines = union(lines, t.zoneFile(s.Domain+".MX", "one host"))
	}
	lines = append(lines, maxAgeProblems(s)...)
	if s.State == publication.StateRetiring {
		lines = append(lines, t.retiring(s))
	}
	return lines
}

// maxAgeProblems returns why max_age does not grow yet. Drift already names an MX host
// that is not allowed.
func maxAgeProblems(s publication.Status) []string {
	if len(s.MaxAgeProblems) == 0 {
		return nil
	}
	var lines []string
	if s.Drift == "" {
		for _, problem := range s.MaxAgeProblems {
			lines = append(lines, digest.Readable(problem.Message, maxTold))
		}
	}
	return append(lines, "Until that is fixed, max_age does not grow. Senders get the policy as before.")
}

// refusal says why an item is not published, how it can be, and what is served
// in its stead.
func (t teller) refusal(s publication.Status) []string {
	var lines []string
	for _, problem := range s.Problems {
		problem.Message = strings.TrimSuffix(problem.Message, publication.ResumeHint)
		lines = append(lines, digest.Readable(problem.String(), maxTold))
	}
	if slices.ContainsFunc(s.Problems, isOf(publication.RuleMXCovered, publication.RuleMXStillListed)) {
		lines = append(lines, t.zoneFile(s.Domain+".MX", "one host")...)
	}
	if slices.ContainsFunc(s.Problems, isOf(publication.RuleBrake)) {
		lines = append(lines, "To let all changes pass: "+t.command("resume"))
	}
	if s.Item != "" {
		lines = append(lines, t.offer(s.Domain, overridable(s.Problems))...)
	}
	if slices.ContainsFunc(s.Problems, isOf(publication.RuleSyntax)) {
		lines = append(lines, fmt.Sprintf("Mend %s and save it.", t.item(s.Domain)))
	}
	switch {
	case len(s.Problems) == 0:
	case s.ID == "":
		lines = append(lines, "Nothing is served for this domain.")
	default:
		lines = append(lines, fmt.Sprintf("What was published before is served on: mode %s, id %s.", s.Mode, s.ID))
	}
	return lines
}

func isOf(rules ...publication.Rule) func(publication.Problem) bool {
	return func(p publication.Problem) bool { return slices.Contains(rules, p.Rule) }
}

// mxUnread says whether a problem is that the MX records cannot be read: of all
// that these rules find, that alone is about no member of the item.
func mxUnread(p publication.Problem) bool {
	return isOf(publication.RuleMXCovered, publication.RuleMXStillListed)(p) && p.Path == ""
}

// obstacle says what keeps what is served from going on.
func (t teller) obstacle(s publication.Status) []string {
	lines := []string{digest.Readable(s.Obstacle, maxTold)}
	if s.LiveID == s.ID { // Else it is not in the DNS but on the way there.
		if s.TXTSeen != "" && !s.TXTUnread && s.TXTSeen != s.TXTWanted && !s.TXTForeign && s.State != publication.StateRetiring {
			lines = append(lines, "The DNS has now: "+digest.Readable(s.TXTSeen, maxTold))
		}
		lines = append(lines, t.zoneFile(mtasts.RecordName(s.Domain)+".TXT", "the text of one record")...)
	}
	if s.TXTForeign && s.Item != "" {
		lines = append(lines, t.offer(s.Domain, []publication.Rule{publication.RuleTXTForeign})...)
	}
	return lines
}

// zoneFile names the file that stands in for a record, where there is one.
func (t teller) zoneFile(name, each string) []string {
	if t.zone == nil {
		return nil
	}
	return []string{fmt.Sprintf("Here the file %s stands for that part of the DNS: %s in each line.", t.zone(name), each)}
}

func (t teller) retiring(s publication.Status) string {
	switch {
	case !s.TXTGoneAt.IsZero():
		return "Its TXT record is gone. The policy follows within about an hour. To keep the domain, put its item back."
	case !s.ExposureUntil.After(t.terminal.now()):
		return "Its item is gone, and no sender holds a policy any more. Its TXT record goes now, and the policy about an hour later."
	case s.AnnouncedAt.IsZero() && s.TurnedAt.IsZero():
		return fmt.Sprintf("Its item is gone. It is served in mode none until %s at the earliest: senders hold an older policy for as long as the TXT record is the one from before. To keep the domain, put its item back.", minute(s.ExposureUntil))
	default:
		return fmt.Sprintf("Its item is gone. It is served in mode none until %s, since senders may hold an older policy until then. To keep the domain, put its item back.", minute(s.ExposureUntil))
	}
}

// minute words a time.
func minute(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// overrideFor is how long an override lasts that is offered.
const overrideFor = 24 * time.Hour

// overridable gives the rules that refused, of those that an override may let
// pass.
func overridable(problems []publication.Problem) []publication.Rule {
	var rules []publication.Rule
	for _, problem := range problems {
		switch problem.Rule {
		case "", publication.RuleSyntax, publication.RuleBrake:
		default:
			if !slices.Contains(rules, problem.Rule) {
				rules = append(rules, problem.Rule)
			}
		}
	}
	return rules
}

// offer says how what was refused can pass all the same. What passes by an
// override already is to go on passing.
func (t teller) offer(domain string, rules []publication.Rule) []string {
	if len(rules) == 0 {
		return nil
	}
	var lines []string
	now := t.terminal.now()
	until, how := now.Add(overrideFor), "let it pass by this member in "+t.item(domain)
	if there := t.override(domain); there != nil {
		how = fmt.Sprintf("put this in place of the override that is there in %s", t.item(domain))
		if now.Before(there.Until) {
			rules = union(there.Rules, rules)
			until = later(until, there.Until)
		} else {
			lines = append(lines, fmt.Sprintf("Its override ran out on %s; to let anything pass it needs a later until.", minute(there.Until)))
		}
	}
	lines = append(lines,
		fmt.Sprintf("If it is safe in this case, %s, with your reason:", how),
		`  "override": `+overrideJSON(policyitem.ReasonPlaceholder, until, rules))
	if slices.Contains(rules, publication.RuleMXCovered) {
		lines = append(lines, "It costs the mail to every MX host that mx does not allow: senders hold it back at once.")
	}
	return lines
}

// override is what the item of a domain has; nil where it has none, or cannot be
// read.
func (t teller) override(domain string) *publication.Override {
	item, _, err := t.items.Item(context.Background(), domain)
	if err != nil {
		return nil // What is offered is right all the same, if not as short as it could be.
	}
	desired, _ := policyitem.Read(domain, item.Text)
	return desired.Override
}

// union adds to some what is not among them.
func union[T comparable](some, more []T) []T {
	all := slices.Clone(some)
	for _, one := range more {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// overrideJSON writes the member of an item that lets rules pass, on one line.
func overrideJSON(reason string, until time.Time, rules []publication.Rule) string {
	names, _ := json.Marshal(rules) // Strings always can be.
	quoted, _ := json.Marshal(reason)
	return fmt.Sprintf(`{"reason": %s, "until": "%s", "rules": %s}`, quoted, until.UTC().Format(time.RFC3339), strings.ReplaceAll(string(names), ",", ", "))
}
