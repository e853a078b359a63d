package publication

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/trust"
)

// Guards keep a policy from being published that would stop the mail of its
// domain. RFC 8461, section 10, tells what there is to be afraid of.
type Guards struct {
	Resolver  Resolver
	Evidence  EvidenceStore
	Brake     BrakeStore
	Directory Directory
	Signers   trust.Signers // Whose reports are evidence.
	HTTPSOnly bool          // Reports come in by HTTPS alone, so there can be no evidence.
}

// change is what is about to be published.
type change struct {
	wanted  Published
	history history // Of the domain, without what is wanted.
	counts  bool    // The brake is to count it.
}

// lets says whether the item wants a rule broken.
func (c change) lets(rule Rule) bool {
	return c.wanted.Override.Lets(rule, c.wanted.PublishedAt)
}

// before is what the item asked for before; false where there was no item.
func (c change) before() (Published, bool) {
	asked := c.history.asked(c.wanted.PublishedAt)
	if len(asked) == 0 {
		return Published{}, false
	}
	return asked[len(asked)-1], true
}

const (
	week       = 7 * 24 * time.Hour
	rampMaxAge = 86400 // Seconds.
)

// judge says why a change is not to be made. The brake comes last: it counts
// what all others let pass.
func (g Guards) judge(ctx context.Context, c change) ([]Problem, error) {
	problems, err := g.enforceable(ctx, c)
	if err != nil {
		return nil, err
	}
	if !c.lets(RuleMaxAgeRamp) && c.history.ramps(c.wanted) {
		problems = append(problems, tooLong(c))
	}
	if len(problems) > 0 || !c.counts {
		return problems, nil
	}
	return g.brake(ctx, c.wanted)
}

// enforceable asks the rules that say whether the domain's mail would go on.
func (g Guards) enforceable(ctx context.Context, c change) ([]Problem, error) {
	problems := g.mx(ctx, c)
	if c.lets(RuleTestingFirst) {
		return problems, nil
	}
	untested, err := g.testingFirst(ctx, c)
	return append(problems, untested...), err
}

// BeforeEnforce says what would keep a domain from enforce, by the rules
// mx-covered and testing-first, if its item asked now for enforce in place of
// the mode that is served; nothing where it could have it.
func (g Guards) BeforeEnforce(ctx context.Context, store HistoryStore, served Published, now time.Time) ([]Problem, error) {
	history, err := readHistory(ctx, store, served, now)
	if err != nil {
		return nil, err
	}
	wanted := served
	wanted.Mode, wanted.PublishedAt = mtasts.ModeEnforce, now
	return g.enforceable(ctx, change{wanted: wanted, history: history})
}

// mx holds the policy to the MX records of the domain, as senders do
// (RFC 8461, section 4.1).
func (g Guards) mx(ctx context.Context, c change) []Problem {
	before, had := c.before()
	covers := c.wanted.Mode == mtasts.ModeEnforce && !c.lets(RuleMXCovered)
	keeps := had && before.Mode != mtasts.ModeNone && c.wanted.Mode != mtasts.ModeNone && !c.lets(RuleMXStillListed) &&
		slices.ContainsFunc(before.MX, func(pattern string) bool { return !slices.Contains(c.wanted.MX, pattern) })
	if !covers && !keeps {
		return nil
	}
	rule := RuleMXStillListed
	if covers {
		rule = RuleMXCovered
	}
	hosts, err := g.Resolver.MX(ctx, c.wanted.Domain)
	if err != nil {
		return []Problem{{Rule: rule, Message: fmt.Sprintf("the MX records of %s cannot be read now, so it cannot be told which hosts the policy must allow; it is tried again within the hour: %v", c.wanted.Domain, err)}}
	}
	if covers {
		if problem, is := nothingToEnforce(c.wanted.Domain, hosts); is {
			return []Problem{problem}
		}
	}
	var problems []Problem
	for _, host := range hosts {
		switch {
		case allows(c.wanted.MX, host):
		case covers:
			problems = append(problems, Problem{RuleMXCovered, "/mx", fmt.Sprintf("%s is an MX of %s, and no mx here allows it: senders would not deliver to it any more. Add it to mx, or take it out of the DNS first", host, c.wanted.Domain)})
		case keeps && allows(before.MX, host):
			problems = append(problems, Problem{RuleMXStillListed, "/mx", fmt.Sprintf("%s is taken out of mx while it still is an MX of %s. Take it out of the DNS first, wait until its TTL is over, then take it out here", host, c.wanted.Domain)})
		}
	}
	return problems
}

func nothingToEnforce(domain string, hosts []string) (Problem, bool) {
	switch {
	case len(hosts) == 0:
		return Problem{RuleMXCovered, "/mode", fmt.Sprintf("%s has no MX record, so there is no host that mode enforce could hold senders to. Give it one first", domain)}, true
	case slices.Contains(hosts, ""):
		return Problem{RuleMXCovered, "/mode", fmt.Sprintf("%s has a null MX (RFC 7505): it takes no mail, so there is nothing to enforce. Set mode to none, or delete the item", domain)}, true
	default:
		return Problem{}, false
	}
}

func allows(patterns []string, host string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return mtasts.MatchMX(pattern, host) })
}

// testingFirst has senders try a policy out for a week before it can stop mail
// (RFC 8461, section 5, describes the mode testing).
func (g Guards) testingFirst(ctx context.Context, c change) ([]Problem, error) {
	if before, had := c.before(); c.wanted.Mode != mtasts.ModeEnforce || had && before.Mode == mtasts.ModeEnforce {
		return nil, nil
	}
	refuse := func(format string, args ...any) []Problem {
		return []Problem{{RuleTestingFirst, "/mode", fmt.Sprintf(format, args...)}}
	}
	since, testing := c.history.tested()
	if !testing {
		return refuse("enforce comes after a week of testing, in which senders report what they would not have delivered. Set mode to testing"), nil
	}
	evidence, err := g.Evidence.Evidence(ctx, c.wanted.Domain)
	if err != nil {
		return nil, fmt.Errorf("read what reports say of %s: %w", c.wanted.Domain, err)
	}
	now, from := c.wanted.PublishedAt, since.Add(week)
	report, failure := g.counting(evidence, now)
	clean := failure.LastFailure.Add(week)
	reported := report.LastReport.After(since)
	switch {
	case failure.LastFailure.After(since) && now.Before(clean):
		return refuse("%s. Enforce comes a week after the last: on %s, automatically, if there are no more", failing(failure), day(clean)), nil
	case now.Before(from) && reported:
		return refuse("the policy has been in testing since %s, and enforce comes after a week of it: on %s, automatically, if no authenticated report has failures. The last one so far is signed by %s", day(since), day(from), report.Signer), nil
	case now.Before(from) && g.HTTPSOnly:
		return refuse("the policy has been in testing since %s, and enforce comes after a week of it. %s", day(since), httpsOnly), nil
	case now.Before(from):
		return refuse("the policy has been in testing since %s, and enforce comes after a week of it: on %s, automatically, if an authenticated report has arrived by then and none has failures. None has arrived so far", day(since), day(from)), nil
	case reported:
		return nil, nil
	case g.HTTPSOnly:
		return refuse("no authenticated report about the policy has arrived since testing began on %s. %s", day(since), httpsOnly), nil
	default:
		return refuse("no authenticated report about the policy has arrived since testing began on %s, so it is not known whether senders can deliver. "+
			"Reports by HTTPS do not count here, since they carry no proof of their sender. "+
			"Check that the TXT record _smtp._tls.%s is right and has a mailto: address. Sealpost checks again within the hour", day(since), c.wanted.Domain), nil
	}
}

// httpsOnly says why the rule testing-first cannot be satisfied, and how to go on.
const httpsOnly = "Only DKIM-signed reports by email count, and here reports come in by HTTPS only. " +
	"Turn on email intake, or read the digest and set an override for testing-first"

// counting returns the last report and the last failure of the signers that are trusted.
// A failure also counts where its signer is no longer kept.
func (g Guards) counting(e Evidence, now time.Time) (report, failure SignerEvidence) {
	for _, s := range e.Signers {
		s.LastReport, s.LastFailure = notAhead(s.LastReport, now), notAhead(s.LastFailure, now)
		if g.Signers.Trusts(s.Signer) && s.LastReport.After(report.LastReport) {
			report = s
		}
		if !g.Signers.Distrusts(s.Signer) && s.LastFailure.After(failure.LastFailure) {
			failure = s
		}
	}
	return report, failure
}

// failing says who signed the report with the last failure, and what to do about it.
func failing(s SignerEvidence) string {
	if s.Signer == "" {
		return fmt.Sprintf("one of more than %d signers reported failures up to %s: fix what the digest says of them, or set an override for testing-first if they are false", MaxSigners, day(s.LastFailure))
	}
	return fmt.Sprintf("a report signed by %s has failures up to %s: fix what the digest says of them, or list the signer in distrustedSigners (-distrust) if they are false", s.Signer, day(s.LastFailure))
}

// tooLong keeps a mistake in a young policy short: senders hold on to it for
// its max_age, whatever is served by then.
func tooLong(c change) Problem {
	until := c.wanted.PublishedAt
	if since, is := c.history.enforced(c.wanted.PublishedAt); is {
		until = since
	}
	return Problem{RuleMaxAgeRamp, "/max_age", fmt.Sprintf("in the first week of enforce, until %s, max_age is at most %d, so that a mistake is soon forgotten. Leave max_age out, and it grows by itself after that week", day(until.Add(week)), rampMaxAge)}
}

// day words a time for people.
func day(t time.Time) string {
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
