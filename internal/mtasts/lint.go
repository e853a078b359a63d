package mtasts

import (
	"cmp"
	"slices"
	"strings"
)

// Verdict is what one sender makes of a policy text.
type Verdict struct {
	Sender   string    `json:"sender"`
	Basis    Basis     `json:"basis"`
	Outcome  Outcome   `json:"outcome"`            // The worst of the findings; without any, OutcomeAccepts.
	Findings []Finding `json:"findings,omitempty"` // By line.
}

// Finding is a place in a policy text and what it leads to.
type Finding struct {
	Line    int     `json:"line,omitempty"` // 0: no line in particular.
	Trait   Trait   `json:"trait"`
	Outcome Outcome `json:"outcome"`
	Message string  `json:"message"`          // What is there, and how to mend it.
	Effect  string  `json:"effect,omitempty"` // What the sender does about it, where its Outcome does not say all.
}

// String says all of it but the line.
func (f Finding) String() string {
	if f.Effect == "" {
		return f.Message
	}
	return f.Message + "; " + f.Effect
}

// Lint says what each known sender makes of a policy text, which may be any
// bytes at all.
func Lint(text []byte) []Verdict {
	sightings := scan(string(text))
	slices.SortStableFunc(sightings, func(a, b sighting) int { return cmp.Compare(a.line, b.line) })
	var verdicts []Verdict
	for _, sender := range Senders() {
		verdicts = append(verdicts, sender.judge(sightings))
	}
	return verdicts
}

func (s Sender) judge(sightings []sighting) Verdict {
	verdict := Verdict{Sender: s.Name, Basis: s.Basis, Outcome: OutcomeAccepts}
	for _, sighting := range sightings {
		r := s.reaction(sighting.trait)
		if r.outcome == OutcomeAccepts {
			continue
		}
		effect := ""
		if r.effect != "" {
			effect = s.Name + " " + r.effect
		}
		verdict.Findings = append(verdict.Findings, Finding{sighting.line, sighting.trait, r.outcome, sighting.message, effect})
		verdict.Outcome = Worst(verdict.Outcome, r.outcome)
	}
	return verdict
}

// Gist gives the policy that the most lenient sender reads out of a text: with
// what [Lint] finds mended, as far as a trait other than [TraitSyntax] explains
// it. It is false where there is no policy in it for anybody.
func Gist(text []byte) (Policy, bool) {
	return gist(string(text))
}

// Worst gives the outcome of several that is the worst for whoever serves the
// policy.
func Worst(first Outcome, others ...Outcome) Outcome {
	order := []Outcome{OutcomeAccepts, OutcomeUntested, OutcomeChanges, OutcomeRejects}
	for _, o := range others {
		if slices.Index(order, o) > slices.Index(order, first) {
			first = o
		}
	}
	return first
}

// Advice is something to change, or to know, about a policy text.
type Advice struct {
	Line    int // 0: no line in particular.
	Message string
}

// enforceMinMaxAge is a week, as in the standard's own example, which expects
// weeks or more (RFC 8461, section 3.2): less gives little protection against an
// attacker who keeps senders from refreshing (section 10.2).
const enforceMinMaxAge = 7 * 86400

// Advise lists what breaks the standard in a policy text, or else what is
// better done otherwise, whatever the senders of [Lint] make of it.
func Advise(text []byte) []Advice {
	var p parser
	policy, syntax := p.parse(string(text))
	if syntax != nil {
		return []Advice{{syntax.Line, syntax.Message}}
	}
	var advice []Advice
	for _, line := range p.ignored {
		advice = append(advice, Advice{line.line, line.String()})
	}
	for _, problem := range policy.Check() {
		advice = append(advice, Advice{p.lines[problem.Field], problem.Message})
	}
	if policy.Mode == ModeEnforce && policy.MaxAge >= MinMaxAge && policy.MaxAge < enforceMinMaxAge {
		advice = append(advice, Advice{p.lines["/max_age"], "max_age is under a week, where the standard expects weeks or more (RFC 8461, section 3.2): once mode enforce has proved itself, write 604800 or more"})
	}
	if strings.Contains(string(text), "\r\n") {
		advice = append(advice, Advice{0, "the lines end in CRLF: every sender takes that as well as LF"})
	}
	return advice
}
