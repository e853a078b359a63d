package mtasts

import "time"

// Outcome says what a sender makes of a policy text.
type Outcome string

const (
	OutcomeAccepts  Outcome = "accepts"  // Takes the policy as it stands.
	OutcomeUntested Outcome = "untested" // Nobody has tried.
	OutcomeChanges  Outcome = "changes"  // Takes it, but not as it is meant.
	OutcomeRejects  Outcome = "rejects"  // Goes on as if there were no policy.
)

// Basis says how a sender's behaviour is known.
type Basis string

const (
	BasisTried Basis = "tried" // Its own parser was run.
	BasisRead  Basis = "read"  // Its source code was read.
)

// Sender is a program that sends mail and honours MTA-STS.
type Sender struct {
	Name      string
	Basis     Basis
	MediaType Outcome       // What it makes of a policy that does not come as text/plain.
	SecondID  Outcome       // What it makes of a TXT record that has id twice.
	RSAKeys   Outcome       // What it makes of a Policy Host that agrees on keys by RSA alone, which Go has ceased to with version 1.22.
	Patience  time.Duration // For a fetch as a whole; 0 where it is not known.

	reactions map[Trait]reaction
	otherwise reaction // To traits not among reactions.
}

// reaction is what a sender does about a trait, and its effect in words where
// that needs saying.
type reaction struct {
	outcome Outcome
	effect  string
}

func (s Sender) reaction(t Trait) reaction {
	if t == TraitSyntax {
		return rejects
	}
	if r, ok := s.reactions[t]; ok {
		return r
	}
	return s.otherwise
}

var (
	accepts  = reaction{outcome: OutcomeAccepts}
	rejects  = reaction{outcome: OutcomeRejects}
	untested = reaction{outcome: OutcomeUntested}

	goesByLast = reaction{OutcomeChanges, "goes by the last of them"}
)

// Senders lists the senders whose parsers are known.
func Senders() []Sender {
	return []Sender{mox(), goMTASTS(), chasquid(), postfixTLSPol(), postfixResolver(), stalwart()}
}

// mox keeps to the grammar of RFC 8461 to the letter, also in what is to be ignored.
func mox() Sender {
	return Sender{Name: "mox", Basis: BasisTried, MediaType: OutcomeAccepts, SecondID: OutcomeRejects, RSAKeys: OutcomeRejects, Patience: 60 * time.Second, otherwise: accepts, reactions: map[Trait]reaction{
		TraitRepeatedInvalid:  rejects,
		TraitMaxAgeTooLong:    untested, // It takes up to 2147483647, and no more.
		TraitCROnly:           rejects,
		TraitByteOrderMark:    rejects,
		TraitBlankLine:        rejects,
		TraitComment:          rejects,
		TraitSpaceBeforeColon: rejects,
		TraitMXTrailingDot:    rejects,
		TraitOver64KiB:        rejects,
	}}
}

func goMTASTS() Sender {
	return Sender{Name: "maddy (go-mtasts)", Basis: BasisTried, MediaType: OutcomeUntested, SecondID: OutcomeAccepts, RSAKeys: OutcomeUntested, otherwise: accepts, reactions: map[Trait]reaction{
		TraitRepeatedField:    goesByLast,
		TraitRepeatedInvalid:  rejects,
		TraitCROnly:           rejects,
		TraitByteOrderMark:    rejects,
		TraitBlankLine:        rejects,
		TraitComment:          rejects,
		TraitSpaceBeforeColon: rejects,
		TraitColonInExtension: rejects,
		TraitOver10KiB:        untested,
		TraitOver64KiB:        untested,
	}}
}

func chasquid() Sender {
	return Sender{Name: "chasquid", Basis: BasisTried, MediaType: OutcomeRejects, SecondID: OutcomeAccepts, RSAKeys: OutcomeUntested, otherwise: accepts, reactions: map[Trait]reaction{
		TraitRepeatedField:   goesByLast,
		TraitRepeatedInvalid: rejects,
		TraitMaxAgeTooLong:   rejects,
		TraitCROnly:          rejects,
		TraitByteOrderMark:   rejects,
		TraitNoneWithoutMX:   rejects,
		TraitMaxAgeZero:      rejects,
		TraitOver10KiB:       {OutcomeChanges, "reads the first 10 KiB only, and does not say so"},
	}}
}

func postfixTLSPol() Sender {
	return Sender{Name: "postfix-tlspol", Basis: BasisTried, MediaType: OutcomeRejects, SecondID: OutcomeAccepts, RSAKeys: OutcomeRejects, Patience: 2 * time.Second, otherwise: accepts, reactions: map[Trait]reaction{
		TraitMaxAgeTooLong:    {OutcomeChanges, "puts 31557600 in its place"},
		TraitCROnly:           rejects,
		TraitByteOrderMark:    rejects,
		TraitBlankLine:        rejects,
		TraitComment:          rejects,
		TraitSpaceBeforeColon: rejects,
		TraitMaxAgeZero:       {OutcomeChanges, "does not keep the policy"},
		TraitOver64KiB:        rejects,
	}}
}

func postfixResolver() Sender {
	return Sender{Name: "postfix-mta-sts-resolver", Basis: BasisTried, MediaType: OutcomeRejects, SecondID: OutcomeAccepts, RSAKeys: OutcomeAccepts, Patience: 4 * time.Second, otherwise: accepts, reactions: map[Trait]reaction{
		TraitRepeatedField:    goesByLast,
		TraitRepeatedInvalid:  rejects,
		TraitMaxAgeTooLong:    rejects,
		TraitByteOrderMark:    rejects,
		TraitSpaceBeforeColon: rejects,
		TraitMXTrailingDot:    {OutcomeChanges, "never finds a match for that mx, and in mode enforce holds back the mail for it"},
		TraitOver64KiB:        rejects,
	}}
}

func stalwart() Sender {
	return Sender{Name: "Stalwart", Basis: BasisRead, MediaType: OutcomeUntested, SecondID: OutcomeUntested, RSAKeys: OutcomeUntested, otherwise: untested, reactions: map[Trait]reaction{
		TraitNoneWithoutMX: rejects,
		TraitMaxAgeZero:    accepts, // TraitMaxAgeUnusual goes with it, and says what happens.
		TraitMaxAgeTooLong: {OutcomeChanges, "puts 86400 in its place"},
		TraitMaxAgeUnusual: {OutcomeChanges, "puts 86400 in its place"},
	}}
}
