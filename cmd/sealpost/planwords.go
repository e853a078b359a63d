package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealpost/internal/digest"
	"sealpost/internal/mxplan"
	"sealpost/internal/wrap"
)

// planPage is a plan as people read it.
type planPage struct {
	planned
	teller
}

func (p planned) print(t teller) {
	page := planPage{p, t}
	if p.never {
		page.paragraph("", fmt.Sprintf("Nothing was ever published for %s here, so no sender holds a policy from here. Its MX records may change at any time.", p.Domain))
		return
	}
	page.head()
	for i, step := range p.Steps {
		page.step(i+1, step)
	}
	page.foot()
}

// head says what the plan is for, and what it rests on.
func (p planPage) head() {
	var goals []string
	if len(p.Add) > 0 {
		goals = append(goals, "add "+all(p.Add))
	}
	if len(p.Remove) > 0 {
		goals = append(goals, "remove "+all(p.Remove))
	}
	p.paragraph("", fmt.Sprintf("%s: %s. As of %s.", p.Domain, strings.Join(goals, ", "), minute(p.At)))
	p.line("", "")
	switch {
	case p.Served == nil:
		p.paragraph("  Policy  ", "none is served any more")
	case p.Served.retiring:
		p.paragraph("  Policy  ", fmt.Sprintf("mode %s, since the domain retires", p.Served.Mode))
	default:
		p.paragraph("  Policy  ", fmt.Sprintf("mode %s, max_age %d, mx %s", p.Served.Mode, p.Served.MaxAge, strings.Join(p.Served.MX, ", ")))
	}
	p.paragraph("  DNS     ", p.dns())
	p.line("", "")
}

func (p planPage) dns() string {
	switch {
	case p.Unreadable != "":
		return "the MX records cannot be read now: " + digest.Readable(p.Unreadable, maxTold)
	case len(p.MX) == 0:
		return "no MX record"
	case len(p.MX) == 1 && p.MX[0] == "":
		return "a null MX (RFC 7505)"
	default:
		return "MX " + digest.Readable(strings.Join(p.MX, ", "), maxTold) + p.ttl(" (TTL %d seconds, or what is left of it)")
	}
}

// step prints one with what to type or to write.
func (p planPage) step(number int, s mxplan.Step) {
	mark := map[mxplan.State]string{mxplan.Done: "done", mxplan.Next: "next", mxplan.Unknown: "?"}[s.State]
	p.paragraph(fmt.Sprintf("%-4s %2d  ", mark, number), p.words(s))
	const indent = "         "
	if len(s.MX) > 0 && !s.Asked {
		p.lines(indent, mxMember(s.MX))
		return
	}
	if s.State != mxplan.Next {
		return
	}
	switch s.Kind {
	case mxplan.Wait, mxplan.End:
	case mxplan.Restore, mxplan.List, mxplan.Unlist:
		for _, line := range p.zoneFile(p.Domain+".MX", p.eachLine()) {
			p.paragraph(indent, line)
		}
	default:
		p.line(indent, p.command("status")+" "+p.Domain)
	}
}

// ttl puts that of the MX records into some words, where it is known.
func (p planPage) ttl(words string) string {
	if p.TTL == nil {
		return ""
	}
	return fmt.Sprintf(words, *p.TTL)
}

func (p planPage) eachLine() string {
	if p.ends() {
		return "one host, or a dot for a null MX,"
	}
	return "one host"
}

// ends says whether no MX host is to be left.
func (p planPage) ends() bool {
	_, ends := p.Step(mxplan.End)
	return ends
}

// words says what is to be done in a step, or that it is done.
func (p planPage) words(s mxplan.Step) string {
	hosts, done := all(s.Hosts), s.State == mxplan.Done
	switch s.Kind {
	case mxplan.Restore:
		return p.restore(s)
	case mxplan.Mend:
		return fmt.Sprintf("What %s asks for is refused now, and so may be what follows. See by sealpost status why, and mend that first.", p.item(p.Domain))
	case mxplan.Allow:
		switch {
		case done:
			return fmt.Sprintf("The policy allows %s.", hosts)
		case s.Asked:
			return "The edited policy allows " + hosts + ", and is not served yet. See by sealpost status why not."
		default:
			return fmt.Sprintf("Allow %s in the policy.%s", hosts, p.edit(s))
		}
	case mxplan.AnnounceAllow, mxplan.AnnounceDisallow:
		if done {
			return "The DNS announces that."
		}
		return "See that it is announced, some minutes later: the state is to be ACTIVE."
	case mxplan.Wait:
		return p.wait(s)
	case mxplan.List:
		if done {
			return fmt.Sprintf("%s %s in the MX records of %s.", hosts, are(s.Hosts), p.Domain)
		}
		return fmt.Sprintf("See that %s can take mail over TLS, with a certificate for that name. Then put %s into the MX records of %s.", each(s.Hosts), them(s.Hosts), p.Domain)
	case mxplan.End:
		return p.end(s)
	case mxplan.Unlist:
		return p.unlist(s)
	default:
		switch {
		case done:
			return fmt.Sprintf("The policy does not list %s.", hosts)
		case s.Asked:
			return "The edited policy does not list " + hosts + ", and is not served yet. See by sealpost status why not."
		default:
			return fmt.Sprintf("Once the TTL that the MX records had is over%s, %s may go. Take %s out of the policy.%s", p.ttl(" (it takes %d seconds or more)"), hosts, them(s.Hosts), p.edit(s))
		}
	}
}

// edit names the place where the mx is written that follows.
func (p planPage) edit(s mxplan.Step) string {
	if len(s.MX) == 0 {
		return ""
	}
	return fmt.Sprintf(" In %s, make mx:", p.item(p.Domain))
}

// end says how a policy comes to its end, where no MX host is to be left.
func (p planPage) end(s mxplan.Step) string {
	if s.State == mxplan.Done {
		return "The policy has ended: none in mode enforce or testing is served."
	}
	return fmt.Sprintf("%s If %s is to take no mail any more, end its policy first: delete %s, and the domain retires.", p.withoutAny(s), p.Domain, p.item(p.Domain))
}

// unlist says what becomes of the MX records of hosts that go.
func (p planPage) unlist(s mxplan.Step) string {
	switch {
	case s.State == mxplan.Done:
		return fmt.Sprintf("%s %s not in the MX records of %s.", all(s.Hosts), are(s.Hosts), p.Domain)
	case !p.ends():
		return fmt.Sprintf("Take %s out of the MX records of %s. Mail still comes there until their TTL is over%s.", all(s.Hosts), p.Domain, p.ttl(", which takes %d seconds or more"))
	case s.State == mxplan.Next:
		return fmt.Sprintf("%s If %s is to take no mail any more, put a null MX (RFC 7505) in place of its MX records: then senders return mail at once.", p.withoutAny(s), p.Domain)
	default:
		return fmt.Sprintf("Put a null MX (RFC 7505) in place of the MX records of %s: then senders return mail at once.", p.Domain)
	}
}

// withoutAny says what a plan comes to that leaves no MX host.
func (p planPage) withoutAny(s mxplan.Step) string {
	return fmt.Sprintf("Without %s no MX host is left, and no mail is delivered to %s. If another host is to take over, name it with -add too.", all(s.Hosts), p.Domain)
}

// restore says what to put back at once, and why.
func (p planPage) restore(s mxplan.Step) string {
	host := all(s.Hosts)
	if strings.HasPrefix(host, "*.") {
		host = "a host that " + host + " stands for"
	}
	return fmt.Sprintf("Put %s back into the MX records of %s now, beside what is there. Until %s senders may hold a policy that allows none of that: %s. They hold mail back. If that host cannot take mail any more, go on with the next step.",
		host, p.Domain, heldUntil(s.Hold), heldPolicy(s.Hold))
}

// wait says until when, and why.
func (p planPage) wait(s mxplan.Step) string {
	hold, bars := s.Hold, "a policy that does not allow "+listed(s.Hosts, "or")
	switch {
	case hold == nil && !p.enforced:
		return "Nothing to wait for: no policy that was served here was in mode enforce."
	case hold == nil:
		return fmt.Sprintf("Nothing to wait for: every policy that was served here in mode enforce allows %s.", all(s.Hosts))
	case s.State == mxplan.Done:
		return fmt.Sprintf("Nothing to wait for: since %s, no sender holds %s.", upToMinute(hold.Until), bars)
	}
	moves := ""
	if hold.Earliest {
		moves = " Until a newer one is announced, this date moves."
	}
	return fmt.Sprintf("Wait until %s. Until then senders may hold %s: %s. They could take it up until %s, keep it for its max_age of %d seconds, and caches may be an hour behind.%s",
		heldUntil(hold), bars, heldPolicy(hold), minute(hold.TakenUp), hold.MaxAge, moves)
}

// heldUntil words the end of a hold.
func heldUntil(hold *mxplan.Hold) string {
	if hold.Earliest {
		return upToMinute(hold.Until) + " at the earliest"
	}
	return upToMinute(hold.Until)
}

// heldPolicy names the one that is held.
func heldPolicy(hold *mxplan.Hold) string { return "the one of " + minute(hold.PublishedAt) }

// foot says what else a person should know.
func (p planPage) foot() {
	for _, note := range p.Notes {
		p.line("", "")
		p.paragraph("Mind: ", p.note(note))
	}
	wait, waits := p.Step(mxplan.Wait)
	if list, adds := p.Step(mxplan.List); waits && adds && wait.State != mxplan.Done && list.State != mxplan.Done {
		p.line("", "")
		p.paragraph("", "If it cannot wait: put the new host beside MX hosts that the older policies allow. Senders that hold one of those go on to them (RFC 8461, section 5.1). Where no such host takes their mail, they keep it and try again. Before they give up they are to look for a new policy, but not all do.")
	}
	if s := p.Shorter; s != nil {
		p.line("", "")
		p.paragraph("", fmt.Sprintf("If the host is not certain yet: set max_age to %d now. From %s at the earliest, no sender holds a policy for longer, so that a change of mx is with all of them in %d hours.",
			s.MaxAge, upToMinute(s.From), s.MaxAge/3600+1))
	}
	if p.Done {
		p.line("", "")
		p.line("", p.allDone())
	}
}

// allDone says that nothing is left to do, and not that what was never there is done.
func (p planPage) allDone() string {
	if slices.ContainsFunc(p.Notes, func(n mxplan.Note) bool { return n.Kind == mxplan.NotThere }) {
		return "So there is nothing to do."
	}
	return "All of it is done."
}

// withEdit says with which edit something may go out of mx that nothing needs. An
// edit before the last one would come too soon.
func (p planPage) withEdit() string {
	last, removes := p.Step(mxplan.Disallow)
	if !removes {
		last, _ = p.Step(mxplan.Allow)
	}
	if last.Kind == "" || last.State == mxplan.Done {
		return fmt.Sprintf("of %s once all of the steps are done and the TTL that the MX records had is over", p.item(p.Domain))
	}
	return "with the last edit"
}

func (p planPage) note(n mxplan.Note) string {
	names := digest.Readable(all(n.Names), maxTold)
	switch n.Kind {
	case mxplan.Early:
		return fmt.Sprintf("%s %s in the MX records, and until %s senders may hold a policy that does not allow %s: %s. They do not deliver there. Leave MX hosts beside %s that the older policies allow, or take %s out until then.",
			names, are(n.Names), heldUntil(n.Hold), them(n.Names), heldPolicy(n.Hold), them(n.Names), them(n.Names))
	case mxplan.Barred:
		passes := "no edit of mx passes the rule mx-covered"
		if !n.Passable.IsZero() {
			passes = "an edit of mx passes the rule mx-covered by the override of the item, until " + minute(n.Passable)
		}
		return fmt.Sprintf("%s %s in the MX records, and the policy does not allow %s: senders do not deliver there, and %s. Put %s into mx too, or take %s out of the DNS.", names, are(n.Names), them(n.Names), passes, them(n.Names), them(n.Names))
	case mxplan.Idle:
		return fmt.Sprintf("%s in mx would match no MX record. Unless one is to come, take %s out %s.", names, them(n.Names), p.withEdit())
	case mxplan.StillAllowed:
		return fmt.Sprintf("A wildcard in mx still allows %s. That does no harm while its domain is yours.", names)
	case mxplan.NotThere:
		return fmt.Sprintf("%s %s neither in the MX records of %s nor allowed by a policy that was served here. Look whether the name is right.", names, are(n.Names), p.Domain)
	default:
		return "What mx is to be cannot be published: " + n.Message + "."
	}
}

// mxMember writes the member mx of an item, on one line where that is short.
func mxMember(mx []string) []string {
	const longest = wrap.Width - 9
	quoted := make([]string, len(mx))
	for i, name := range mx {
		text, _ := json.Marshal(name) // Strings always can be.
		quoted[i] = string(text)
	}
	if one := `"mx": [` + strings.Join(quoted, ", ") + "]"; len(one) <= longest {
		return []string{one}
	}
	lines := []string{`"mx": [`}
	for i, name := range quoted {
		if i < len(quoted)-1 {
			name += ","
		}
		lines = append(lines, "  "+name)
	}
	return append(lines, "]")
}

// all lists names in a sentence.
func all(names []string) string { return listed(names, "and") }

// listed puts a word before the last of some names.
func listed(names []string, word string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + word + " " + names[last]
}

// each lists them where something holds for every one.
func each(names []string) string {
	if len(names) > 1 {
		return "each of " + all(names)
	}
	return all(names)
}

func are(names []string) string {
	if len(names) > 1 {
		return "are"
	}
	return "is"
}

func them(names []string) string {
	if len(names) > 1 {
		return "them"
	}
	return "it"
}

// upToMinute words a time that is to be waited for.
func upToMinute(t time.Time) string { return minute(t.Add(time.Minute - 1)) }

func (p planPage) paragraph(lead, text string) {
	wrap.Hang(p.terminal.stdout, lead, text)
}

func (p planPage) lines(indent string, lines []string) {
	for _, line := range lines {
		p.line(indent, line)
	}
}

func (p planPage) line(indent, text string) {
	fmt.Fprintln(p.terminal.stdout, strings.TrimRight(indent+text, " "))
}
