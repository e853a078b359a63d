package assessment

import (
	"slices"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// OutcomeSometimes is that of a sender who takes the policy from some addresses
// of the Policy Host, and from others not, or another one.
const OutcomeSometimes mtasts.Outcome = "sometimes"

// senders says what each known sender makes of the policy as it would come by
// it: by the record, from each address, of its type, and by its text. It goes by
// the problems that were found, so as to say the same.
func (j *judge) senders() {
	if len(j.Senders) == 0 { // Nothing is served that one would look into.
		return
	}
	for i, sender := range mtasts.Senders() {
		var outcomes []mtasts.Outcome
		for _, answer := range j.Seen.PolicyHost.Answers {
			switch {
			case j.unheard || j.refused(sender, answer):
				outcomes = append(outcomes, mtasts.OutcomeRejects)
			case isWhole(answer):
				outcomes = append(outcomes, j.made(sender, answer))
			case answer.Waited >= leastPatience(): // And not for as long as this one may.
				outcomes = append(outcomes, mtasts.OutcomeUntested)
			}
		}
		j.Senders[i].Outcome = overall(outcomes)
	}
}

// refused reports whether a problem of an address has a sender go on without the
// policy.
func (j *judge) refused(sender mtasts.Sender, a survey.Answer) bool {
	return slices.ContainsFunc(j.Problems, func(p Problem) bool {
		of := p.Host == j.Seen.PolicyHost.Name && slices.Contains(p.Addresses, a.Address)
		byAll := p.RefusedBy == nil && p.Code != PolicyOldCipher && p.Code != PolicyOldGroups // Which are by some programs.
		return of && p.Severity == CostsProtection && (byAll || slices.Contains(p.RefusedBy, sender.Name))
	})
}

// made is what a sender makes of the policy by what an address serves.
func (j *judge) made(sender mtasts.Sender, a survey.Answer) mtasts.Outcome {
	outcome := j.reading(sender, a)
	if a.Body != j.body && outcome != mtasts.OutcomeRejects { // That is another policy.
		return OutcomeSometimes
	}
	return outcome
}

// reading is what a sender makes of the record, of the cipher suite, and of a text
// and its type.
func (j *judge) reading(sender mtasts.Sender, a survey.Answer) mtasts.Outcome {
	outcome := mtasts.OutcomeAccepts
	for _, verdict := range mtasts.Lint([]byte(a.Body)) {
		if verdict.Sender == sender.Name {
			outcome = verdict.Outcome
		}
	}
	if !mtasts.IsMediaType(a.ContentType) {
		outcome = mtasts.Worst(outcome, sender.MediaType)
	}
	switch {
	case !a.TLS.OldCipher:
	case isByRSA(a.TLS.Cipher):
		outcome = mtasts.Worst(outcome, sender.RSAKeys)
	default:
		outcome = mtasts.Worst(outcome, mtasts.OutcomeUntested)
	}
	if a.TLS.OldGroups {
		outcome = mtasts.Worst(outcome, mtasts.OutcomeUntested)
	}
	if j.heard.SecondID != "" {
		outcome = mtasts.Worst(outcome, sender.SecondID)
	}
	return outcome
}

func overall(outcomes []mtasts.Outcome) mtasts.Outcome {
	isRefusal := func(o mtasts.Outcome) bool { return o == mtasts.OutcomeRejects }
	taken := slices.DeleteFunc(slices.Clone(outcomes), isRefusal)
	switch {
	case len(taken) == 0:
		return mtasts.OutcomeRejects
	case len(taken) < len(outcomes), slices.Contains(taken, OutcomeSometimes):
		return OutcomeSometimes
	default:
		return mtasts.Worst(taken[0], taken[1:]...)
	}
}
