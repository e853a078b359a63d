package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// runPolicyHistory tells what was published for a domain.
func runPolicyHistory(ctx context.Context, t terminal, args []string) error {
	var at location
	var asJSON bool
	named, err := flags("policy history", args, func(f *flag.FlagSet) {
		at.define(f)
		f.BoolVar(&asJSON, "json", false, "print it as JSON, for programs")
	})
	if err != nil {
		return err
	}
	domain, err := oneDomain("policy history", named)
	if err != nil {
		return err
	}
	d, err := at.openToRead(ctx, t)
	if err != nil {
		return err
	}
	publications, err := d.publications(ctx, domain)
	if err != nil {
		return d.explain(err)
	}
	if asJSON {
		err := printJSON(t.stdout, struct {
			Domain       string           `json:"domain"`
			Publications []publicationRow `json:"publications"`
		}{domain, publications})
		if err == nil && len(publications) == 0 {
			return errProblems
		}
		return err
	}
	if len(publications) == 0 {
		fmt.Fprintf(t.stdout, "Nothing was ever published for %s.\n", domain)
		return errProblems
	}
	for _, p := range publications {
		p.print(t.stdout)
	}
	return nil
}

func oneDomain(command string, named []string) (string, error) {
	if len(named) != 1 {
		return "", misusef("%s takes one domain", command)
	}
	return mtasts.ParseDomain(named[0])
}

// publicationRow is what history prints of a publication; docs/publication.md
// describes it.
type publicationRow struct {
	Number      int                   `json:"number"` // The oldest that is kept is 1.
	PublishedAt time.Time             `json:"published_at"`
	Mode        mtasts.Mode           `json:"mode"`
	MaxAge      int                   `json:"max_age"`
	MX          []string              `json:"mx"`
	ID          string                `json:"id"`
	DNS         publication.DNS       `json:"dns,omitempty"`
	PassedBy    *publication.Override `json:"passed_by,omitempty"`
	Retiring    bool                  `json:"retiring,omitempty"`
	Served      bool                  `json:"served,omitempty"` // It is what is served now.
}

// publications gives everything that was ever served for a domain, the newest
// first.
func (d deployment) publications(ctx context.Context, domain string) ([]publicationRow, error) {
	history, isServed, err := d.history(ctx, domain)
	if err != nil {
		return nil, err
	}
	rows := make([]publicationRow, len(history))
	for i, p := range publication.Corrected(history, d.teller.terminal.now()) {
		rows[i] = publicationRow{
			Number: i + 1, PublishedAt: p.PublishedAt, Mode: p.Mode, MaxAge: p.MaxAge, MX: p.MX, ID: p.ID,
			DNS: p.DNS, PassedBy: p.PassedBy, Retiring: p.Retiring, Served: isServed(history[i]),
		}
	}
	slices.Reverse(rows)
	return rows, nil
}

// history is everything that was ever served for a domain, the oldest first, and
// what says of each whether it is served now.
func (d deployment) history(ctx context.Context, domain string) ([]publication.Published, func(publication.Published) bool, error) {
	served, is, err := d.state.Published(ctx, domain)
	if err != nil {
		return nil, nil, fmt.Errorf("read what is served for %s: %w", domain, err)
	}
	history, err := d.state.History(ctx, domain)
	if err != nil {
		return nil, nil, fmt.Errorf("read the history of %s: %w", domain, err)
	}
	isServed := func(p publication.Published) bool { return is && p.PublishedAt.Equal(served.PublishedAt) }
	if is && !slices.ContainsFunc(history, isServed) {
		history = append(history, served) // It comes into history just after it is served.
	}
	return history, isServed, nil
}

// past is what was served for a domain, and senders may hold.
type past struct {
	served  []publication.Published // The oldest first, each with its AnnouncedAt.
	serving bool                    // The last of them is served now.
	status  publication.Status
}

func (d deployment) past(ctx context.Context, domain string) (past, error) {
	served, isServed, err := d.history(ctx, domain)
	if err != nil {
		return past{}, err
	}
	status, _, err := d.state.Status(ctx, domain)
	if err != nil {
		return past{}, fmt.Errorf("read the status of %s: %w", domain, err)
	}
	p := past{served: served, status: status}
	if last := len(served) - 1; last >= 0 && isServed(served[last]) {
		served[last], p.serving = status.Date(served[last]), true
	}
	p.served = publication.Corrected(served, d.teller.terminal.now())
	return p, nil
}

// current is what is served now; false where nothing is.
func (p past) current() (publication.Published, bool) {
	if !p.serving {
		return publication.Published{}, false
	}
	return p.served[len(p.served)-1], true
}

func (p publicationRow) print(w io.Writer) {
	mark := ""
	if p.Served {
		mark = ", served now"
	}
	fmt.Fprintf(w, "%d  %s  mode %s, max_age %d%s\n", p.Number, p.PublishedAt.UTC().Format(time.RFC3339), p.Mode, p.MaxAge, mark)
	fmt.Fprintf(w, "    id %s\n    mx %s\n", p.ID, strings.Join(p.MX, ", "))
	if p.Retiring {
		fmt.Fprintln(w, "    Its item was gone.")
	}
	if by := p.PassedBy; by != nil && p.PublishedAt.Before(by.Until) {
		fmt.Fprintf(w, "    Let pass until %s (%s): %s\n", minute(by.Until), joined(by.Rules), digest.Readable(by.Reason, maxShown))
	}
}

func joined(rules []publication.Rule) string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = string(rule)
	}
	return strings.Join(names, ", ")
}

// printJSON prints a value for programs.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
