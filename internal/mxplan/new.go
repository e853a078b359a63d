package mxplan

import (
	"slices"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// New plans a change.
func New(c Change, s Situation) Plan {
	d := domain{Change: c, Situation: s}
	steps := d.restore()
	d.restored = hostsOf(steps)
	if d.allowsNoneLeft() {
		d.Add = d.left()
	}
	if d.ends() {
		steps = append(steps, d.end(), d.inDNS(Unlist, c.Remove, false))
	} else {
		steps = slices.Concat(steps, d.add(), d.remove())
	}
	plan := Plan{Steps: inOrder(d.mendFirst(steps))}
	plan.Shorter = d.shorter(plan)
	plan.Notes = d.notes(plan)
	return plan
}

func (d domain) add() []Step {
	if len(d.Add) == 0 {
		return nil
	}
	var steps []Step
	if d.demands() {
		steps = append(steps, d.allow()...)
	}
	return append(steps, d.wait(), d.inDNS(List, d.Add, true))
}

func (d domain) remove() []Step {
	if len(d.Remove) == 0 {
		return nil
	}
	var steps []Step
	if wait := d.waitToRemove(); len(d.Add) == 0 && wait.State != Done {
		steps = append(steps, wait)
	}
	steps = append(steps, d.inDNS(Unlist, d.Remove, false))
	if d.demands() {
		steps = append(steps, d.disallow()...)
	}
	return steps
}

// mendFirst comes before the first edit that is left to make: one on top of what
// is refused would be refused too.
func (d domain) mendFirst(steps []Step) []Step {
	edit := slices.IndexFunc(steps, func(s Step) bool { return (s.Kind == Allow || s.Kind == Disallow) && s.State != Done })
	if !d.Refused || edit < 0 {
		return steps
	}
	return slices.Insert(steps, edit, Step{Kind: Mend, State: Later})
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
	restored []string // MX hosts that are to be put back before all else; taken to be there from then on.
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

// there are the MX hosts that there are now. A null MX (RFC 7505) is none.
func (d domain) there() []string { return without(d.MX, []string{""}) }

// left are the MX hosts that there are in the end; of no use where the DNS cannot
// be read.
func (d domain) left() []string {
	there := slices.Concat(d.there(), d.restored)
	return without(slices.Concat(there, without(d.Add, there)), d.Remove)
}

// ends says whether no MX host is left.
func (d domain) ends() bool {
	return d.MXError == nil && len(d.Remove) > 0 && len(d.left()) == 0
}

// end comes before the last MX host goes: no policy can do without one.
func (d domain) end() Step { return Step{Kind: End, State: doneIf(!d.demands()), Hosts: d.Remove} }

// allowsNoneLeft says whether the policy allows none of the MX hosts that are left
// of those there are. Then they are to be added, as if they were not there yet.
func (d domain) allowsNoneLeft() bool {
	left := d.left()
	return d.demands() && d.MXError == nil && len(d.Add) == 0 && len(left) > 0 && len(barred(d.current().MX, left)) == len(left)
}

// allow puts the hosts that are added into mx.
func (d domain) allow() []Step {
	return d.publish(Allow, AnnounceAllow, d.Add, d.allowing(), func(mx []string) bool { return allowsAll(mx, d.Add) })
}

// disallow takes those that are removed out of it.
func (d domain) disallow() []Step {
	return d.publish(Disallow, AnnounceDisallow, d.Remove, d.final(), func(mx []string) bool { return hasNone(mx, d.Remove) })
}

// publish is an edit of mx, after which it fits, and that the DNS announces it.
func (d domain) publish(edit, announce Kind, hosts, mx []string, fits func(mx []string) bool) []Step {
	step := Step{Kind: edit, State: doneIf(fits(d.current().MX)), Hosts: hosts}
	if step.State != Done {
		step.MX, step.Asked = mx, fits(d.edited())
	}
	announced := d.announced(func(p publication.Published) bool { return fits(p.MX) })
	return []Step{step, {Kind: announce, State: doneIf(announced), Hosts: hosts}}
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

// inDNS is a step that changes the MX records.
func (d domain) inDNS(kind Kind, hosts []string, wanted bool) Step {
	step := Step{Kind: kind, Hosts: hosts}
	if d.MXError != nil {
		step.State = Unknown
		return step
	}
	step.State = doneIf(!slices.ContainsFunc(hosts, func(host string) bool {
		return (slices.Contains(d.MX, host) || slices.Contains(d.restored, host)) != wanted
	}))
	return step
}

// shorter is worth telling while the hosts are neither allowed yet nor in the DNS,
// and for more than the seconds that a policy which came back is kept longer.
func (d domain) shorter(p Plan) *Shorter {
	allow, adds := p.Step(Allow)
	list, _ := p.Step(List)
	if current := d.current(); !adds || allow.State == Done || list.State == Done || current.Mode != mtasts.ModeEnforce || current.MaxAge < mtasts.MinMaxAge+60*60 {
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
