// Package dkim verifies DKIM signatures (RFC 6376, and RFC 8463 on Ed25519), as
// RFC 8460, section 3, wants them of reports.
//
// It reports which domains have signed a message, and which header fields each
// signature covers. What a covered field proves depends on the kind of message, and
// is decided by the caller.
package dkim

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"sealpost/internal/message"
)

// Resolver looks up names in DNS. It may be used concurrently.
type Resolver interface {
	// TXT returns the TXT records of a name, the strings of each joined; none
	// where there are none. An error means that the lookup should be tried again.
	TXT(ctx context.Context, name string) ([]string, error)
}

const (
	// MaxSignatures is how many signatures of a mail are verified. Real mails
	// have up to three.
	MaxSignatures = 5
	// MaxLookup bounds the time for the lookups of all keys of a message.
	MaxLookup = 10 * time.Second
)

// Verdict is the result of verifying the signatures of a message.
type Verdict struct {
	Signatures []Signature // Those that were looked at, in the order of the header.
	Problem    string      // Why none was looked at, in words for people; empty where some were.
}

// Signature is one DKIM-Signature field.
type Signature struct {
	Domain  string   // d=, in lower case and A-labels; empty where the field is broken.
	Signed  []string // Names of the fields that it covers, in lower case.
	Problem string   // Why it authenticates nothing, in words for people; empty where it is valid.
	Err     error    // Why that cannot be known now: its key cannot be looked up.
}

// Covers reports whether the signature covers the field of that name, of which
// there may be one only: of several it covers the last ones alone (RFC 6376,
// section 5.4.2).
func (s Signature) Covers(name string) bool { return slices.Contains(s.Signed, lower(name)) }

// String names the signature to people.
func (s Signature) String() string {
	if s.Domain == "" {
		return "a signature"
	}
	return "the signature of d=" + s.Domain
}

// Verifier verifies the signatures of one mail, and of mails that are forwarded
// within it: each once, and MaxSignatures at most. It must not be used concurrently.
type Verifier struct {
	dns        Resolver
	receivedAt time.Time
	left       int // Signatures that may yet be verified.
	messages   map[*message.Message]*judged
}

// judged is a message, and what of it has been judged.
type judged struct {
	message    *message.Message
	signatures []*signature
	problem    string
	bodies     map[bodyKind]bodyHash
}

// NewVerifier returns a verifier for a mail that was first received at a time, which
// x= is compared with (RFC 6376, section 3.5).
func NewVerifier(dns Resolver, receivedAt time.Time) *Verifier {
	return &Verifier{dns: dns, receivedAt: receivedAt, left: MaxSignatures, messages: make(map[*message.Message]*judged)}
}

// Verify verifies the signatures of a message that are aligned with one of the
// domains. The keys of others are not looked up, since anyone can add any number of
// them.
func (v *Verifier) Verify(ctx context.Context, m *message.Message, domains ...string) Verdict {
	j, known := v.messages[m]
	if !known {
		j = v.read(m)
		v.messages[m] = j
	}
	if j.problem != "" {
		return Verdict{Problem: j.problem}
	}
	aligned := make([]bool, len(j.signatures))
	for i, s := range j.signatures {
		aligned[i] = s.Domain == "" || alignedWithAny(s.Domain, domains)
	}
	v.verify(ctx, j, aligned)
	var verdict Verdict
	unaligned := 0
	for i, s := range j.signatures {
		switch {
		case aligned[i] && (s.isJudged || s.Problem != ""):
			verdict.Signatures = append(verdict.Signatures, s.Signature)
		case aligned[i]:
			verdict.Signatures = append(verdict.Signatures, s.with(fmt.Sprintf("is not verified: only %d of a mail are", MaxSignatures)))
		case unaligned < MaxSignatures:
			unaligned++
			verdict.Signatures = append(verdict.Signatures, s.with("is aligned neither with the domain of From nor with that of contact-info"))
		}
	}
	return verdict
}

// read finds the signatures of a message.
func (v *Verifier) read(m *message.Message) *judged {
	j := &judged{message: m, bodies: make(map[bodyKind]bodyHash)}
	// Of two, a reader may take for the author the one that is not signed (RFC
	// 5322, section 3.6, allows one; RFC 6376, section 8.15, warns).
	if n := m.Count("from"); n != 1 {
		j.problem = fmt.Sprintf("the mail has %d From fields, not one: which of them is signed cannot be said", n)
		return j
	}
	if err := m.Unambiguous(); err != nil {
		j.problem = err.Error()
		return j
	}
	for i, field := range m.Fields {
		if field.Name != signatureField {
			continue
		}
		if len(j.signatures) == maxFields {
			break
		}
		j.signatures = append(j.signatures, parseSignature(field, i, v.receivedAt))
	}
	if len(j.signatures) == 0 {
		j.problem = "the mail has no DKIM signature"
	}
	return j
}

// maxFields is how many DKIM-Signature fields are read.
const maxFields = 50

// verify looks up the keys of the signatures that are wanted, side by side, and
// verifies these signatures.
func (v *Verifier) verify(ctx context.Context, j *judged, wanted []bool) {
	var pending []*signature
	for i, s := range j.signatures {
		if !wanted[i] || s.isJudged || s.Problem != "" || v.left == 0 {
			continue
		}
		v.left--
		pending = append(pending, s)
	}
	ctx, cancel := context.WithTimeout(ctx, MaxLookup)
	defer cancel()
	keys := lookUp(ctx, v.dns, pending)
	for _, s := range pending {
		s.isJudged = true
		key := keys[s.keyName()]
		if s.Err = key.err; s.Err == nil {
			s.Problem = j.judge(s, key)
		}
		if s.Problem == "" && s.isPartial() {
			s.Err = nil // Whatever its key is.
			s.Problem = "covers only a part of the mail (l=), which RFC 8460, section 3, forbids"
		}
	}
}

// lookUp looks up the keys of signatures, each once, side by side.
func lookUp(ctx context.Context, dns Resolver, signatures []*signature) map[string]key {
	names := make(map[string]bool)
	for _, s := range signatures {
		names[s.keyName()] = true
	}
	var group sync.WaitGroup
	var lock sync.Mutex
	keys := make(map[string]key)
	for name := range names {
		group.Go(func() {
			found := lookUpKey(ctx, dns, name)
			lock.Lock()
			defer lock.Unlock()
			keys[name] = found
		})
	}
	group.Wait()
	return keys
}
