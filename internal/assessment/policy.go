package assessment

import (
	"fmt"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// readPolicy finds the policy that is served, to judge everything else by.
func (j *judge) readPolicy() {
	j.served = len(j.Seen.PolicyHost.Addresses.List) > 0
	for _, answer := range j.Seen.PolicyHost.Answers {
		if !isWhole(answer) || j.hasPolicy {
			continue
		}
		j.body = answer.Body
		j.policy, j.hasPolicy = mtasts.Gist([]byte(j.body))
		j.Senders = mtasts.Lint([]byte(j.body))
		if j.hasPolicy { // Else nobody takes the mode either.
			j.Mode = j.policy.Mode
		}
	}
}

// texts judges each of the texts that are served; there should be one.
func (j *judge) texts(host survey.Host) {
	served := make(map[string][]string)
	var bodies []string
	for _, answer := range host.Answers {
		if !isWhole(answer) {
			continue
		}
		if served[answer.Body] == nil {
			bodies = append(bodies, answer.Body)
		}
		served[answer.Body] = append(served[answer.Body], answer.Address.String())
	}
	if len(bodies) > 1 {
		var groups []string
		for _, body := range bodies {
			groups = append(groups, fmt.Sprintf("%s the policy with the id %s", and(served[body]), mtasts.ID([]byte(body))))
		}
		j.of(PolicyDiffers, host.Name, "By Sealpost's rule for ids: "+strings.Join(groups, "; ")+".")
	}
	for _, body := range bodies {
		j.text(host.Name, body)
	}
}

// text judges a policy as each known sender reads it.
func (j *judge) text(host, body string) {
	told := make(map[int]bool)
	for _, trait := range traitsOf(body) {
		told[trait.line] = true
		if trait.trait == mtasts.TraitNoneWithoutMX {
			told[0] = true // The advice has no line to name.
		}
		j.trait(host, trait)
	}
	if !j.hasPolicy || j.isOurs() { // What is published here keeps to the rules of publication.
		return
	}
	for _, advice := range mtasts.Advise([]byte(strings.ReplaceAll(body, "\r\n", "\n"))) { // CRLF does no harm.
		if !told[advice.Line] {
			j.of(PolicyAdvice, host, atLine(advice.Line, advice.Message))
		}
	}
}

func (j *judge) trait(host string, t *trait) {
	p := j.problem(traitCode(t.trait), host, none, t.seen)
	refused, changed := t.outcomes[mtasts.OutcomeRejects], t.outcomes[mtasts.OutcomeChanges]
	if t.trait != mtasts.TraitSyntax { // Nobody takes that.
		p.Effect = strings.TrimSpace(t.outcomes.String() + " " + strings.Join(t.effects, " "))
		p.RefusedBy = append([]string{}, refused...)
	}
	if len(refused)+len(changed) == 0 {
		p.Severity = CostsNothing
	}
	j.put(p)
}

// trait is a property of a policy text, and what senders make of it.
type trait struct {
	trait    mtasts.Trait
	line     int
	seen     string
	outcomes outcomes
	effects  []string
}

func traitsOf(body string) []*trait {
	var traits []*trait
	verdicts := mtasts.Lint([]byte(body))
	known := make(map[mtasts.Trait]*trait)
	for _, verdict := range verdicts {
		for _, finding := range verdict.Findings {
			is := finding.Trait
			switch {
			case is == mtasts.TraitOver64KiB: // What is served is never looked at so far.
				continue
			case is == mtasts.TraitMaxAgeUnusual && known[mtasts.TraitMaxAgeZero] != nil: // The same line, for which 0 says enough.
				is = mtasts.TraitMaxAgeZero
			}
			if known[is] == nil {
				known[is] = &trait{trait: is, line: finding.Line, seen: atLine(finding.Line, finding.Message), outcomes: make(outcomes)}
				traits = append(traits, known[is])
			}
			t := known[is]
			t.outcomes.add(finding.Outcome, verdict.Sender)
			if finding.Effect != "" {
				t.effects = append(t.effects, finding.Effect+".")
			}
		}
	}
	for _, t := range traits { // Whoever finds nothing takes it.
		for _, verdict := range verdicts {
			if !t.outcomes.name(verdict.Sender) {
				t.outcomes.add(mtasts.OutcomeAccepts, verdict.Sender)
			}
		}
	}
	return traits
}

func atLine(line int, message string) string {
	if line == 0 {
		return sentence(message)
	}
	return sentence(fmt.Sprintf("line %d: %s", line, message))
}
