package assessment

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

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

// isWhole reports whether an answer is one that senders look into.
func isWhole(a survey.Answer) bool {
	return a.Status == http.StatusOK && !a.TooLarge && !a.CutOff && !a.TimedOut
}

// policyHost judges the Policy Host as senders meet it (RFC 8461, section 3.3).
func (j *judge) policyHost() {
	host := j.Seen.PolicyHost
	if host.Addresses.Unseen != "" {
		j.unknown(host.Name, none, sentence(string(host.Addresses.Unseen)), tryAgain)
	}
	if !j.served {
		switch {
		case host.Addresses.Unseen != "" || !j.announced:
		case host.Addresses.Loop:
			j.of(PolicyLoop, host.Name, leads(host.Addresses.CNAMEs, "Nobody can find an address"))
		default:
			j.of(PolicyNoAddress, host.Name, leads(host.Addresses.CNAMEs, "The DNS has neither A nor AAAA records for it"))
		}
		return
	}
	for _, answer := range host.Answers {
		j.answer(host.Name, answer)
	}
	j.texts(host)
}

func (j *judge) answer(host string, a survey.Answer) {
	report := func(code Code, format string, args ...any) {
		j.about(code, host, a.Address, fmt.Sprintf(format, args...))
	}
	if hasty, words := inHaste(a, leastPatience(), "senders wait"); hasty {
		j.unknown(host, a.Address, words, tryLonger)
		return
	}
	port := j.Seen.PolicyHost.Port
	switch a.Reach {
	case survey.Reached:
	case survey.NotPublic:
		report(PolicyNotPublic, "It is in a network for private or special use.")
		return
	case survey.NoRoute:
		j.unknown(host, a.Address, noRoute(a.Address), tryElsewhere)
		return
	case survey.Failed: // Which is nothing that the host does.
		j.unknown(host, a.Address, sentence("port "+port+": "+a.Why), tryElsewhere)
		return
	default:
		report(PolicyUnreachable, "Port %s: %s.", port, a.Why)
		return
	}
	switch {
	case a.TLS.Version != 0:
	case a.TLS.TimedOut:
		j.timeout(host, a, sentence(a.TLS.Failure))
		return
	default:
		j.noHandshake(PolicyTLSFailed, PolicyNoCommon, host, a.Address, a.TLS, sentence(a.TLS.Failure), openssl(host, port, ""))
		return
	}
	if isOld(a.TLS) {
		report(PolicyTLSOld, "It has no newer version than %s.", a.TLS.Version)
	}
	if a.TLS.OldCipher {
		j.oldCipher(PolicyOldCipher, host, a.Address, a.TLS.Cipher)
	}
	if a.TLS.OldGroups {
		j.oldGroups(PolicyOldGroups, host, a.Address)
	}
	j.certificate("policy", host, a.Address, a.TLS.Certificate)
	switch {
	case a.TimedOut:
		j.timeout(host, a, fmt.Sprintf("It was connected to, and gave no whole answer within %s.", a.Waited))
	case a.CutOff:
		report(PolicyCutOff, "%s", sentence(a.Why))
	case a.Status == 0:
		j.unknown(host, a.Address, sentence(a.Why), "Try again.")
	case isRedirect(a):
		report(PolicyRedirect, "It answers %s to %.200q.", status(a.Status), a.Location)
	case a.Status != http.StatusOK:
		report(PolicyStatus, "It answers %s.", status(a.Status))
	case a.TooLarge:
		report(PolicyTooLarge, "It is more than 64 KiB.")
	default:
		j.mediaType(host, a)
	}
	j.pace(host, a)
}

// inHaste reports whether a host was given less time than those have who ask it,
// and not enough: that tells of who looked, not of the host.
func inHaste(a survey.Answer, patience time.Duration, who string) (bool, string) {
	return a.Waited > 0 && a.Waited < patience, fmt.Sprintf("It gave no answer within %s, but %s longer.", a.Waited.Round(10*time.Millisecond), who)
}

// leastPatience is that of the most impatient sender.
func leastPatience() time.Duration {
	least := time.Duration(math.MaxInt64)
	for _, sender := range mtasts.Senders() {
		if sender.Patience > 0 {
			least = min(least, sender.Patience)
		}
	}
	return least
}

func isOld(t *survey.TLS) bool { return t.Version < 0x0303 } // Before TLS 1.2.

func isRedirect(a survey.Answer) bool { return a.Status >= 300 && a.Status < 400 && a.Location != "" }

// mediaType: the standard has senders look at it, and some do (section 3.2).
func (j *judge) mediaType(host string, a survey.Answer) {
	if mtasts.IsMediaType(a.ContentType) {
		return
	}
	seen := "It comes without a Content-Type."
	if a.ContentType != "" {
		seen = fmt.Sprintf("Its Content-Type is %.60q.", a.ContentType)
	}
	outcomes := make(map[mtasts.Outcome][]string)
	for _, sender := range mtasts.Senders() {
		outcomes[sender.MediaType] = append(outcomes[sender.MediaType], sender.Name)
	}
	p := j.problem(PolicyMediaType, host, a.Address, seen)
	p.Effect, p.RefusedBy = reactions(outcomes), outcomes[mtasts.OutcomeRejects]
	j.put(p)
}

// pace holds the time that an answer took against the patience of senders.
func (j *judge) pace(host string, a survey.Answer) {
	if gone, _ := waiting(a.Took); len(gone) > 0 && isWhole(a) {
		p := j.problem(PolicySlow, host, a.Address, fmt.Sprintf("The answer took %s.", a.Took.Round(100*time.Millisecond)))
		p.Effect, p.RefusedBy = givenUp(gone), namesOf(gone)
		j.put(p)
	}
}

// timeout judges a host that was waited for in vain, and for less than some may
// wait.
func (j *judge) timeout(host string, a survey.Answer, seen string) {
	gone, left := waiting(a.Waited)
	p := j.problem(PolicyTimeout, host, a.Address, seen)
	p.Effect, p.RefusedBy = givenUp(gone), namesOf(gone)
	for _, sender := range left {
		p.Effect += fmt.Sprintf(" %s waits for %s.", sender.Name, seconds(sender.Patience))
	}
	p.Effect += " How long others wait is not known."
	j.put(p)
}

// waiting tells the senders that have given up after a time from those that are
// known to wait longer.
func waiting(wait time.Duration) (gone, left []mtasts.Sender) {
	for _, sender := range mtasts.Senders() {
		switch {
		case sender.Patience == 0:
		case sender.Patience <= wait:
			gone = append(gone, sender)
		default:
			left = append(left, sender)
		}
	}
	return gone, left
}

func givenUp(gone []mtasts.Sender) string {
	var timed []string
	for _, sender := range gone {
		timed = append(timed, fmt.Sprintf("%s (after %s)", sender.Name, seconds(sender.Patience)))
	}
	return fmt.Sprintf("By then %s %s given up, and %s on as if there were no policy, save one from before.", and(timed), verb(timed, "has", "have"), verb(timed, "goes", "go"))
}

func seconds(d time.Duration) string { return amount(int(d/time.Second), "second") }

func namesOf(senders []mtasts.Sender) []string {
	var names []string
	for _, sender := range senders {
		names = append(names, sender.Name)
	}
	return names
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
		p.Effect = strings.TrimSpace(reactions(t.outcomes) + " " + strings.Join(t.effects, " "))
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
	outcomes map[mtasts.Outcome][]string // Senders.
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
				known[is] = &trait{trait: is, line: finding.Line, seen: atLine(finding.Line, finding.Message), outcomes: make(map[mtasts.Outcome][]string)}
				traits = append(traits, known[is])
			}
			t := known[is]
			t.outcomes[finding.Outcome] = append(t.outcomes[finding.Outcome], verdict.Sender)
			if finding.Effect != "" {
				t.effects = append(t.effects, finding.Effect+".")
			}
		}
	}
	for _, t := range traits { // Whoever finds nothing takes it.
		for _, verdict := range verdicts {
			if !t.names(verdict.Sender) {
				t.outcomes[mtasts.OutcomeAccepts] = append(t.outcomes[mtasts.OutcomeAccepts], verdict.Sender)
			}
		}
	}
	return traits
}

func (t *trait) names(sender string) bool {
	for _, senders := range t.outcomes {
		for _, name := range senders {
			if name == sender {
				return true
			}
		}
	}
	return false
}

// reactions says which senders do what about a policy.
func reactions(outcomes map[mtasts.Outcome][]string) string {
	var said []string
	if refuse := outcomes[mtasts.OutcomeRejects]; len(refuse) > 0 {
		said = append(said, fmt.Sprintf("%s %s the policy, and %s on as if there were none, save one from before.", and(refuse), verb(refuse, "refuses", "refuse"), verb(refuse, "goes", "go")))
	}
	if take := outcomes[mtasts.OutcomeAccepts]; len(take) > 0 {
		said = append(said, fmt.Sprintf("%s %s it.", and(take), verb(take, "takes", "take")))
	}
	if untested := outcomes[mtasts.OutcomeUntested]; len(untested) > 0 {
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

func atLine(line int, message string) string {
	if line == 0 {
		return sentence(message)
	}
	return sentence(fmt.Sprintf("line %d: %s", line, message))
}

// status words a status ourselves: what the host says in its place may be anything.
func status(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d %s", code, text)
	}
	return fmt.Sprint(code)
}
