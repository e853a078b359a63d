package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sealpost/internal/assessment"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
	"sealpost/internal/survey"
)

const checkArgs = "[-json] [-dir DIR|-stack NAME] [-resolver ADDRESS] [-roots FILE] [-timeout TIME] [-parallel NUMBER] [-without-smtp] [-allow-private] DOMAIN...|-"

// checkOptions are those of a check.
type checkOptions struct {
	asJSON   bool
	at       location
	resolver string
	roots    string
	looker   survey.Looker
	parallel int
}

// runCheck looks at domains from outside, as those who send mail to them do.
func runCheck(ctx context.Context, t terminal, args []string) error {
	ctx, stop := untilInterrupted(ctx)
	defer stop()
	o := checkOptions{looker: survey.Looker{Now: t.now, Hello: helloName()}}
	named, err := flags("check", args, o.define)
	if err != nil {
		return err
	}
	if err := o.prepare(); err != nil {
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

func (o *checkOptions) define(f *flag.FlagSet) {
	f.BoolVar(&o.asJSON, "json", false, "print it as JSON, for programs")
	o.at.define(f)
	o.at.dir, f.Lookup("dir").DefValue = "", "" // Whoever names neither asks about domains of others.
	f.Func("resolver", "the `ADDRESS` of the resolver to ask, such as 9.9.9.9 or 127.0.0.1:5353, in place of the system's", o.setResolver)
	f.StringVar(&o.roots, "roots", "", "a `FILE` with the certificates to trust, in place of the system's")
	definePort(f, &o.looker.SMTPPort, "smtp-port", "25", "the `PORT` of mail servers")
	definePort(f, &o.looker.HTTPSPort, "https-port", "443", "the `PORT` of Policy Hosts")
	o.looker.Timeout = 30 * time.Second
	f.Func("timeout", "the `TIME` that each host has; to be connected to, a third of it", o.setTimeout)
	f.Lookup("timeout").DefValue = "30s"
	f.IntVar(&o.parallel, "parallel", 10, "how many domains to look at at once, a `NUMBER`")
	f.BoolVar(&o.looker.WithoutSMTP, "without-smtp", false, "do not wait for mail servers where port 25 is closed anyway; what only they can tell is not told then")
	f.BoolVar(&o.looker.Internal, "allow-private", false, "also connect to addresses that the Internet does not reach, such as 10.0.0.1")
}

func (o *checkOptions) setResolver(address string) error {
	o.resolver = withPort(address, "53")
	host, port, err := net.SplitHostPort(o.resolver)
	if err != nil || !isPort(port) || !isHost(host) {
		return errors.New("it must be an address such as 9.9.9.9, or one with a port, 127.0.0.1:5353")
	}
	return nil
}

func (o *checkOptions) setTimeout(text string) (err error) {
	if o.looker.Timeout, err = time.ParseDuration(text); err == nil {
		return nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return fmt.Errorf("it has no unit; write %ss for seconds", text)
	}
	return errors.New("it must be a time such as 5s or 1m30s")
}

func definePort(f *flag.FlagSet, port *string, name, usual, usage string) {
	*port = usual
	f.Func(name, usage, func(text string) error {
		if !isPort(text) {
			return errors.New("it must be a number from 1 to 65535")
		}
		*port = text
		return nil
	})
	f.Lookup(name).DefValue = usual
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// isHost reports whether text is an address, or may be the name of a host.
func isHost(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || hostName.MatchString(text)
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$`)

// resolverFile is where systems name their resolvers.
const resolverFile = "/etc/resolv.conf"

func (o *checkOptions) prepare() (err error) {
	switch {
	case o.looker.Timeout <= 0:
		return misusef("-timeout is %s; it must be more than 0", o.looker.Timeout)
	case o.parallel < 1:
		return misusef("-parallel is %d; it must be 1 or more", o.parallel)
	case o.at.dir != "" && o.at.stack != "":
		return misusef("name a folder with -dir or a stack with -stack, not both")
	}
	if o.looker.Roots, err = readRoots(o.roots); err != nil {
		return err
	}
	if o.resolver != "" {
		o.looker.NameServers = []string{o.resolver}
		return nil
	}
	if o.looker.NameServers, err = survey.SystemNameServers(resolverFile); err != nil {
		return fmt.Errorf("the system's resolver is not known: %w; name one with -resolver", err)
	}
	return nil
}

// readRoots gives nil for those that the system trusts, if it trusts any: else
// every certificate would look bad.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		if system, err := x509.SystemCertPool(); err != nil || system.Equal(x509.NewCertPool()) {
			return nil, errors.New("this system knows no certificate authority; install its package of them (ca-certificates), or name a file with -roots")
		}
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in it; it must be PEM", file)
	}
	return roots, nil
}

func withPort(address, port string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), port)
}

// helloName is the name of this machine, where it has a full one. Mail servers
// are told it.
func helloName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	if full, err := mtasts.ParseDomain(name); err == nil {
		return full
	}
	return ""
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
