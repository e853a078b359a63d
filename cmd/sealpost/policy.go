package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// runPolicyLint reads one policy text as each known sender would.
func runPolicyLint(_ context.Context, t terminal, args []string) error {
	operands, err := flags("policy lint", args, func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	if len(operands) != 1 {
		return errors.New("policy lint takes one file, or - for standard input")
	}
	text, err := readPolicyText(t, operands[0])
	if err != nil {
		return err
	}
	if looksLikeItem(text) {
		return fmt.Errorf("%s is an item, by which people say what is to be published, and not the text of a policy, as senders read it; once sealpost local or a stack has it, %s status says what is wrong with it", operands[0], t.name)
	}
	rejected := false
	for _, verdict := range mtasts.Lint(text) {
		rejected = rejected || verdict.Outcome == mtasts.OutcomeRejects
		sayVerdict(t.stdout, verdict)
	}
	if advice := mtasts.Advise(text); len(advice) > 0 {
		fmt.Fprintln(t.stdout, "\nAdvice:")
		for _, a := range advice {
			fmt.Fprintf(t.stdout, "  %s%s\n", atLine(a.Line), a.Message)
		}
	}
	if _, err := mtasts.Parse(text); err != nil || rejected {
		return errProblems
	}
	return nil
}

// looksLikeItem tells an item, also one with a mistake in its JSON, from the text of
// a policy.
func looksLikeItem(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) && bytes.Contains(text, []byte(`"mode"`))
}

// maxPolicyText is more than the most patient sender reads.
const maxPolicyText = 1 << 20

func readPolicyText(t terminal, name string) ([]byte, error) {
	source := t.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		source = file
	}
	text, err := io.ReadAll(io.LimitReader(source, maxPolicyText+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxPolicyText {
		return nil, fmt.Errorf("%s is over %d bytes: that is no policy", name, maxPolicyText)
	}
	return text, nil
}

func sayVerdict(w io.Writer, v mtasts.Verdict) {
	basis := ""
	if v.Basis == mtasts.BasisRead {
		basis = " (from reading its code)"
	}
	fmt.Fprintf(w, "%-28s %s%s\n", v.Sender, v.Outcome, basis)
	for _, finding := range v.Findings {
		fmt.Fprintf(w, "    %s%s\n", atLine(finding.Line), finding)
	}
}

func atLine(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf("line %d: ", line)
}

// runPolicyShow shows what is served, and how the last edits fared.
func runPolicyShow(ctx context.Context, t terminal, args []string) error {
	var dir string
	named, err := flags("policy show", args, func(f *flag.FlagSet) { f.StringVar(&dir, "dir", defaultDir, "the `FOLDER` that everything is kept in") })
	if err != nil {
		return err
	}
	away := ofLocal(dir)
	if away != nil && !isAway(away) {
		return away
	}
	s, err := newSite(dir, acceptHosted, t.now)
	if err != nil {
		return err
	}
	domains, err := s.domainsNamed(named)
	if err != nil {
		return err
	}
	if len(domains) == 0 {
		fmt.Fprintf(t.stdout, "No policy is known here yet. Write %s, and run sealpost local.\n", s.items.Path("<domain>"))
	}
	problems := false
	for i, domain := range domains {
		if i > 0 {
			fmt.Fprintln(t.stdout)
		}
		status, err := s.showPolicy(ctx, t, domain)
		if err != nil {
			return fmt.Errorf("read the policy of %s: %w", domain, err)
		}
		problems = problems || status.State == publication.StateRefused || status.State == "" || status.Obstacle != "" || status.Drift != ""
	}
	switch {
	case away != nil:
		return away
	case problems:
		return errProblems
	default:
		return nil
	}
}

// domainsNamed gives the domains that were named, or else all.
func (s *site) domainsNamed(named []string) ([]string, error) {
	if len(named) > 0 {
		return parseDomains(named)
	}
	var domains []string
	for domain, err := range s.state.Domains() {
		if err != nil {
			return nil, err
		}
		domains = append(domains, domain)
	}
	return domains, nil
}

func (s *site) showPolicy(ctx context.Context, t terminal, domain string) (publication.Status, error) {
	w := t.stdout
	published, served, err := s.state.Published(ctx, domain)
	if err != nil {
		return publication.Status{}, err
	}
	status, known, err := s.state.Status(ctx, domain)
	if err != nil {
		return publication.Status{}, err
	}
	if !known {
		fmt.Fprintf(w, "%s: nothing is known here; write %s\n", domain, s.items.Path(domain))
		return status, nil
	}
	fmt.Fprintf(w, "%s: %s, %s\n", domain, status.State, status.UpdatedAt.Format(time.RFC3339))
	details := s.teller(t).details(status)
	for _, detail := range details {
		fmt.Fprintf(w, "  %s\n", detail)
	}
	if !served {
		if len(details) == 0 {
			fmt.Fprintln(w, "  Nothing is served.")
		}
		return status, nil
	}
	fmt.Fprintf(w, "  Served at https://%s%s since %s:\n", mtasts.PolicyHost(domain), mtasts.PolicyPath,
		published.Since().UTC().Format(time.RFC3339))
	for line := range strings.Lines(published.Body) {
		fmt.Fprintf(w, "    %s", line)
	}
	fmt.Fprintf(w, "  TXT record that goes with it:\n    %s. IN TXT \"%s\"\n", mtasts.RecordName(domain), mtasts.Record{ID: published.ID})
	return status, nil
}
