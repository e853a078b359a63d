package mxplan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealpost/internal/mtasts"
	"sealpost/internal/mxplan"
	"sealpost/internal/publication"
)

const (
	day     = 24 * time.Hour
	mx1     = "mx1.example.com"
	mx2     = "mx2.example.com"
	mx3     = "mx3.example.net"
	maxAge  = 7 * day
	settled = 3 * time.Minute // Until a policy is announced.
)

var morning = time.Date(2026, time.November, 17, 8, 0, 0, 0, time.UTC)

// served is a policy that was served since so many days.
func served(mode mtasts.Mode, days int, mx ...string) publication.Published {
	at := morning.Add(-time.Duration(days) * day)
	return publication.Published{
		ID: fmt.Sprint("from", days), Mode: mode, MX: mx, MaxAge: int(maxAge / time.Second), PublishedAt: at, AnnouncedAt: at.Add(settled),
	}
}

func enforced(days int, mx ...string) publication.Published {
	return served(mtasts.ModeEnforce, days, mx...)
}

// unannounced is one that the DNS never announced.
func unannounced(p publication.Published) publication.Published {
	p.AnnouncedAt = time.Time{}
	return p
}

// overrides lets a rule pass for a day.
func overrides(rule publication.Rule) *publication.Override {
	return &publication.Override{Reason: "They know", Until: morning.Add(day), Rules: []publication.Rule{rule}}
}

func heldFor(maxAge time.Duration, p publication.Published) publication.Published {
	p.MaxAge = int(maxAge / time.Second)
	return p
}

// told writes a plan on one line for each of its parts.
func told(p mxplan.Plan) string {
	var text strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintf(&text, "%s %s", s.Kind, s.State)
		if len(s.MX) > 0 {
			fmt.Fprintf(&text, " %s", strings.Join(s.MX, ","))
		}
		if s.Asked {
			text.WriteString(" asked")
		}
		if s.Kind == mxplan.Restore {
			fmt.Fprintf(&text, " %s", strings.Join(s.Hosts, ","))
		}
		fmt.Fprintf(&text, "%s\n", toldHold(s.Hold))
	}
	for _, note := range p.Notes {
		fmt.Fprintf(&text, "note %s %s%s%s", note.Kind, strings.Join(note.Names, ","), note.Message, toldHold(note.Hold))
		if !note.Passable.IsZero() {
			fmt.Fprintf(&text, " passable until %s", note.Passable.Sub(morning))
		}
		text.WriteString("\n")
	}
	if p.Shorter != nil {
		fmt.Fprintf(&text, "shorter %d from %s\n", p.Shorter.MaxAge, p.Shorter.From.Sub(morning))
	}
	return text.String()
}

func toldHold(hold *mxplan.Hold) string {
	switch {
	case hold == nil:
		return ""
	case hold.Earliest:
		return fmt.Sprintf(" %s until %s at the earliest", hold.ID, hold.Until.Sub(morning))
	default:
		return fmt.Sprintf(" %s until %s", hold.ID, hold.Until.Sub(morning))
	}
}

type situation struct {
	add, remove []string
	served      []publication.Published
	gone        bool // Nothing is served any more.
	asked       []string
	override    *publication.Override
	refused     bool
	mx          []string
	unreadable  bool
	now         time.Duration // After that morning.
	want        string
}

func names(list ...string) []string { return list }

func TestPlan(t *testing.T) {
	replaced := []publication.Published{enforced(30, mx1), enforced(1, mx1, mx3)}
	const overAt = 6*day + settled + time.Hour // When nobody holds the first of them any more.
	for name, test := range map[string]situation{
		"add, from the beginning": {add: names(mx3), served: replaced[:1], asked: names(mx1), mx: names(mx1), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			shorter 86400 from 169h0m0s`},
		"add, kept for a day, and a second since it came back": {add: names(mx3), served: []publication.Published{heldFor(day+time.Second, enforced(1, mx1))}, asked: names(mx1), mx: names(mx1), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from1 until 25h0m1s at the earliest
			list later`},
		"add, edited": {add: names(mx3), served: replaced[:1], asked: names(mx3, mx1), mx: names(mx1), want: `
			allow next mx3.example.net,mx1.example.com asked
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			shorter 86400 from 169h0m0s`},
		"add, served": {add: names(mx3), served: []publication.Published{enforced(30, mx1), unannounced(enforced(1, mx1, mx3))}, mx: names(mx1), want: `
			allow done
			announce-allow next
			wait later from30 until 169h0m0s at the earliest
			list later`},
		"add, announced": {add: names(mx3), served: replaced, mx: names(mx1), want: `
			allow done
			announce-allow done
			wait next from30 until 145h3m0s
			list later`},
		"add, a moment before": {add: names(mx3), served: replaced, mx: names(mx1), now: overAt - 1, want: `
			allow done
			announce-allow done
			wait next from30 until 145h3m0s
			list later`},
		"add, over": {add: names(mx3), served: replaced, mx: names(mx1), now: overAt, want: `
			allow done
			announce-allow done
			wait done from30 until 145h3m0s
			list next`},
		"add, all done": {add: names(mx3), served: replaced, mx: names(mx1, mx3), now: overAt, want: `
			allow done
			announce-allow done
			wait done from30 until 145h3m0s
			list done`},
		"add, too early": {add: names(mx3), served: replaced, mx: names(mx1, mx3), want: `
			allow done
			announce-allow done
			wait next from30 until 145h3m0s
			list done
			note early mx3.example.net from30 until 145h3m0s`},
		"add, the whole change was too early": {add: names(mx3), remove: names(mx1), served: replaced[:1], mx: names(mx3), want: `
			restore next mx1.example.com from30 until 169h0m0s at the earliest
			allow later mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list done
			unlist later
			disallow later mx3.example.net
			announce-disallow later`},
		"add, refused": {add: names(mx3), served: replaced[:1], asked: names(mx1, mx2), refused: true, mx: names(mx1), want: `
			mend next
			allow later mx1.example.com,mx2.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			note idle mx2.example.com
			shorter 86400 from 169h0m0s`},
		"add, another edit is on its way": {add: names(mx3), served: append(replaced[:2:2], unannounced(enforced(0, mx1, mx2, mx3))), mx: names(mx1, mx2), want: `
			allow done
			announce-allow done
			wait next from30 until 145h3m0s
			list later
			note early mx2.example.com from1 until 169h0m0s at the earliest`},
		"add, by a wildcard": {add: names(mx3), served: []publication.Published{enforced(30, mx1, "*.example.net")}, mx: names(mx1), want: `
			allow done
			announce-allow done
			wait done
			list next`},
		"add, by a wildcard of another depth": {add: names("a.b.example.net"), served: []publication.Published{enforced(30, "*.example.net")}, mx: names(mx3), want: `
			allow next *.example.net,a.b.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			shorter 86400 from 169h0m0s`},
		"add while testing": {add: names(mx3), served: []publication.Published{served(mtasts.ModeTesting, 30, mx1)}, mx: names(mx1), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait done
			list later`},
		"add while testing, after enforce": {add: names(mx3), served: []publication.Published{enforced(30, mx1), served(mtasts.ModeTesting, 1, mx1)}, mx: names(mx1), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 145h3m0s
			list later`},
		"add in mode none, after enforce": {add: names(mx3), served: []publication.Published{enforced(30, mx1), served(mtasts.ModeNone, 1, mx1)}, mx: names(mx1), want: `
			wait next from30 until 145h3m0s
			list later`},
		"add in mode none that is not announced": {add: names(mx3), served: []publication.Published{enforced(30, mx1), unannounced(served(mtasts.ModeNone, 1, mx1))}, mx: names(mx1), want: `
			wait next from30 until 169h0m0s at the earliest
			list later`},
		"add when nothing is served any more": {add: names(mx3), served: []publication.Published{enforced(30, mx1), served(mtasts.ModeNone, 1, mx1)}, gone: true, mx: names(mx1), want: `
			wait next from30 until 145h3m0s
			list later`},
		"add, and the DNS cannot be read": {add: names(mx3), served: replaced, now: overAt, unreadable: true, want: `
			allow done
			announce-allow done
			wait done from30 until 145h3m0s
			list unknown`},
		"add, while another MX is barred": {add: names(mx3), served: replaced[:1], mx: names(mx1, mx2), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			note barred mx2.example.com
			shorter 86400 from 169h0m0s`},
		"add, while another MX is barred, which an override lets pass": {add: names(mx3), served: replaced[:1], mx: names(mx1, mx2), override: overrides(publication.RuleMXCovered), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			note barred mx2.example.com passable until 24h0m0s
			shorter 86400 from 169h0m0s`},
		"add, while another MX is barred, and an override is over": {add: names(mx3), served: replaced[:1], mx: names(mx1, mx2), override: overrides(publication.RuleMXCovered), now: day, want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 193h0m0s at the earliest
			list later
			note barred mx2.example.com
			shorter 86400 from 193h0m0s`},
		"add, while another MX is barred, and an override is of another rule": {add: names(mx3), served: replaced[:1], mx: names(mx1, mx2), override: overrides(publication.RuleTestingFirst), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			note barred mx2.example.com
			shorter 86400 from 169h0m0s`},
		"remove": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2)}, mx: names(mx1, mx2), want: `
			unlist next
			disallow later mx2.example.com
			announce-disallow later`},
		"remove, out of the DNS": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2)}, mx: names(mx2), want: `
			unlist done
			disallow next mx2.example.com
			announce-disallow later`},
		"remove, edited": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2)}, asked: names(mx2), mx: names(mx2), want: `
			unlist done
			disallow next mx2.example.com asked
			announce-disallow later`},
		"remove, served": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2), unannounced(enforced(0, mx2))}, mx: names(mx2), want: `
			unlist done
			disallow done
			announce-disallow next`},
		"remove, all done": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2), enforced(1, mx2)}, mx: names(mx2), want: `
			unlist done
			disallow done
			announce-disallow done`},
		"remove, in the wrong order": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2), enforced(1, mx2)}, mx: names(mx1, mx2), want: `
			unlist next
			disallow done
			announce-disallow done
			note barred mx1.example.com`},
		"remove what is nowhere": {remove: names("nope.example.com"), served: []publication.Published{enforced(30, mx1)}, mx: names(mx1), want: `
			unlist done
			disallow done
			announce-disallow done
			note not-there nope.example.com`},
		"remove what a wildcard allows": {remove: names(mx1), served: []publication.Published{enforced(30, "*.example.com")}, mx: names(mx1, mx2), want: `
			unlist next
			disallow done
			announce-disallow done
			note still-allowed mx1.example.com`},
		"remove the last that a wildcard allows": {remove: names(mx1), served: []publication.Published{enforced(30, "*.example.com", mx3)}, mx: names(mx1, mx3), want: `
			unlist next
			disallow done
			announce-disallow done
			note idle *.example.com
			note still-allowed mx1.example.com`},
		"remove the only one": {remove: names(mx1), served: []publication.Published{enforced(30, mx1)}, mx: names(mx1), want: `
			end next
			unlist later`},
		"remove the only one, while testing": {remove: names(mx1), served: []publication.Published{served(mtasts.ModeTesting, 30, mx1)}, mx: names(mx1), want: `
			end next
			unlist later`},
		"remove all": {remove: names(mx1, mx2), served: []publication.Published{enforced(30, mx1, "*.example.com")}, mx: names(mx1, mx2), want: `
			end next
			unlist later`},
		"remove all, out of the DNS": {remove: names(mx1), served: []publication.Published{enforced(30, mx1)}, want: `
			end next
			unlist done`},
		"remove all, a null MX is there": {remove: names(mx1), served: []publication.Published{enforced(30, mx1)}, mx: names(""), want: `
			end next
			unlist done`},
		"remove all, once the domain retires": {remove: names(mx1), served: []publication.Published{enforced(30, mx1), served(mtasts.ModeNone, 1, mx1)}, mx: names(mx1), want: `
			end done
			unlist next`},
		"remove all, when nothing is served any more": {remove: names(mx1), served: []publication.Published{enforced(30, mx1), served(mtasts.ModeNone, 1, mx1)}, gone: true, mx: names(""), want: `
			end done
			unlist done`},
		"remove all, and the DNS cannot be read": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2)}, unreadable: true, want: `
			unlist unknown
			disallow later mx2.example.com
			announce-disallow later`},
		"remove, while senders know no other": {remove: names(mx1), served: replaced, mx: names(mx1, mx3), want: `
			wait next from30 until 145h3m0s
			unlist later
			disallow later mx3.example.net
			announce-disallow later
			note early mx3.example.net from30 until 145h3m0s`},
		"remove, which was too early": {remove: names(mx1), served: replaced, mx: names(mx3), want: `
			restore next mx1.example.com from30 until 145h3m0s
			wait later from30 until 145h3m0s
			unlist later
			disallow later mx3.example.net
			announce-disallow later`},
		"remove, which was too early, a moment before": {remove: names(mx1), served: replaced, mx: names(mx3), now: overAt - 1, want: `
			restore next mx1.example.com from30 until 145h3m0s
			wait later from30 until 145h3m0s
			unlist later
			disallow later mx3.example.net
			announce-disallow later`},
		"remove, which was too early, and is over": {remove: names(mx1), served: replaced, mx: names(mx3), now: overAt, want: `
			unlist done
			disallow next mx3.example.net
			announce-disallow later`},
		"remove, all done too early": {remove: names(mx1), served: []publication.Published{enforced(30, mx1), enforced(1, mx3)}, mx: names(mx3), want: `
			restore next mx1.example.com from30 until 145h3m0s
			wait later from30 until 145h3m0s
			unlist later
			disallow done
			announce-disallow done`},
		"remove another, while one is there too early": {remove: names(mx2), served: replaced, mx: names(mx3), want: `
			restore next mx1.example.com from30 until 145h3m0s
			unlist done
			disallow done
			announce-disallow done
			note not-there mx2.example.com`},
		"remove, while one is there too early": {remove: names(mx2), served: []publication.Published{enforced(30, mx1, mx2), enforced(1, mx1, mx2, mx3)}, mx: names(mx1, mx2, mx3), want: `
			unlist next
			disallow later mx1.example.com,mx3.example.net
			announce-disallow later
			note early mx3.example.net from30 until 145h3m0s`},
		"remove in testing, while senders hold enforce": {remove: names(mx1), served: []publication.Published{enforced(30, mx1), served(mtasts.ModeTesting, 1, mx1, mx3)}, mx: names(mx3), want: `
			restore next mx1.example.com from30 until 145h3m0s
			wait later from30 until 145h3m0s
			unlist later
			disallow later mx3.example.net
			announce-disallow later`},
		"remove in mode none, which was too early": {remove: names(mx1), served: []publication.Published{enforced(30, mx1), served(mtasts.ModeNone, 1, mx1)}, gone: true, mx: names(mx3), want: `
			restore next mx1.example.com from30 until 145h3m0s
			wait later from30 until 145h3m0s
			unlist later`},
		"remove too early, by two policies": {remove: names(mx1), served: []publication.Published{enforced(30, mx1), enforced(4, mx2, "a.example.org"), enforced(1, mx1, mx2, mx3)}, mx: names(mx3), want: `
			restore next mx2.example.com from4 until 145h3m0s
			restore later mx1.example.com from30 until 73h3m0s
			wait later from30 until 73h3m0s
			unlist later
			disallow later mx2.example.com,mx3.example.net
			announce-disallow later`},
		"remove too early, what a wildcard allowed": {remove: names("a.example.org"), served: []publication.Published{enforced(30, "*.example.com"), enforced(1, mx3)}, mx: names(mx3), want: `
			restore next *.example.com from30 until 145h3m0s
			wait later from30 until 145h3m0s
			unlist done
			disallow done
			announce-disallow done
			note not-there a.example.org`},
		"remove too early, what a wildcard allows": {remove: names("a.example.org"), served: []publication.Published{enforced(30, "*.example.com")}, mx: names(mx3), want: `
			restore next *.example.com from30 until 169h0m0s at the earliest
			allow later *.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list done
			unlist done
			disallow done
			announce-disallow done
			note not-there a.example.org
			note idle *.example.com`},
		"remove, while one is there that the edited policy allows": {remove: names(mx2), served: []publication.Published{enforced(30, mx1, mx2)}, asked: names(mx1, mx2, mx3), mx: names(mx1, mx2, mx3), want: `
			unlist next
			disallow later mx1.example.com,mx3.example.net
			announce-disallow later
			note early mx3.example.net from30 until 169h0m0s at the earliest`},
		"remove, while the policy allows no other": {remove: names(mx1), served: replaced[:1], mx: names(mx1, mx3), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list done
			unlist later
			disallow later mx3.example.net
			announce-disallow later
			note early mx3.example.net from30 until 169h0m0s at the earliest`},
		"remove while testing, and the policy allows no other": {remove: names(mx1), served: []publication.Published{served(mtasts.ModeTesting, 30, mx1)}, mx: names(mx1, mx3), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait done
			list done
			unlist later
			disallow later mx3.example.net
			announce-disallow later`},
		"remove, refused": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2)}, asked: names(mx2), refused: true, mx: names(mx1, mx2), want: `
			unlist next
			mend later
			disallow later mx2.example.com asked
			announce-disallow later`},
		"remove, refused, and nothing left to edit": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2), enforced(1, mx2)}, refused: true, mx: names(mx2), want: `
			unlist done
			disallow done
			announce-disallow done`},
		"remove in mode none": {remove: names(mx1), served: []publication.Published{served(mtasts.ModeNone, 30, mx1, mx2)}, mx: names(mx1, mx2), want: `
			unlist next`},
		"remove, and the DNS cannot be read": {remove: names(mx1), served: []publication.Published{enforced(30, mx1, mx2)}, unreadable: true, want: `
			unlist unknown
			disallow later mx2.example.com
			announce-disallow later`},
		"replace": {add: names(mx3), remove: names(mx1), served: replaced[:1], mx: names(mx1), want: `
			allow next mx1.example.com,mx3.example.net
			announce-allow later
			wait later from30 until 169h0m0s at the earliest
			list later
			unlist later
			disallow later mx3.example.net
			announce-disallow later
			shorter 86400 from 169h0m0s`},
		"replace, before the last edit": {add: names(mx3), remove: names(mx1), served: replaced, mx: names(mx3), now: overAt, want: `
			allow done
			announce-allow done
			wait done from30 until 145h3m0s
			list done
			unlist done
			disallow next mx3.example.net
			announce-disallow later`},
		"replace, all done": {add: names(mx3), remove: names(mx1), served: append(replaced[:2:2], enforced(0, mx3)), mx: names(mx3), now: overAt, want: `
			allow done
			announce-allow done
			wait done from30 until 145h3m0s
			list done
			unlist done
			disallow done
			announce-disallow done`},
		"a null MX is no host": {add: names(mx1), served: []publication.Published{enforced(30, mx1)}, mx: names(""), want: `
			allow done
			announce-allow done
			wait done
			list next`},
	} {
		t.Run(name, func(t *testing.T) {
			plan := mxplan.New(mxplan.Change{Domain: "example.com", Add: test.add, Remove: test.remove}, test.known())
			want := strings.ReplaceAll(strings.TrimPrefix(test.want, "\n"), "\t", "") + "\n"
			if got := told(plan); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if done := !strings.Contains(want, " next") && !strings.Contains(want, " later") && !strings.Contains(want, " unknown"); plan.Done() != done {
				t.Errorf("done: %v", plan.Done())
			}
		})
	}
}

func (s situation) known() mxplan.Situation {
	known := mxplan.Situation{Now: morning.Add(s.now), Served: s.served, Serving: !s.gone, Asked: s.asked, Override: s.override, Refused: s.refused, MX: s.mx}
	if s.unreadable {
		known.MX, known.MXError = nil, errors.New("no name server answered")
	}
	return known
}
