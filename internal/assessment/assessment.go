// Package assessment judges what package survey has seen of a domain: what is
// wrong, what senders do about it, how to mend it, and whether the domain may be
// put into mode testing or enforce. What could not be looked at is never taken
// for good.
package assessment

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"sealpost/internal/mtasts"
	"sealpost/internal/survey"
)

// Assessment is what there is to say of a domain. Its JSON is described in
// docs/check.md.
type Assessment struct {
	Domain   string           `json:"domain"`
	Verdict  Verdict          `json:"verdict"`
	Mode     mtasts.Mode      `json:"mode,omitempty"` // Of the policy that is served; empty where it cannot be told.
	Problems []Problem        `json:"problems"`       // The worst first.
	Unknown  []Unknown        `json:"could_not_tell"`
	Senders  []mtasts.Verdict `json:"senders,omitempty"` // What each known one makes of the policy as it would come by it.
	ID       *ID              `json:"id,omitempty"`
	Hosted   *Hosted          `json:"hosted,omitempty"`
	Seen     survey.Domain    `json:"seen"`
}

// Verdict is where a domain stands.
type Verdict string

const (
	Enforcing      Verdict = "enforcing"        // It is in mode enforce, and all is right.
	ReadyToEnforce Verdict = "ready-to-enforce" // It is in mode testing, and all is right.
	ReadyToTest    Verdict = "ready-to-test"    // Nothing is published, which is a problem, and no other stands in the way of a policy in mode testing.
	Off            Verdict = "off"              // It is in mode none, or takes no mail, and all is right.
	Mend           Verdict = "mend"             // There are problems.
	CouldNotTell   Verdict = "could-not-tell"   // There are none where it could be looked.
)

// Problem is something that is not right.
type Problem struct {
	Code      Code         `json:"code"`
	Severity  Severity     `json:"severity"`
	Host      string       `json:"host"`                // The name that it is about.
	Addresses []netip.Addr `json:"addresses,omitempty"` // Of the host: those that it is about.
	What      string       `json:"what"`                // In a few words.
	Seen      string       `json:"seen"`                // Where it shows.
	Effect    string       `json:"effect"`              // What senders do about it.
	RefusedBy []string     `json:"refused_by,omitzero"` // The senders of known parsers that go on without the policy for it; nil where senders do not differ.
	Mend      string       `json:"mend"`
}

// Severity is what a problem costs.
type Severity string

// From the worst to the least.
const (
	CostsMail       Severity = "mail"       // In mode enforce, mail is not delivered.
	CostsProtection Severity = "protection" // Senders go on without the policy.
	CostsReports    Severity = "reports"    // Nobody says what goes wrong.
	CostsSoon       Severity = "soon"       // It will be one of the others.
	CostsNothing    Severity = "advice"     // It could be better.
)

func (s Severity) rank() int {
	return slices.Index([]Severity{CostsMail, CostsProtection, CostsReports, CostsSoon, CostsNothing}, s)
}

// Unknown is something that could not be looked at from here.
type Unknown struct {
	Host      string       `json:"host"`
	Addresses []netip.Addr `json:"addresses,omitempty"`
	Seen      string       `json:"seen"`
	Do        string       `json:"do"` // How to find out.
}

// ID is how the announced id goes with the policy.
type ID struct {
	Announced string `json:"announced"`
	OfBody    string `json:"of_body"` // What Sealpost announces for such a policy. Others choose ids in other ways.
}

// Of judges what was seen of a domain; hosted is nil where its policy is not
// ours, and never was.
func Of(seen survey.Domain, hosted *Hosted) Assessment {
	j := judge{Assessment: Assessment{Domain: seen.Name, Problems: []Problem{}, Unknown: []Unknown{}, Hosted: hosted, Seen: seen}}
	j.readPolicy()
	j.record()
	j.policyHost()
	j.senders()
	j.toAnnounce()
	j.mx()
	j.reports()
	j.issuers()
	j.ours()
	slices.SortStableFunc(j.Problems, func(a, b Problem) int { return cmp.Compare(a.Severity.rank(), b.Severity.rank()) })
	j.Verdict = j.verdict()
	return j.Assessment
}

// judge is an assessment in the making.
type judge struct {
	Assessment
	body      string        // What is served, where senders would look into it.
	policy    mtasts.Policy // In it, as the most lenient sender reads it.
	hasPolicy bool
	announced bool          // There is a record that announces a policy, or tries to.
	unheard   bool          // There is none in which senders read that.
	heard     mtasts.Record // The one in which they do.
	served    bool          // There is a host that could serve one.
}

func (j *judge) verdict() Verdict {
	wrong := slices.DeleteFunc(slices.Clone(j.Problems), func(p Problem) bool { return p.Severity == CostsNothing })
	unpublished := !j.announced && !j.served
	standsInTheWay := slices.ContainsFunc(wrong, func(p Problem) bool { return p.Code != RecordMissing && p.Code != TLSRPTMissing })
	switch {
	case len(wrong) > 0 && unpublished && !standsInTheWay && len(j.Unknown) == 0:
		return ReadyToTest
	case len(wrong) > 0:
		return Mend
	case len(j.Unknown) > 0:
		return CouldNotTell
	case j.Mode == mtasts.ModeEnforce:
		return Enforcing
	case j.Mode == mtasts.ModeTesting:
		return ReadyToEnforce
	default:
		return Off
	}
}

// Wrong counts the problems that are more than advice.
func (a Assessment) Wrong() int {
	wrong := 0
	for _, problem := range a.Problems {
		if problem.Severity != CostsNothing {
			wrong++
		}
	}
	return wrong
}

// about adds a problem; one that is there already is about one more address.
func (j *judge) about(code Code, host string, address netip.Addr, seen string) {
	j.put(j.problem(code, host, address, seen))
}

func (j *judge) problem(code Code, host string, address netip.Addr, seen string) Problem {
	kind := kinds[code]
	p := Problem{Code: code, Severity: code.severityIn(j.Mode), Host: host, Addresses: list(address), What: kind.what, Seen: seen,
		Effect: kind.effectIn(j.Mode), Mend: kind.mend}
	switch held := j.mayBeEnforced(); {
	case !code.isOfTLS():
	case j.Mode == mtasts.ModeNone && !held: // Then nobody asks for TLS.
		p.Severity = CostsNothing
	case j.Mode != mtasts.ModeEnforce && held && p.Severity == CostsMail && kind.effect == "":
		p.Effect += " Those that hold a policy in mode enforce from before do not deliver to it now."
	}
	return p
}

// none is the address of what is said of a name as a whole.
var none netip.Addr

// of adds a problem of a name as a whole.
func (j *judge) of(code Code, name, seen string) { j.about(code, name, none, seen) }

func (j *judge) put(p Problem) {
	for i, known := range j.Problems {
		if known.Code == p.Code && known.Host == p.Host && known.Seen == p.Seen {
			j.Problems[i].Addresses = append(known.Addresses, p.Addresses...)
			return
		}
	}
	j.Problems = append(j.Problems, p)
}

// How to find out what could not be looked at.
const (
	tryAgain     = "Try again, or with another resolver (-resolver)."
	tooMuch      = "No domain needs so much in DNS. Take out what is not needed, then check again."
	tryElsewhere = "Run sealpost check on a machine that has a way to this address."
	tryLonger    = "Try again with a longer -timeout; a third of it is for the connection."
	withSMTP     = "Leave out -without-smtp where port %s is open to the outside: many networks and clouds close it."
	tryLater     = "Try again later. If it goes on, look into the mail server's log, or run sealpost check from an address that the host accepts mail from."
	tryFriend    = "Run sealpost check from an address that the host accepts mail from, such as that of a mail server."
)

// unknown notes what could not be looked at.
func (j *judge) unknown(host string, address netip.Addr, seen, do string) {
	for i, known := range j.Unknown {
		if known.Host == host && known.Seen == seen {
			j.Unknown[i].Addresses = append(known.Addresses, list(address)...)
			return
		}
	}
	j.Unknown = append(j.Unknown, Unknown{host, list(address), seen, do})
}

// unseen notes what a look could not look up.
func (j *judge) unseen(host string, why survey.Unseen, isLimit bool) {
	do := tryAgain
	if isLimit {
		do = tooMuch
	}
	j.unknown(host, none, sentence(string(why)), do)
}

func list(address netip.Addr) []netip.Addr {
	if !address.IsValid() {
		return nil
	}
	return []netip.Addr{address}
}

// and joins words for people.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
