package mxplan

import (
	"slices"
	"strings"

	"sealpost/internal/publication"
)

// wait says until when senders may hold a policy that bars a host that is added.
func (d domain) wait() Step {
	return d.waitFor(d.Add, barsAny(d.Add))
}

// waitToRemove says until when senders may hold a policy that bars every host that
// is left: those go on delivering to the hosts that are removed.
func (d domain) waitToRemove() Step {
	left := d.left()
	return d.waitFor(left, barsAll(left))
}

// waitFor says until when senders may hold a policy that bars hosts in some way.
// What is not done yet is taken to be done now.
func (d domain) waitFor(hosts []string, bars func(publication.Published) bool) Step {
	step := Step{Kind: Wait, State: Done, Hosts: hosts}
	if last := publication.LastHold(d.followed(), bars); !last.Until.IsZero() {
		step.State, step.Hold = doneIf(!d.Now.Before(last.Until)), d.hold(last, bars)
	}
	return step
}

// restore puts back what went too early: for each policy that senders may hold,
// and that bars every MX host there is, one that it allows.
func (d domain) restore() []Step {
	if d.MXError != nil {
		return nil
	}
	var steps []Step
	there := d.there()
	for _, held := range d.held() {
		bars := barsAll(there)
		if !bars(held.Policy) {
			continue
		}
		if host := d.taker(held.Policy); !slices.Contains(there, host) {
			steps = append(steps, Step{Kind: Restore, State: Later, Hosts: []string{host}, Hold: d.hold(held, bars)})
			there = append(there, host)
		}
	}
	return steps
}

// taker is a host that a policy allows: one of those that are removed, or else one
// that is allowed today too, if there is any. It is a wildcard only where nothing
// but wildcards is known.
func (d domain) taker(p publication.Published) string {
	for _, host := range slices.Concat(d.Remove, d.current().MX, p.MX) {
		if !p.Bars(host) {
			return host
		}
	}
	return p.MX[0]
}

// hostsOf gives the hosts of steps. Nobody knows which one a wildcard stands for.
func hostsOf(steps []Step) []string {
	var hosts []string
	for _, step := range steps {
		hosts = append(hosts, slices.DeleteFunc(slices.Clone(step.Hosts), isWildcard)...)
	}
	return hosts
}

func isWildcard(name string) bool { return strings.HasPrefix(name, "*.") }

// held are the policies that senders may hold now, what is served among them, in
// the order in which they let go of them, the last first.
func (d domain) held() []publication.Hold {
	held := slices.DeleteFunc(publication.Holds(d.followed()), func(h publication.Hold) bool { return !d.Now.Before(h.Until) })
	slices.SortStableFunc(held, func(a, b publication.Hold) int { return b.Until.Compare(a.Until) })
	return held
}

// followed is what was served, and a policy that bars nobody as if it were served,
// and announced, from this moment on.
func (d domain) followed() []publication.Published {
	if !d.Serving {
		return d.Served
	}
	return append(slices.Clone(d.Served), publication.Published{PublishedAt: d.Now, AnnouncedAt: d.Now})
}

// hold tells of one of the policies that bar hosts in some way.
func (d domain) hold(h publication.Hold, bars func(publication.Published) bool) *Hold {
	return &Hold{
		ID: h.Policy.ID, MaxAge: h.Policy.MaxAge, PublishedAt: h.Policy.PublishedAt, TakenUp: h.TakenUp, Until: h.Until,
		Earliest: d.Serving && !d.announced(func(p publication.Published) bool { return !bars(p) }),
	}
}

func barsAny(hosts []string) func(publication.Published) bool {
	return func(p publication.Published) bool { return slices.ContainsFunc(hosts, p.Bars) }
}

func barsAll(hosts []string) func(publication.Published) bool {
	return func(p publication.Published) bool {
		return len(hosts) > 0 && !slices.ContainsFunc(hosts, func(host string) bool { return !p.Bars(host) })
	}
}
