package mtasts

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
	reactions map[trait]reaction
	otherwise reaction // To traits not among reactions.
}

// reaction is what a sender does about a trait, and its effect in words where
// that needs saying.
type reaction struct {
	outcome Outcome
	effect  string
}

func (s Sender) reaction(t trait) reaction {
	if t == grammarBroken {
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
)

// Senders lists the senders whose parsers are known.
func Senders() []Sender {
	return []Sender{mox(), goMTASTS(), chasquid(), postfixTLSPol(), postfixResolver(), stalwart()}
}

// mox keeps to the grammar of RFC 8461 to the letter.
func mox() Sender {
	return Sender{Name: "mox", Basis: BasisTried, otherwise: accepts, reactions: map[trait]reaction{
		byteOrderMark:    rejects,
		blankLine:        rejects,
		commentLine:      rejects,
		spaceBeforeColon: rejects,
		mxTrailingDot:    rejects,
		colonInExtension: untested,
		over64KiB:        rejects,
	}}
}

func goMTASTS() Sender {
	return Sender{Name: "maddy (go-mtasts)", Basis: BasisTried, otherwise: accepts, reactions: map[trait]reaction{
		byteOrderMark:    rejects,
		blankLine:        rejects,
		commentLine:      rejects,
		spaceBeforeColon: rejects,
		colonInExtension: rejects,
		over10KiB:        untested,
		over64KiB:        untested,
	}}
}

func chasquid() Sender {
	return Sender{Name: "chasquid", Basis: BasisTried, otherwise: accepts, reactions: map[trait]reaction{
		byteOrderMark: rejects,
		noneWithoutMX: rejects,
		maxAgeZero:    rejects,
		over10KiB:     {OutcomeChanges, "reads the first 10 KiB only, and does not say so"},
	}}
}

func postfixTLSPol() Sender {
	return Sender{Name: "postfix-tlspol", Basis: BasisTried, otherwise: accepts, reactions: map[trait]reaction{
		byteOrderMark:    rejects,
		blankLine:        rejects,
		commentLine:      rejects,
		spaceBeforeColon: rejects,
		maxAgeZero:       {OutcomeChanges, "does not keep the policy"},
		over64KiB:        rejects,
	}}
}

func postfixResolver() Sender {
	return Sender{Name: "postfix-mta-sts-resolver", Basis: BasisTried, otherwise: accepts, reactions: map[trait]reaction{
		byteOrderMark:    rejects,
		spaceBeforeColon: rejects,
		mxTrailingDot:    {OutcomeChanges, "never finds a match for that mx"},
		over64KiB:        rejects,
	}}
}

func stalwart() Sender {
	return Sender{Name: "Stalwart", Basis: BasisRead, otherwise: untested, reactions: map[trait]reaction{
		noneWithoutMX: rejects,
		maxAgeZero:    accepts, // maxAgeUnusual goes with it, and says what happens.
		maxAgeUnusual: {OutcomeChanges, "puts 86400 in its place"},
	}}
}
