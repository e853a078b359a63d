package assessment

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// isWhole reports whether an answer is one that senders look into.
func isWhole(a survey.Answer) bool {
	return a.Status == http.StatusOK && !a.TooLarge && !a.CutOff && !a.TimedOut
}

// policyHost judges the Policy Host as senders meet it (RFC 8461, section 3.3).
func (j *judge) policyHost() {
	host := j.Seen.PolicyHost
	if host.Addresses.Unseen != "" {
		j.unseen(host.Name, host.Addresses.Unseen, host.Addresses.LimitReached)
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

// answer judges what an address makes of a sender that comes to it.
func (j *judge) answer(host string, a survey.Answer) {
	port := j.Seen.PolicyHost.Port
	hasty, words := inHaste(a, leastPatience(), "senders wait")
	switch {
	case hasty:
		j.unknown(host, a.Address, words, tryLonger)
	case a.Reach == survey.NotPublic:
		j.about(PolicyNotPublic, host, a.Address, "It is in a network for private or special use.")
	case a.Reach == survey.NoRoute:
		j.unknown(host, a.Address, noRoute(a.Address), tryElsewhere)
	case a.Reach == survey.Failed: // Which is nothing that the host does.
		j.unknown(host, a.Address, sentence("port "+port+": "+a.Why), tryElsewhere)
	case a.Reach != survey.Reached:
		j.about(PolicyUnreachable, host, a.Address, fmt.Sprintf("Port %s: %s.", port, a.Why))
	case a.TLS.TimedOut:
		j.timeout(host, a, sentence(a.TLS.Failure))
	default:
		j.tls(policyTLS, host, port, a.Address, a.TLS)
		if a.TLS.Version != 0 {
			j.response(host, a)
		}
	}
}

// response judges the answer in HTTP (RFC 8461, section 3.3).
func (j *judge) response(host string, a survey.Answer) {
	report := func(code Code, format string, args ...any) {
		j.about(code, host, a.Address, fmt.Sprintf(format, args...))
	}
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
	p := j.problem(PolicyMediaType, host, a.Address, seen)
	j.put(p.differing(outcomesBy(func(s mtasts.Sender) mtasts.Outcome { return s.MediaType })))
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

// status words a status ourselves: what the host says in its place may be anything.
func status(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d %s", code, text)
	}
	return fmt.Sprint(code)
}
