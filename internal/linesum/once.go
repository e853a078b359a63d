package linesum

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"

	"sealpost/internal/archive"
)

// once sees to it that of several copies of a report one counts: the best, be
// it the first or the last to come. It learns what there is in a first pass
// over the lines. Where a better copy came after a worse one had been counted,
// upset is true, and a second pass counts the right ones.
//
// A signed report takes the place of one that is not signed, but never of one
// that another domain signed: else whoever has a domain could do away with what
// other reporters say.
//
// It holds all that the sum of a week keeps for each report: a map entry of 56
// bytes, which is 70 to 140 bytes of memory, for each domain in the report.
type once struct {
	best  map[logicalKey]copyKept
	pass  uint8
	upset bool
}

// logicalKey tells reports apart, one Policy Domain of a report at a time. It
// is a hash, since what reporters write has any length.
//
// Two organizations may use one report-id, so the id alone is no key.
type logicalKey [16]byte

// signerKey tells signing domains apart; all zeros is none.
type signerKey [8]byte

// logicalKeyOf leaves out who signed, and so brings together what is signed and
// what is not; logicalKeyBy is a place of its own for one more signer.
func logicalKeyOf(line archive.Line, policyDomain string) logicalKey {
	return hashOf(line, line.OrganizationName, line.ReportID, policyDomain)
}

func logicalKeyBy(line archive.Line, policyDomain string) logicalKey {
	return hashOf(line, line.OrganizationName, line.ReportID, policyDomain, line.TrustDomain)
}

func hashOf(line archive.Line, names ...string) logicalKey {
	text := make([]byte, 0, 256)
	for _, s := range names {
		text = binary.AppendUvarint(text, uint64(len(s)))
		text = append(text, s...)
	}
	text = binary.AppendVarint(text, line.StartDatetime.Unix())
	text = binary.AppendVarint(text, line.EndDatetime.Unix())
	sum := sha256.Sum256(text)
	return logicalKey(sum[:16])
}

// copyKept is the best copy seen so far.
type copyKept struct {
	receivedAt int64 // Unix time in microseconds.
	reportKey  [16]byte
	signer     signerKey
	counted    uint8 // The pass that counted it.
}

func (c copyKept) isSigned() bool { return c.signer != signerKey{} }

func copyOf(line archive.Line) copyKept {
	c := copyKept{receivedAt: line.ReceivedAt.UnixMicro()}
	copy(c.reportKey[:], line.ReportKey)
	if line.Trust == archive.TrustDKIM {
		sum := sha256.Sum256([]byte(line.TrustDomain))
		copy(c.signer[:], sum[:])
	}
	return c
}

// compare ranks copies: authenticated before unauthenticated, then the newest.
// The report key settles the rest, so that the order of lines never does.
func (c copyKept) compare(d copyKept) int {
	if c.isSigned() != d.isSigned() {
		if c.isSigned() {
			return 1
		}
		return -1
	}
	return cmp.Or(
		cmp.Compare(c.receivedAt, d.receivedAt),
		cmp.Compare(string(c.reportKey[:]), string(d.reportKey[:])),
	)
}

func newOnce() *once {
	return &once{best: make(map[logicalKey]copyKept), pass: 1}
}

// again begins the second pass.
func (o *once) again() {
	o.pass++
	o.upset = false
}

// counts reports whether the line's word about the domain is to be counted now.
func (o *once) counts(line archive.Line, policyDomain string) bool {
	key, c := logicalKeyOf(line, policyDomain), copyOf(line)
	kept, known := o.best[key]
	if c.isSigned() && kept.isSigned() && c.signer != kept.signer {
		key = logicalKeyBy(line, policyDomain)
		kept, known = o.best[key]
	}
	if known && !o.takesOver(c, kept) {
		return false
	}
	c.counted = o.pass
	o.best[key] = c
	return true
}

// takesOver reports whether c is to be counted although kept is known. Only the
// first pass changes its mind: a copy that is new in the second pass was stored
// in between, and comes too late.
func (o *once) takesOver(c, kept copyKept) bool {
	order := c.compare(kept)
	if order == 0 {
		return kept.counted != o.pass
	}
	if o.pass == 1 && order > 0 {
		o.upset = true
		return true
	}
	return false
}
