package mxplan

import (
	"slices"

	"sealpost/internal/mtasts"
)

// Note is something that a person should know of beside the steps.
type Note struct {
	Kind    NoteKind `json:"kind"`
	Names   []string `json:"names,omitempty"`
	Message string   `json:"message,omitempty"` // Of BadPolicy.
}

// NoteKind says what a note is about, and what its names are.
type NoteKind string

const (
	Early        NoteKind = "early"         // MX hosts that are in the DNS while senders may hold a policy that bars them.
	Barred       NoteKind = "barred"        // Other MX hosts that a policy in mode enforce does not allow.
	NoMX         NoteKind = "no-mx"         // No MX host would be left.
	Idle         NoteKind = "idle"          // Patterns that no MX host would match.
	StillAllowed NoteKind = "still-allowed" // Hosts that are removed, and that a wildcard allows all the same.
	BadPolicy    NoteKind = "bad-policy"    // What the policy would have to list cannot be published.
)

func (d domain) notes(p Plan) []Note {
	var notes []Note
	add := func(kind NoteKind, names []string) {
		if len(names) > 0 {
			notes = append(notes, Note{Kind: kind, Names: names})
		}
	}
	if d.MXError == nil {
		add(Early, d.early(p))
		add(Barred, d.barred())
		left := d.left()
		if len(left) == 0 && len(d.Remove) > 0 {
			notes = append(notes, Note{Kind: NoMX})
		}
		if d.demands() && len(left) > 0 {
			add(Idle, idle(d.final(), left))
		}
	}
	if d.demands() {
		add(StillAllowed, without(d.Remove, barred(d.final(), d.Remove)))
	}
	return append(notes, d.badPolicies(p)...)
}

// early are the hosts that were put into the DNS before their time.
func (d domain) early(p Plan) []string {
	if wait, is := p.Step(Wait); !is || wait.State == Done {
		return nil
	}
	return without(d.Add, without(d.Add, d.MX))
}

// barred are the hosts that keep every edit from being published: rule mx-covered.
func (d domain) barred() []string {
	if d.current().Mode != mtasts.ModeEnforce {
		return nil
	}
	return without(barred(d.allowing(), d.MX), append(slices.Clone(d.Add), ""))
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
