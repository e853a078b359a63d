package mxplan

import (
	"slices"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/publication"
)

// Note is something that a person should know of beside the steps.
type Note struct {
	Kind     NoteKind  `json:"kind"`
	Names    []string  `json:"names,omitempty"`
	Hold     *Hold     `json:"hold,omitempty"`    // Of Early: the policy that bars any of them for longest.
	Passable time.Time `json:"passable,omitzero"` // Of Barred: until when an edit without them is published all the same, by an override.
	Message  string    `json:"message,omitempty"` // Of BadPolicy.
}

// NoteKind says what a note is about, and what its names are.
type NoteKind string

const (
	Early        NoteKind = "early"         // MX hosts that are in the DNS while senders may hold a policy that bars them.
	Barred       NoteKind = "barred"        // Other MX hosts that a policy in mode enforce does not allow.
	Idle         NoteKind = "idle"          // Patterns that no MX host would match.
	StillAllowed NoteKind = "still-allowed" // Hosts that are removed, and that a wildcard allows all the same.
	NotThere     NoteKind = "not-there"     // Hosts that are removed, and that neither the DNS nor any policy knows: their names may be wrong.
	BadPolicy    NoteKind = "bad-policy"    // What the policy would have to list cannot be published.
)

func (d domain) notes(p Plan) []Note {
	var notes []Note
	add := func(note Note) {
		if len(note.Names) > 0 {
			notes = append(notes, note)
		}
	}
	if d.MXError == nil {
		if _, worse := p.Step(Restore); !worse {
			notes = append(notes, d.early()...)
		}
		add(Note{Kind: NotThere, Names: d.notThere()})
		add(Note{Kind: Barred, Names: d.barred(), Passable: d.passable()})
	}
	if d.demands() && !d.ends() {
		if d.MXError == nil {
			add(Note{Kind: Idle, Names: idle(d.final(), d.left())})
		}
		add(Note{Kind: StillAllowed, Names: without(d.Remove, barred(d.final(), d.Remove))})
	}
	return append(notes, d.badPolicies(p)...)
}

// notThere are the hosts to remove that are not in the DNS, and that no policy
// allows or did: what was removed already is known from those before.
func (d domain) notThere() []string {
	known := d.edited()
	for _, p := range d.Served {
		known = slices.Concat(known, p.MX)
	}
	return barred(known, without(d.Remove, d.MX))
}

// early tells of the hosts that are in the DNS before their time.
func (d domain) early() []Note {
	held := d.held()
	early := slices.DeleteFunc(without(d.there(), d.barred()), func(host string) bool {
		return !slices.ContainsFunc(held, func(h publication.Hold) bool { return h.Policy.Bars(host) })
	})
	if len(early) == 0 {
		return nil
	}
	return []Note{{Kind: Early, Names: early, Hold: d.waitFor(early, barsAny(early)).Hold}}
}

// barred are the hosts that the policy does not allow, and that keep every edit
// from being published that does not either, by the rule mx-covered.
func (d domain) barred() []string {
	if d.current().Mode != mtasts.ModeEnforce {
		return nil
	}
	return without(barred(slices.Concat(d.current().MX, d.allowing()), d.there()), d.Add)
}

// passable is until when that rule lets an edit pass; the zero time where it does
// not.
func (d domain) passable() time.Time {
	if !d.Override.Lets(publication.RuleMXCovered, d.Now) {
		return time.Time{}
	}
	return d.Override.Until
}

func idle(patterns, hosts []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(pattern string) bool {
		return !allowsNone(pattern, hosts)
	})
}

func allowsNone(pattern string, hosts []string) bool {
	return len(barred([]string{pattern}, hosts)) == len(hosts)
}

// badPolicies says what of the edits to come could never be served.
func (d domain) badPolicies(p Plan) []Note {
	var notes []Note
	for _, kind := range []Kind{Allow, Disallow} {
		step, is := p.Step(kind)
		if !is || step.State == Done {
			continue
		}
		policy := mtasts.Policy{Mode: d.current().Mode, MX: step.MX, MaxAge: d.current().MaxAge}
		for _, problem := range policy.Check() {
			note := Note{Kind: BadPolicy, Message: problem.Message}
			if !slices.ContainsFunc(notes, func(other Note) bool { return other.Message == note.Message }) {
				notes = append(notes, note)
			}
		}
	}
	return notes
}
