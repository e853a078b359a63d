package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sealpost/internal/assessment"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/survey"
)

const checkArgs = "[-json] [-dir DIR|-stack NAME] [-resolver ADDRESS] [-roots FILE] [-timeout TIME] [-parallel NUMBER] [-without-smtp] [-allow-private] [-https-port PORT] [-smtp-port PORT] DOMAIN...|-"

// runCheck looks at domains from outside, as those who send mail to them do.
func runCheck(ctx context.Context, t terminal, args []string) error {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	o := checkOptions{looker: survey.Looker{Now: t.now, Hello: helloName()}}
	named, err := flags("check", args, o.define)
	if err != nil {
		return err
	}
	if err := o.prepare(ctx); err != nil {
		return err
	}
	c := checker{options: &o}
	if o.at != (location{}) {
		opened, err := o.at.open(ctx, t)
		if err != nil {
			return err
		}
		c.hosted = &opened
	}
	domains, err := c.domains(ctx, t, named)
	if err != nil {
		return err
	}
	all, err := c.checkAll(ctx, t, domains)
	switch {
	case err == nil:
		return o.report(t, all)
	case ctx.Err() != nil:
		return o.reportSome(t, all, len(domains))
	default:
		return err
	}
}

// reportSome prints what was come to before the interruption.
func (o *checkOptions) reportSome(t terminal, all []assessment.Assessment, of int) error {
	if len(all) > 0 {
		if err := o.print(t, all); err != nil {
			return err
		}
	}
	return fmt.Errorf("the check was interrupted; %d of %d domains were looked at", len(all), of)
}

// checker checks domains.
type checker struct {
	options *checkOptions
	hosted  *deployment // Nil where they are not hosted by us.
}

// domains gives those that are named, with "-" those of standard input, and
// without any all that are hosted.
func (c checker) domains(ctx context.Context, t terminal, named []string) ([]string, error) {
	switch {
	case len(named) == 0 && c.hosted == nil:
		return nil, misusef("check takes domains")
	case len(named) == 0:
		return c.allHosted(ctx)
	case slices.Equal(named, []string{"-"}):
		return onStdin(t)
	default:
		domains, err := parseDomains(named)
		return unique(domains), err
	}
}

// allHosted gives the domains that are hosted, and not those that have left.
func (c checker) allHosted(ctx context.Context) ([]string, error) {
	statuses, err := c.hosted.allStatuses(ctx)
	if err != nil {
		return nil, c.hosted.explain(err)
	}
	var domains []string
	for _, status := range statuses {
		if status.State != publication.StateRetired {
			domains = append(domains, status.Domain)
		}
	}
	if len(domains) == 0 {
		return nil, errors.New("no domain is hosted here yet")
	}
	return domains, nil
}

// onStdin gives the domains on standard input. What follows a # is a comment, and a
// hyphen before a domain is the list's.
func onStdin(t terminal) ([]string, error) {
	var domains []string
	scanner := bufio.NewScanner(t.stdin)
	for line := 1; scanner.Scan(); line++ {
		text, _, _ := strings.Cut(scanner.Text(), "#")
		named := slices.DeleteFunc(strings.Fields(text), func(word string) bool { return word == "-" })
		parsed, err := parseDomains(named)
		if err != nil {
			return nil, fmt.Errorf("line %d of standard input: %w", line, err)
		}
		domains = append(domains, parsed...)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading standard input: %w", err)
	}
	if len(domains) == 0 {
		return nil, errors.New("standard input names no domain")
	}
	return unique(domains), nil
}

// unique leaves out what is named again.
func unique(domains []string) []string {
	known := make(map[string]bool)
	return slices.DeleteFunc(domains, func(domain string) bool {
		again := known[domain]
		known[domain] = true
		return again
	})
}

// checkAll checks domains side by side, and gives what came of it in their order:
// of all of them, unless there is an error.
func (c checker) checkAll(ctx context.Context, t terminal, domains []string) ([]assessment.Assessment, error) {
	all := make([]*assessment.Assessment, len(domains))
	bar := newBar(t, "check", len(domains))
	if len(domains) == 1 {
		bar = newClock(t, "check "+domains[0])
	}
	workers, working := errgroup.WithContext(ctx)
	workers.SetLimit(c.options.parallel)
	for i, domain := range domains {
		workers.Go(func() error {
			hosted, err := c.knownOf(working, domain)
			if err != nil {
				return err
			}
			seen := c.options.looker.Look(working, domain)
			if working.Err() != nil { // Then not all of it was seen.
				return working.Err()
			}
			assessed := assessment.Of(seen, hosted)
			all[i] = &assessed
			bar.done()
			return nil
		})
	}
	err := workers.Wait()
	bar.end()
	var done []assessment.Assessment
	for _, assessed := range all {
		if assessed != nil {
			done = append(done, *assessed)
		}
	}
	return done, err
}

// knownOf tells what is known of a domain that is hosted by us, or was; nil of
// others.
func (c checker) knownOf(ctx context.Context, domain string) (*assessment.Hosted, error) {
	if c.hosted == nil {
		return nil, nil
	}
	past, err := c.hosted.past(ctx, domain)
	if err != nil {
		return nil, c.hosted.explain(err)
	}
	if len(past.served) == 0 {
		return nil, nil
	}
	current, _ := past.current()
	return &assessment.Hosted{ID: current.ID, Kept: past.kept(c.options.looker.Now())}, nil
}

// kept are the policies from before that senders may hold.
func (p past) kept(now time.Time) []assessment.Kept {
	served := p.served
	if p.serving {
		served = publication.AnnouncedBy(now, served)
	}
	var kept []assessment.Kept
	for _, hold := range slices.Backward(publication.Holds(served)) {
		if hold.Policy.Mode != mtasts.ModeNone && hold.Until.After(now) {
			stillTaken := !hold.TakenUp.Before(now)
			kept = append(kept, assessment.Kept{Mode: hold.Policy.Mode, MX: hold.Policy.MX, Until: hold.Until, Earliest: stillTaken})
		}
	}
	return kept
}

// report prints the assessments: of one domain all, of many those where there is
// something to do, and a line for each.
func (o *checkOptions) report(t terminal, all []assessment.Assessment) error {
	if err := o.print(t, all); err != nil {
		return err
	}
	var wrong, unseen bool
	for _, a := range all {
		wrong = wrong || a.Wrong() > 0
		unseen = unseen || len(a.Unknown) > 0
	}
	switch {
	case wrong:
		return errProblems
	case unseen:
		return errUnseen
	default:
		return nil
	}
}

func (o *checkOptions) print(t terminal, all []assessment.Assessment) error {
	switch {
	case o.asJSON:
		return printJSON(t.stdout, struct {
			Domains []assessment.Assessment `json:"domains"`
		}{all})
	case len(all) == 1:
		return all[0].Text(t.stdout)
	}
	for _, a := range all {
		if a.Wrong() == 0 && len(a.Unknown) == 0 {
			continue
		}
		if err := a.Text(t.stdout); err != nil {
			return err
		}
		fmt.Fprintln(t.stdout)
	}
	return assessment.Table(t.stdout, all)
}
