package assessment

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// textWidth is what terminals show without wrapping.
const textWidth = 78

// Text writes an assessment for people, in lines of at most 78 columns: first
// what to do, then what was seen.
func (a Assessment) Text(w io.Writer) error {
	var t text
	t.heading(a.Domain + ": " + a.Verdict.words(a.Wrong()))
	t.item("", a.Summary())
	number := 0
	for _, p := range a.Problems {
		if p.Severity != CostsNothing {
			number++
			t.problem(fmt.Sprintf("%d. ", number), p)
		}
	}
	t.unknown(a.Unknown)
	t.advice(a.Problems)
	t.seen(a)
	_, err := w.Write(t.Bytes())
	return err
}

func (v Verdict) words(wrong int) string {
	switch v {
	case Mend:
		return fmt.Sprintf("%d to mend", wrong)
	default:
		return strings.ReplaceAll(string(v), "-", " ")
	}
}

// Summary says in a few words where the domain stands.
func (a Assessment) Summary() string {
	switch {
	case a.Verdict == Enforcing:
		return "Mode enforce is on, and everything that senders look at is right."
	case a.Verdict == ReadyToEnforce:
		return "Mode testing is on, and everything that senders look at is right. Set mode enforce once a week's TLS reports tell of no failure."
	case a.Verdict == ReadyToTest:
		return "There is no MTA-STS yet, and nothing stands in the way of a policy in mode testing."
	case a.Verdict == Off && a.Mode == mtasts.ModeNone:
		return "Mode none is on: senders are told that there is no policy any more. Nothing is wrong with that."
	case a.Verdict == Off:
		return "The domain takes no mail, so there is nothing to protect."
	case a.Verdict == CouldNotTell:
		return "Nothing wrong was seen, but not everything could be looked at from here."
	case a.Problems[0].Code == MXNotCoveredKept:
		return "Senders may hold a policy from before that stops mail."
	case slices.Contains([]Code{DomainNotFound, MXNone, MXLoop}, a.Problems[0].Code):
		return "No mail can be sent to it."
	default:
		return a.Problems[0].Severity.words(a.Mode)
	}
}

// words says where a domain stands whose worst problem costs so much.
func (s Severity) words(mode mtasts.Mode) string {
	switch {
	case s == CostsMail && mode == mtasts.ModeEnforce:
		return "Mode enforce is on, and senders that keep to it hold mail back."
	case s == CostsMail && mode == mtasts.ModeTesting:
		return "Mode testing is on, which stops no mail. Mode enforce would."
	case s == CostsMail:
		return "Mode enforce would stop mail."
	case s == CostsProtection:
		return "Mail flows, but not every sender can keep to the policy."
	case s == CostsReports:
		return "Senders can keep to the policy, but nobody would tell you if they fail."
	default:
		return "All is right today, but will not be for long."
	}
}

// Subject is what a problem is about.
func (p Problem) Subject() string { return subject(p.Host, p.Addresses) }

func subject(host string, addresses []netip.Addr) string {
	if len(addresses) == 0 {
		return host
	}
	return host + " [" + strings.Join(texts(addresses), ", ") + "]"
}

func texts(addresses []netip.Addr) []string {
	var all []string
	for _, address := range addresses {
		all = append(all, address.String())
	}
	return all
}

// text is one in the making.
type text struct{ bytes.Buffer }

func (t *text) problem(lead string, p Problem) {
	indent := strings.Repeat(" ", len(lead))
	t.WriteByte('\n')
	t.item(lead, p.Subject()+":")
	t.item(indent, p.What+" ("+string(p.Code)+")")
	t.item(indent+"Seen     ", p.Seen)
	t.item(indent+"Effect   ", p.Effect)
	t.item(indent+"Mend     ", p.Mend)
}

func (t *text) unknown(all []Unknown) {
	if len(all) == 0 {
		return
	}
	t.section("Could not tell")
	for _, u := range all {
		t.item("- ", subject(u.Host, u.Addresses)+":")
		t.item("  ", u.Seen+" "+u.Do)
	}
}

func (t *text) advice(all []Problem) {
	begun := false
	for _, p := range all {
		if p.Severity != CostsNothing {
			continue
		}
		if !begun {
			t.section("No fault, but could be better")
			begun = true
		}
		t.item("- ", fmt.Sprintf("%s: %s (%s). %s %s", p.Subject(), p.What, p.Code, p.Seen, p.Mend))
	}
}

// seen tells what was looked at, so that a person can judge for themselves.
func (t *text) seen(a Assessment) {
	t.section("What was seen, " + minute(a.Seen.At))
	t.record("Record", a.Seen.Record)
	if a.ID != nil {
		t.row("", idWords(*a.ID))
	}
	t.policy(a)
	for i, host := range a.Seen.MX.Hosts {
		if a.Seen.MX.Implicit && len(host.Addresses.List) == 0 {
			t.row("MX", "none")
			continue
		}
		label := "MX"
		if i > 0 {
			label = ""
		}
		t.mxHost(label, a, host)
	}
	switch {
	case a.Seen.MX.Null:
		t.row("MX", "null MX: takes no mail")
	case a.Seen.MX.Unseen != "":
		t.row("MX", notSeen)
	case len(a.Seen.MX.Hosts) == 0:
		t.row("MX", "none")
	}
	t.record("Reports", a.Seen.TLSRPT)
	for _, d := range a.Seen.Destinations {
		t.destination(d)
	}
	t.kept(a)
}

const notSeen = "could not look"

func idWords(id ID) string {
	if id.Announced == id.OfBody {
		return "The id is the hash of the policy, as Sealpost makes it."
	}
	return "The id is not the hash that Sealpost makes; each may choose ids as they like."
}

func (t *text) record(label string, txt survey.TXT) {
	switch {
	case txt.Unseen != "":
		t.row(label, notSeen)
	case len(txt.Values) == 0:
		t.row(label, "none at "+txt.Name)
	}
	for i, value := range txt.Values {
		if i > 0 {
			label = ""
		}
		t.row(label, printable(value))
	}
	if len(txt.CNAMEs) > 0 {
		t.row("", "by CNAME from "+strings.Join(txt.CNAMEs, ", then "))
	}
}

func (t *text) policy(a Assessment) {
	policy, is := a.policy()
	switch {
	case is:
		t.row("Policy", fmt.Sprintf("mode %s, max_age %d (%s), mx %s", policy.Mode, policy.MaxAge,
			roughly(time.Duration(policy.MaxAge)*time.Second), strings.Join(policy.MX, ", ")))
	case a.Seen.PolicyHost.Addresses.Unseen != "":
		t.row("Policy", notSeen)
	default:
		t.row("Policy", "none")
	}
	for _, outcome := range []mtasts.Outcome{mtasts.OutcomeAccepts, mtasts.OutcomeChanges, mtasts.OutcomeRejects, mtasts.OutcomeUntested} {
		if senders := a.sendersWith(outcome); len(senders) > 0 {
			t.row("", outcomes[outcome]+and(senders))
		}
	}
	if len(a.Seen.PolicyHost.Answers) > 0 {
		t.host(a.Seen.PolicyHost)
	}
}

var outcomes = map[mtasts.Outcome]string{
	mtasts.OutcomeAccepts:  "taken by ",
	mtasts.OutcomeChanges:  "taken otherwise than it is meant by ",
	mtasts.OutcomeRejects:  "refused by ",
	mtasts.OutcomeUntested: "not tried with ",
}

func (a Assessment) sendersWith(outcome mtasts.Outcome) []string {
	var senders []string
	for _, verdict := range a.Senders {
		if verdict.Outcome == outcome {
			senders = append(senders, verdict.Sender)
		}
	}
	return senders
}

func (t *text) host(host survey.Host) {
	t.row("", "from "+via(host.Name, host.Addresses))
	for _, a := range host.Answers {
		words := string(a.Reach)
		if a.Reach == survey.Reached {
			words = handshake(a.TLS)
		}
		if a.Status != 0 {
			words += fmt.Sprintf(", %s in %s", status(a.Status), a.Took.Round(time.Millisecond))
		}
		t.row("", fmt.Sprintf("  %s: %s", a.Address, words))
	}
}

func via(name string, addresses survey.Addresses) string {
	if len(addresses.CNAMEs) > 0 {
		return name + ", by CNAME from " + strings.Join(addresses.CNAMEs, ", then ")
	}
	return name
}

func handshake(seen *survey.TLS) string {
	if seen == nil {
		return "no TLS"
	}
	if seen.Version == 0 {
		return seen.Failure
	}
	return fmt.Sprintf("%s, certificate until %s", seen.Version, seen.Certificate.NotAfter.Format("2 January 2006"))
}

func (t *text) mxHost(label string, a Assessment, host survey.MXHost) {
	allowed := ""
	if policy, is := a.policy(); is && allows(policy.MX, host.Name) {
		allowed = ", allowed by the policy"
	}
	allowed += tlsa(host.TLSA)
	name := via(host.Name, host.Addresses)
	if a.Seen.MX.Implicit {
		t.row(label, name+" itself"+allowed)
	} else {
		t.row(label, fmt.Sprintf("%d %s%s", host.Preference, name, allowed))
	}
	for _, talk := range host.Talks {
		words := string(talk.Reach)
		switch {
		case talk.TLS != nil:
			words = handshake(talk.TLS)
		case talk.Ended != nil:
			words = "ended at the " + string(talk.Ended.Stage)
		case talk.Reach == survey.Reached:
			words = "no STARTTLS"
		}
		t.row("", fmt.Sprintf("  %s: %s", talk.Address, words))
	}
}

func tlsa(seen survey.TLSA) string {
	switch {
	case seen.Records == 0:
		return ""
	case seen.Authenticated:
		return ", DANE (TLSA records, by DNSSEC)"
	default:
		return ", TLSA records (the resolver does not say that DNSSEC vouches for them)"
	}
}

// policy is the one that everything was judged by.
func (a Assessment) policy() (mtasts.Policy, bool) {
	j := judge{seen: a.Seen}
	j.readPolicy()
	return j.policy, j.hasPolicy
}

func (t *text) destination(d survey.Destination) {
	switch {
	case d.Mail != nil && d.Mail.Hosts > 0:
		t.row("", fmt.Sprintf("  %s takes mail", d.Mail.Name))
	case d.HTTPS != nil:
		for _, a := range d.HTTPS.Answers {
			words := string(a.Reach)
			if a.Reach == survey.Reached {
				words = handshake(a.TLS)
			}
			if a.Status != 0 {
				words += ", answers HEAD with " + status(a.Status)
			}
			t.row("", fmt.Sprintf("  %s: %s; no report was sent", a.Address, words))
		}
	}
}

func (t *text) kept(a Assessment) {
	if a.Hosted == nil {
		if _, is := a.policy(); is || len(a.Seen.Record.Values) > 0 {
			t.row("Kept", "unknown: what senders hold from before is known only of domains that are hosted here (-dir, -stack)")
		}
		return
	}
	if len(a.Hosted.Kept) == 0 {
		t.row("Kept", "no policy from before")
	}
	for i, kept := range a.Hosted.Kept {
		label := "Kept"
		if i > 0 {
			label = ""
		}
		t.row(label, fmt.Sprintf("until %s senders may hold mode %s with mx %s", minute(kept.Until), kept.Mode, strings.Join(kept.MX, ", ")))
	}
}

// printable shows what others wrote, safe for a terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%.300q", s)
	return strings.ReplaceAll(strings.Trim(quoted, `"`), `\"`, `"`)
}

func (t *text) heading(s string) {
	t.item("", s)
	t.WriteString(strings.Repeat("=", min(utf8.RuneCountInString(s), textWidth)) + "\n")
}

func (t *text) section(s string) {
	fmt.Fprintf(t, "\n%s\n%s\n", s, strings.Repeat("-", utf8.RuneCountInString(s)))
}

const labelWidth = 9

func (t *text) row(label, s string) {
	indent := strings.Repeat(" ", len(s)-len(strings.TrimLeft(s, " ")))
	t.item(fmt.Sprintf("%-*s", labelWidth, label)+indent, s)
}

// item writes s after the lead, and further lines below s. Whatever hosts have
// said in it, a terminal can be given it.
func (t *text) item(lead, s string) {
	for i, line := range wrapped(strings.Map(visible, s), textWidth-len(lead)) {
		if i > 0 {
			lead = strings.Repeat(" ", len(lead))
		}
		t.WriteString(strings.TrimRight(lead+line, " ") + "\n")
	}
}

func visible(r rune) rune {
	if unicode.IsPrint(r) || unicode.IsSpace(r) {
		return r
	}
	return unicode.ReplacementChar
}

// wrapped breaks s into lines at its spaces. A word that is too long for a line,
// such as a name, stays whole.
func wrapped(s string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > width {
			lines, line, used = append(lines, line), "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// Table writes a line for each of many domains, the worst first as given.
func Table(w io.Writer, all []Assessment) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DOMAIN\tVERDICT\tMODE\tWORST")
	for _, a := range all {
		worst := ""
		switch {
		case a.Wrong() > 0:
			worst = a.Problems[0].Host + ": " + string(a.Problems[0].Code)
		case len(a.Unknown) > 0:
			worst = a.Unknown[0].Host + ": could not look"
		}
		mode := string(a.Mode)
		if mode == "" {
			mode = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Domain, a.Verdict.words(a.Wrong()), mode, worst)
	}
	return table.Flush()
}
