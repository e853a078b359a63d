package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/policyitem"
	"sealpost/internal/publication"
)

// runPolicyRollback has an item ask for what was served before.
func runPolicyRollback(ctx context.Context, t terminal, args []string) error {
	var at location
	var to, reason string
	named, err := flags("policy rollback", args, func(f *flag.FlagSet) {
		at.define(f)
		f.StringVar(&to, "to", "", "the `NUMBER` of a publication, by sealpost policy history, or its id; without it, the one before what is served")
		f.StringVar(&reason, "reason", "", "let the rules "+joined(rollbackRules)+" pass for a day, with this `TEXT` as the reason")
	})
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == policyitem.ReasonPlaceholder {
		return misusef("-reason is %s; write why it is safe", reason)
	}
	domain, err := oneDomain("policy rollback", named)
	if err != nil {
		return err
	}
	d, err := at.open(ctx, t)
	if err != nil {
		return err
	}
	return d.explain(d.rollback(ctx, domain, to, reason))
}

// rollbackRules are those that a way back may break, and that cost no mail if
// what was served before was good. That every MX is covered is no such rule.
var rollbackRules = []publication.Rule{publication.RuleTestingFirst, publication.RuleMaxAgeRamp, publication.RuleMXStillListed}

func (d deployment) rollback(ctx context.Context, domain, to, reason string) error {
	publications, err := d.publications(ctx, domain)
	if err != nil {
		return err
	}
	target, err := targetOf(publications, to)
	if err != nil {
		return fmt.Errorf("%w; see: %s %s", err, d.teller.command("policy history"), domain)
	}
	before, _, err := d.items.Item(ctx, domain)
	if err != nil {
		return fmt.Errorf("read the item of %s: %w", domain, err)
	}
	asked := itemOf(domain, before, target)
	if reason != "" {
		asked.Override = &publication.Override{Reason: reason, Until: d.teller.terminal.now().Add(overrideFor).UTC().Truncate(time.Second), Rules: rollbackRules}
	}
	text, err := json.MarshalIndent(asked, "", "  ")
	if err != nil {
		return err
	}
	done, err := d.items.Replace(ctx, domain, before, append(text, '\n'))
	if err != nil {
		return err
	}
	if !done {
		return fmt.Errorf("somebody else has just edited %s, so it was left as it is; look at it, and try again", d.teller.item(domain))
	}
	d.sayRolledBack(d.teller.terminal.stdout, publications, target, asked)
	return nil
}

// targetOf finds what to go back to. The newest publication comes first.
func targetOf(publications []publicationRow, to string) (publicationRow, error) {
	served := slices.IndexFunc(publications, func(p publicationRow) bool { return p.Served })
	for i, p := range publications {
		switch {
		case to != "" && (to == strconv.Itoa(p.Number) || strings.EqualFold(to, p.ID)):
			return p, nil
		case to == "" && i > served && !p.Retiring && (served < 0 || p.ID != publications[served].ID):
			return p, nil
		}
	}
	if to != "" {
		return publicationRow{}, fmt.Errorf("%q is no publication", to)
	}
	return publicationRow{}, errors.New("there is nothing to go back to")
}

// item is a policy as people edit it.
type item struct {
	Domain   string                `json:"domain"`
	Mode     mtasts.Mode           `json:"mode"`
	MX       []string              `json:"mx"`
	MaxAge   int                   `json:"max_age"`
	DNS      publication.DNS       `json:"dns,omitempty"`
	Override *publication.Override `json:"override,omitempty"`
	Comment  string                `json:"comment,omitempty"`
}

// itemOf asks for a publication, and keeps of an item what is not served. Of one
// that cannot be read there is nothing to keep.
func itemOf(domain string, before publication.Item, target publicationRow) item {
	kept := struct {
		Domain, Comment string
		DNS             publication.DNS
	}{Domain: domain, DNS: target.DNS}
	if err := json.Unmarshal(before.Text, &kept); err != nil {
		kept.Domain, kept.DNS, kept.Comment = domain, target.DNS, ""
	}
	return item{Domain: kept.Domain, Mode: target.Mode, MX: target.MX, MaxAge: target.MaxAge, DNS: kept.DNS, Comment: kept.Comment}
}

func (d deployment) sayRolledBack(w io.Writer, publications []publicationRow, target publicationRow, asked item) {
	fmt.Fprintf(w, "Now %s asks again for publication %d of %s:\n", d.teller.item(asked.Domain), target.Number, minute(target.PublishedAt))
	fmt.Fprintf(w, "  mode %s, max_age %d, mx %s\n", asked.Mode, asked.MaxAge, strings.Join(asked.MX, ", "))
	if !target.Served {
		fmt.Fprintln(w, "It gets a new id, so that every sender takes note, by a max_age that is served a second or so longer or shorter.")
	}
	fmt.Fprintln(w, d.outcome)
	fmt.Fprintf(w, "It is checked like every edit; see how it fares: %s %s\n", d.teller.command("status"), asked.Domain)
	if rules := mayBreak(publications, target); asked.Override == nil && len(rules) > 0 {
		fmt.Fprintf(w, "It may be refused by %s. If it is safe in this case, give this command a -reason, which lets that pass for a day.\n", joined(rules))
	}
}

// mayBreak gives the rules that may stand in the way of going back.
func mayBreak(publications []publicationRow, target publicationRow) []publication.Rule {
	var served publicationRow
	for _, p := range publications {
		if p.Served {
			served = p
		}
	}
	var rules []publication.Rule
	if target.Mode == mtasts.ModeEnforce && served.Mode != mtasts.ModeEnforce {
		rules = append(rules, publication.RuleTestingFirst)
	}
	if target.Mode == mtasts.ModeEnforce && target.MaxAge > 86400 {
		rules = append(rules, publication.RuleMaxAgeRamp)
	}
	drops := slices.ContainsFunc(served.MX, func(mx string) bool { return !slices.Contains(target.MX, mx) })
	if drops && served.Mode != mtasts.ModeNone && target.Mode != mtasts.ModeNone {
		rules = append(rules, publication.RuleMXStillListed)
	}
	return rules
}
