package digest

// Tone is in which colours a page says how something is. It says it in words,
// too.
type Tone struct {
	Class string // By which the style sheet has its colours in the dark.
	Ink   string
	Tint  string // Behind the ink.
}

var (
	good    = Tone{"good", "#1c6b40", "#e6f4ec"}
	unknown = Tone{"unknown", "#3a4454", "#eceef2"}
)

var asked = map[Urgency]Tone{
	Act:  {"act", "#b42318", "#fdecea"},
	Look: {"look", "#875300", "#fff3d1"},
	Know: {Class: "know", Ink: "#56606f"},
}

// Tone is good only where every domain has reports, and none asks for anything.
func (d Digest) Tone() Tone {
	switch {
	case len(d.asking(Act)) > 0:
		return asked[Act]
	case len(d.asking(Look)) > 0 || urgency(d.Findings) == Look:
		return asked[Look]
	case d.silent() > 0 || len(d.Domains) == 0:
		return unknown
	default:
		return good
	}
}

// Tone is good only where there are reports, and none asks for anything.
func (d Domain) Tone() Tone {
	switch u := d.Urgency(); {
	case u == Act || u == Look:
		return asked[u]
	case d.Standing == NoReport:
		return unknown
	default:
		return good
	}
}

// Tone is that of what it asks for.
func (f Finding) Tone() Tone { return asked[f.Urgency] }

// Tone is that of a failure's finding.
func (f Failure) Tone() Tone { return f.finding().Tone() }
