package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/mxplan"
	"sealpost/internal/policyitem"
	"sealpost/internal/posture"
	"sealpost/internal/publication"
	"sealpost/internal/survey"
)

// runPolicyPlan says in which order the MX records of a domain and its policy may
// change, and when.
func runPolicyPlan(ctx context.Context, t terminal, args []string) error {
	var at location
	var change mxplan.Change
	var nameServer string
	var asJSON bool
	named, err := flags("policy plan", args, func(f *flag.FlagSet) {
		at.define(f)
		f.Func("add", "an `MX` host that is to receive mail; may be repeated", hostInto(&change.Add))
		f.Func("remove", "an `MX` host that is to receive none any more; may be repeated", hostInto(&change.Remove))
		f.Func("resolver", "the `ADDRESS` of a name server to ask for the MX records; without it, that of the system, or the folder that stands for the DNS", resolverInto(&nameServer))
		f.BoolVar(&asJSON, "json", false, "print it as JSON, for programs")
	})
	if err != nil {
		return err
	}
	if change.Domain, err = oneDomain("policy plan", named); err != nil {
		return err
	}
	if err := checkChange(change); err != nil {
		return err
	}
	d, err := at.open(ctx, t)
	if err != nil {
		return err
	}
	if nameServer != "" {
		if err := findResolver(ctx, nameServer); err != nil {
			return err
		}
		d.dns, _ = posture.Through(nameServer)
		d.teller.zone = nil
	}
	planned, err := d.plan(ctx, change)
	if err != nil {
		return d.explain(err)
	}
	if d.teller.zone == nil && planned.Unreadable == "" { // Files have no TTL.
		planned.TTL = mxTTL(ctx, t, nameServer, change.Domain)
	}
	return planned.say(d.teller, asJSON)
}

// mxTTL is that of the MX records in seconds, as a name server says, or that of the
// system; nil where it cannot be told.
func mxTTL(ctx context.Context, t terminal, nameServer, domain string) *int {
	servers := []string{nameServer}
	if nameServer == "" {
		servers, _ = survey.SystemNameServers(resolverFile) // Without one it cannot be told.
	}
	looker := survey.Looker{NameServers: servers, Now: t.now}
	ttl, is := looker.MXTTL(ctx, domain)
	if !is {
		return nil
	}
	seconds := int(ttl / time.Second)
	return &seconds
}

// hostInto takes an option that names an MX host.
func hostInto(hosts *[]string) func(string) error {
	return func(text string) error {
		host, err := mtasts.NormalizeMX(text)
		if err != nil {
			return err
		}
		if strings.HasPrefix(host, "*") {
			return fmt.Errorf("name a host that is, or will be, in the MX records, and no pattern")
		}
		if !slices.Contains(*hosts, host) {
			*hosts = append(*hosts, host)
		}
		return nil
	}
}

func checkChange(change mxplan.Change) error {
	if len(change.Add)+len(change.Remove) == 0 {
		return misusef("say what is to change, by -add MX, -remove MX, or both")
	}
	for _, host := range change.Add {
		if slices.Contains(change.Remove, host) {
			return misusef("%s is to be added, and to be removed", host)
		}
	}
	return nil
}

// plan reads what is known of a domain, and plans a change of it.
func (d deployment) plan(ctx context.Context, change mxplan.Change) (planned, error) {
	past, err := d.past(ctx, change.Domain)
	if err != nil {
		return planned{}, err
	}
	s := mxplan.Situation{Now: d.teller.terminal.now().UTC(), Served: past.served, Serving: past.serving}
	p := planned{Change: change, At: s.Now}
	if current, is := past.current(); is {
		p.Served = viewServed(current)
	}
	item, is, err := d.items.Item(ctx, change.Domain)
	if err != nil {
		return planned{}, fmt.Errorf("read the item of %s: %w", change.Domain, err)
	}
	if desired, problems := policyitem.Read(change.Domain, item.Text); len(problems) == 0 {
		s.Asked, s.Override = desired.Policy.MX, desired.Override
	}
	s.Refused = is && past.status.State == publication.StateRefused && len(past.status.Problems) > 0 && past.status.Item == item.Digest()
	if s.MX, s.MXError = d.dns.MX(ctx, change.Domain); s.MXError != nil {
		p.Unreadable = s.MXError.Error()
	}
	p.MX, p.never, p.Plan = s.MX, len(past.served) == 0, mxplan.New(change, s)
	p.enforced = slices.ContainsFunc(past.served, func(p publication.Published) bool { return p.Mode == mtasts.ModeEnforce })
	p.Done = p.Plan.Done()
	return p, nil
}

// planned is what policy plan prints as JSON; docs/publication.md describes it.
type planned struct {
	mxplan.Change
	At         time.Time   `json:"at"`
	Served     *servedView `json:"served,omitempty"`
	MX         []string    `json:"mx_records,omitempty"`
	TTL        *int        `json:"mx_records_ttl,omitempty"`        // Seconds, or what is left of them; nil where it is not known.
	Unreadable string      `json:"mx_records_unreadable,omitempty"` // Why they are not known.
	Done       bool        `json:"done"`
	mxplan.Plan

	never    bool // Nothing was ever published for the domain.
	enforced bool // Something that was, was in mode enforce.
}

type servedView struct {
	ID     string      `json:"id"`
	Mode   mtasts.Mode `json:"mode"`
	MaxAge int         `json:"max_age"`
	MX     []string    `json:"mx"`

	retiring bool
}

func viewServed(p publication.Published) *servedView {
	return &servedView{ID: p.ID, Mode: p.Mode, MaxAge: p.MaxAge, MX: p.MX, retiring: p.Retiring}
}

// say prints a plan. Nobody takes for good what rests on records that could not
// be read.
func (p planned) say(t teller, asJSON bool) error {
	if !asJSON {
		p.print(t)
	} else if err := printJSON(t.terminal.stdout, p); err != nil {
		return err
	}
	switch {
	case p.never:
		return errProblems
	case p.Unreadable != "":
		return fmt.Errorf("the MX records of %s cannot be read now, so it cannot be told how far the change is: %s", p.Domain, p.Unreadable)
	case !p.Done:
		return errProblems
	default:
		return nil
	}
}
