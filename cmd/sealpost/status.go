package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/localdir"
	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// runStatus says how far each domain has come.
func runStatus(ctx context.Context, t terminal, args []string) error {
	var at location
	var asJSON bool
	named, err := flags("status", args, func(f *flag.FlagSet) {
		at.define(f)
		f.BoolVar(&asJSON, "json", false, "print it as JSON, for programs")
	})
	if err != nil {
		return err
	}
	domains, err := parseDomains(named)
	if err != nil {
		return err
	}
	d, err := at.openToRead(ctx, t)
	if err != nil {
		return err
	}
	o, err := d.overview(ctx, domains)
	if err != nil {
		return d.explain(err)
	}
	if asJSON {
		err = printJSON(t.stdout, o)
	} else {
		err = o.print(t.stdout, d.teller, d.unseen)
	}
	switch {
	case err != nil:
		return err
	case o.away != nil:
		return o.away
	case !o.settled():
		return errProblems
	default:
		return nil
	}
}

// overview is what status prints as JSON; docs/publication.md describes it.
type overview struct {
	Brake   *brakeView   `json:"brake,omitempty"`
	Domains []statusView `json:"domains"`

	LeftAlone []localdir.LeftAlone `json:"left_alone,omitempty"`

	statuses []publication.Status
	away     error // Why a folder cannot be read, so that what is edited there is not known.
}

type brakeView struct {
	Since   time.Time `json:"since"`
	Changed []string  `json:"changed,omitempty"` // The domains that passed before it held.
}

type statusView struct {
	Domain          string                `json:"domain"`
	State           publication.State     `json:"state"`
	Since           time.Time             `json:"since,omitzero"`
	Mode            mtasts.Mode           `json:"mode,omitempty"`
	ID              string                `json:"id,omitempty"`
	LiveID          string                `json:"live_id,omitempty"`
	AnnouncedID     string                `json:"announced_id,omitempty"`
	TXTWanted       string                `json:"txt_wanted,omitempty"`
	TXTSeen         string                `json:"txt_seen,omitempty"`
	TXTUnread       bool                  `json:"txt_unread,omitempty"` // The last look at the record failed.
	Problems        []publication.Problem `json:"problems,omitempty"`
	MaxAgeProblems  []publication.Problem `json:"max_age_problems,omitempty"`
	Obstacle        string                `json:"obstacle,omitempty"`
	Drift           string                `json:"drift,omitempty"`
	ClockCorrection string                `json:"clock_correction,omitempty"`
	Edited          bool                  `json:"edited,omitempty"` // The item is no more the one that was judged.
	ExposureUntil   time.Time             `json:"exposure_until,omitzero"`
	UpdatedAt       time.Time             `json:"updated_at,omitzero"`
}

func viewOf(s publication.Status) statusView {
	if s.State == publication.StateChecking {
		s.Problems = nil // They are those of an item from before.
	}
	if s.TXTUnread {
		s.TXTSeen, s.AnnouncedID = "", "" // They are from before.
	}
	return statusView{
		Domain: s.Domain, State: s.State, Since: s.Since, Mode: s.Mode, ID: s.ID, LiveID: s.LiveID, AnnouncedID: s.AnnouncedID,
		TXTWanted: s.TXTWanted, TXTSeen: s.TXTSeen, TXTUnread: s.TXTUnread, Problems: s.Problems, MaxAgeProblems: s.MaxAgeProblems,
		Obstacle: s.Obstacle, Drift: s.Drift, ClockCorrection: s.ClockCorrection,
		ExposureUntil: s.ExposureUntil, UpdatedAt: s.UpdatedAt,
	}
}

// overview reads the statuses of some domains, or of all.
func (d deployment) overview(ctx context.Context, domains []string) (overview, error) {
	o := overview{Domains: []statusView{}, away: d.away}
	brake, err := d.state.Brake(ctx)
	if err != nil {
		return overview{}, fmt.Errorf("read the brake: %w", err)
	}
	if !brake.EngagedAt.IsZero() {
		o.Brake = &brakeView{brake.EngagedAt, slices.Sorted(maps.Keys(brake.Changed))}
	}
	if len(domains) == 0 {
		o.statuses, err = d.allStatuses(ctx)
	} else {
		o.statuses, err = d.statusesOf(ctx, domains)
	}
	if err == nil && d.alone != nil {
		o.LeftAlone, err = d.alone()
		if isAway(err) {
			o.away, err = errors.Join(causes(err)...), withoutFolders(err)
		}
	}
	if len(domains) > 0 {
		o.LeftAlone = slices.DeleteFunc(o.LeftAlone, func(file localdir.LeftAlone) bool { return !file.IsOf(domains) })
	}
	if err != nil {
		return overview{}, err
	}
	for _, status := range o.statuses {
		view := viewOf(status)
		if view.Edited, err = d.edited(ctx, status); err != nil {
			return overview{}, err
		}
		o.Domains = append(o.Domains, view)
	}
	return o, nil
}

// edited says whether the item is another one by now than the one that was
// judged. Of what was never judged that is no news.
func (d deployment) edited(ctx context.Context, s publication.Status) (bool, error) {
	if s.State == "" || d.away != nil {
		return false, nil
	}
	item, is, err := d.items.Item(ctx, s.Domain)
	if err != nil {
		return false, fmt.Errorf("read the item of %s: %w", s.Domain, err)
	}
	digest := "" // As in the status, where there is none.
	if is {
		digest = item.Digest()
	}
	return digest != s.Item, nil
}

// allStatuses gives that of each domain that was ever heard of, and an empty one
// for items that nobody has looked at yet.
func (d deployment) allStatuses(ctx context.Context) ([]publication.Status, error) {
	known := make(map[string]publication.Status)
	for status, err := range d.state.AllStatuses(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the statuses: %w", err)
		}
		known[status.Domain] = status
	}
	for domain, err := range d.items.Domains(ctx) {
		if d.away != nil {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list the items: %w", err)
		}
		if _, is := known[domain]; !is {
			known[domain] = publication.Status{Domain: domain}
		}
	}
	statuses := make([]publication.Status, 0, len(known))
	for _, status := range known {
		statuses = append(statuses, status)
	}
	slices.SortFunc(statuses, func(a, b publication.Status) int { return strings.Compare(a.Domain, b.Domain) })
	return statuses, nil
}

func (d deployment) statusesOf(ctx context.Context, domains []string) ([]publication.Status, error) {
	var statuses []publication.Status
	for _, domain := range domains {
		status, _, err := d.state.Status(ctx, domain)
		if err != nil {
			return nil, fmt.Errorf("read the status of %s: %w", domain, err)
		}
		status.Domain = domain
		statuses = append(statuses, status)
	}
	return statuses, nil
}

// settled says whether every domain is where it should be, and nobody has to do
// anything.
func (o overview) settled() bool {
	return o.Brake == nil && len(o.LeftAlone) == 0 && !slices.ContainsFunc(o.Domains, func(s statusView) bool {
		switch s.State {
		case publication.StateActive, publication.StateRetiring, publication.StateRetired:
			return s.Obstacle != "" || s.Drift != "" || len(s.MaxAgeProblems) > 0 || s.Edited
		default:
			return true
		}
	})
}

// print tells people. What is edited and not judged has its own next step.
func (o overview) print(w io.Writer, t teller, unseen string) error {
	if o.Brake != nil {
		fmt.Fprintf(w, "The brake holds all changes back since %s: many domains changed at once, which may be a mistake.\n", minute(o.Brake.Since))
		if len(o.Brake.Changed) > 0 {
			fmt.Fprintf(w, "Changed before it held: %s\n", some(o.Brake.Changed))
		}
		fmt.Fprintf(w, "Look whether the changes are meant; then let them pass: %s\n\n", t.command("resume"))
	}
	for _, file := range o.LeftAlone {
		fmt.Fprintf(w, "%s\n", digest.Readable(file.String(), maxTold))
	}
	if len(o.LeftAlone) > 0 {
		fmt.Fprintln(w)
	}
	if len(o.statuses) == 0 {
		fmt.Fprintf(w, "No domain is known here yet.\n")
		return nil
	}
	lines := strings.Lines(o.table())
	i := -1 // The first line is the head of the table.
	for line := range lines {
		fmt.Fprint(w, strings.TrimRight(line, " \n")+"\n")
		if i >= 0 {
			for _, detail := range o.details(t, o.statuses[i]) {
				fmt.Fprintf(w, "    %s\n", detail)
			}
			if o.Domains[i].Edited {
				fmt.Fprintf(w, "    The item was edited since it was judged. %s\n", unseen)
			}
		}
		i++
	}
	return nil
}

// some lists names as far as a person reads them.
func some(names []string) string {
	const most = 20
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

func (o overview) table() string {
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "DOMAIN\tSTATE\tSINCE (UTC)\tMODE\tID SERVED\tID IN THE DNS")
	for _, s := range o.statuses {
		announced := orDash(s.AnnouncedID)
		switch {
		case s.TXTUnread:
			announced = "unknown"
		case s.AnnouncedID != "" && s.AnnouncedID == s.ID:
			announced = "the same"
		}
		since := "-"
		if !s.Since.IsZero() {
			since = s.Since.UTC().Format("2006-01-02 15:04")
		}
		fmt.Fprintln(columns, strings.Join([]string{s.Domain, orDash(string(s.State)), since, orDash(string(s.Mode)), orDash(s.ID), announced}, "\t"))
	}
	columns.Flush() //nolint:errcheck // Nothing can fail in memory.
	return table.String()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// details says what is in the way, and of what is on its way what comes next.
func (o overview) details(t teller, s publication.Status) []string {
	details := t.details(s)
	if s.State == publication.StateChecking {
		return append([]string{"It is being checked."}, details...)
	}
	if len(details) > 0 {
		return details
	}
	switch s.State {
	case "":
		return []string{fmt.Sprintf("Nobody has looked at it yet: is %s there, and does Sealpost run?", t.item(s.Domain))}
	case publication.StatePublished:
		return []string{"It is served. Before the DNS announces it, it is fetched as senders do."}
	case publication.StateLive:
		return []string{"Senders that fetch it get it. The TXT record follows."}
	default:
		return nil
	}
}
