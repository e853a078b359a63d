package assessment

import (
	"fmt"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
)

// outcomes are the senders that make the same of something.
type outcomes map[mtasts.Outcome][]string

// outcomesBy gives what each known sender makes of something.
func outcomesBy(of func(mtasts.Sender) mtasts.Outcome) outcomes {
	o := make(outcomes)
	for _, sender := range mtasts.Senders() {
		o.add(of(sender), sender.Name)
	}
	return o
}

func (o outcomes) add(outcome mtasts.Outcome, sender string) {
	o[outcome] = append(o[outcome], sender)
}

func (o outcomes) name(sender string) bool {
	for _, senders := range o {
		if slices.Contains(senders, sender) {
			return true
		}
	}
	return false
}

// String says which senders do what about a policy.
func (o outcomes) String() string {
	var said []string
	if refuse := o[mtasts.OutcomeRejects]; len(refuse) > 0 {
		said = append(said, fmt.Sprintf("%s %s the policy, and %s on as if there were none, save one from before.", and(refuse), verb(refuse, "refuses", "refuse"), verb(refuse, "goes", "go")))
	}
	if take := o[mtasts.OutcomeAccepts]; len(take) > 0 {
		said = append(said, fmt.Sprintf("%s %s it.", and(take), verb(take, "takes", "take")))
	}
	if untested := o[mtasts.OutcomeUntested]; len(untested) > 0 {
		said = append(said, fmt.Sprintf("Nobody has tried %s.", and(untested)))
	}
	return strings.Join(said, " ")
}

func verb(subjects []string, one, many string) string {
	if len(subjects) == 1 {
		return one
	}
	return many
}

// differing is a problem that not all senders have.
func (p Problem) differing(o outcomes) Problem {
	p.Effect, p.RefusedBy = o.String(), o[mtasts.OutcomeRejects]
	return p
}
