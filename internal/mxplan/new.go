package mxplan

import (
	"slices"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// New plans a change.
func New(c Change, s Situation) Plan {
	d := domain{c, s}
	var steps []Step
	if len(c.Add) > 0 {
		if d.demands() {
			steps = append(steps, d.allow(), d.announceAllow())
		}
		steps = append(steps, d.wait(), d.inDNS(List, c.Add, true))
	}
	if len(c.Remove) > 0 {
		if wait := d.waitToRemove(); len(c.Add) == 0 && wait.State != Done {
			steps = append(steps, wait)
		}
		steps = append(steps, d.inDNS(Unlist, c.Remove, false))
		if d.demands() {
			steps = append(steps, d.disallow(), d.announceDisallow())
		}
	}
	plan := Plan{Steps: inOrder(steps)}
	plan.Shorter = d.shorter(plan)
	plan.Notes = d.notes(plan)
	return plan
}

// inOrder names the next of the steps that are not done.
func inOrder(steps []Step) []Step {
	next := Next
	for i := range steps {
		switch steps[i].State {
		case Done:
		case Unknown:
			next = Later
		default:
			steps[i].State, next = next, Later
		}
	}
	return steps
}

// domain is one whose MX records change.
type domain struct {
	Change
	Situation
}

// current is what is served; the zero value where nothing is.
func (d domain) current() publication.Published {
	if !d.Serving || len(d.Served) == 0 {
		return publication.Published{}
	}
	return d.Served[len(d.Served)-1]
}

// demands says whether a policy is served that senders heed.
func (d domain) demands() bool {
	mode := d.current().Mode
	return mode == mtasts.ModeEnforce || mode == mtasts.ModeTesting
}

// edited is the mx that the next edit starts from.
func (d domain) edited() []string {
	if d.Asked != nil {
		return d.Asked
	}
	return d.current().MX
}

// allowing is that mx with the hosts that are added.
func (d domain) allowing() []string { return with(d.edited(), d.Add) }

// final is that mx as it is in the end.
func (d domain) final() []string { return without(d.allowing(), d.Remove) }

// left are the MX hosts that there are in the end; of no use where the DNS cannot
// be read.
func (d domain) left() []string {
	return without(slices.Concat(d.MX, without(d.Add, d.MX)), append(slices.Clone(d.Remove), ""))
}

// bars says whether senders that hold p do not deliver to a host that is added.
func (d domain) bars(p publication.Published) bool {
	return slices.ContainsFunc(d.Add, p.Bars)
}

func (d domain) allow() Step {
	step := Step{Kind: Allow, State: doneIf(allowsAll(d.current().MX, d.Add)), Hosts: d.Add}
	if step.State != Done {
		step.MX, step.Asked = d.allowing(), allowsAll(d.edited(), d.Add)
	}
	return step
}

func (d domain) announceAllow() Step {
	allows := func(p publication.Published) bool { return allowsAll(p.MX, d.Add) }
	return Step{Kind: AnnounceAllow, State: doneIf(d.announced(allows)), Hosts: d.Add}
}

// announced says whether the DNS has announced any of the latest policies, as far
// back as they all have a property.
func (d domain) announced(is func(publication.Published) bool) bool {
	for _, p := range slices.Backward(d.Served) {
		if !is(p) {
			break
		}
		if !p.AnnouncedAt.IsZero() {
			return true
		}
	}
	return false
}

// wait says until when senders may hold a policy that bars a host that is added.
func (d domain) wait() Step { return d.waitFor(d.Add, d.bars) }

// waitToRemove says until when senders may hold a policy that bars every host that
// is left: those go on delivering to the hosts that are removed.
func (d domain) waitToRemove() Step {
	left := d.left()
	return d.waitFor(left, func(p publication.Published) bool {
		return len(left) > 0 && !slices.ContainsFunc(left, func(host string) bool { return !p.Bars(host) })
	})
}

// waitFor says until when senders may hold a policy that bars hosts in some way.
// What is not done yet is taken to be done now.
func (d domain) waitFor(hosts []string, bars func(publication.Published) bool) Step {
	step := Step{Kind: Wait, State: Done, Hosts: hosts}
	hold := publication.LastHold(d.followed(), bars)
	if hold.Until.IsZero() {
		return step
	}
	step.State = doneIf(!d.Now.Before(hold.Until))
	step.Hold = &Hold{
		ID: hold.Policy.ID, MaxAge: hold.Policy.MaxAge, PublishedAt: hold.Policy.PublishedAt, TakenUp: hold.TakenUp, Until: hold.Until,
		Earliest: d.Serving && !d.announced(func(p publication.Published) bool { return !bars(p) }),
	}
	return step
}

// followed is what was served, and what would be if the hosts were allowed, and
// that announced, at this moment.
func (d domain) followed() []publication.Published {
	switch {
	case !d.Serving:
		return d.Served
	case d.demands() && d.allow().State != Done:
		return append(slices.Clone(d.Served), publication.Published{PublishedAt: d.Now, AnnouncedAt: d.Now})
	default:
		return publication.AnnouncedBy(d.Now, d.Served)
	}
}

// inDNS is a step that changes the MX records.
func (d domain) inDNS(kind Kind, hosts []string, wanted bool) Step {
	step := Step{Kind: kind, Hosts: hosts}
	if d.MXError != nil {
		step.State = Unknown
		return step
	}
	step.State = doneIf(!slices.ContainsFunc(hosts, func(host string) bool { return slices.Contains(d.MX, host) != wanted }))
	return step
}

func (d domain) disallow() Step {
	step := Step{Kind: Disallow, State: doneIf(hasNone(d.current().MX, d.Remove)), Hosts: d.Remove}
	if step.State != Done {
		step.MX, step.Asked = d.final(), hasNone(d.edited(), d.Remove)
	}
	return step
}

func (d domain) announceDisallow() Step {
	lacks := func(p publication.Published) bool { return hasNone(p.MX, d.Remove) }
	return Step{Kind: AnnounceDisallow, State: doneIf(d.announced(lacks)), Hosts: d.Remove}
}

// shorter is worth telling while the hosts are not allowed yet.
func (d domain) shorter(p Plan) *Shorter {
	allow, adds := p.Step(Allow)
	if current := d.current(); !adds || allow.State == Done || current.Mode != mtasts.ModeEnforce || current.MaxAge <= mtasts.MinMaxAge {
		return nil
	}
	longer := func(p publication.Published) bool { return p.Mode == mtasts.ModeEnforce && p.MaxAge > mtasts.MinMaxAge }
	return &Shorter{MaxAge: mtasts.MinMaxAge, From: publication.LastHold(d.followed(), longer).Until}
}

func doneIf(is bool) State {
	if is {
		return Done
	}
	return Later
}

func allowsAll(patterns, hosts []string) bool { return len(barred(patterns, hosts)) == 0 }

// barred gives the hosts that no pattern allows.
func barred(patterns, hosts []string) []string {
	return slices.DeleteFunc(slices.Clone(hosts), mtasts.Policy{MX: patterns}.Match)
}

func hasNone(patterns, hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(host string) bool { return slices.Contains(patterns, host) })
}

func with(patterns, hosts []string) []string {
	return slices.Concat(patterns, barred(patterns, hosts))
}

func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
