package publication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"time"

	"sealpost/internal/mtasts"
)

// Desired is what an item asks for.
type Desired struct {
	Policy        mtasts.Policy // Normalized, and free of syntactic problems.
	MaxAgeDefault bool          // The item names no max_age, so it may be shorter for a while.
	DNS           DNS
	Override      *Override
}

// DNS says where the TXT record of a Policy Domain lives (RFC 8461,
// section 3.1).
type DNS string

const (
	DNSDefault DNS = ""        // As the zones have it.
	DNSRoute53 DNS = "route53" // In the domain's own zone.
	DNSCNAME   DNS = "cname"   // In the service zone; the domain points there.
	DNSManual  DNS = "manual"  // Wherever its owner sets it.
)

// Override lets rules pass for a time.
type Override struct {
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
	Rules  []Rule    `json:"rules"`
}

// Rule is a name for what an item must satisfy.
type Rule string

const (
	RuleSyntax        Rule = "syntax"          // It can be served at all.
	RuleMXCovered     Rule = "mx-covered"      // In enforce, every MX host of the domain is allowed.
	RuleTestingFirst  Rule = "testing-first"   // Enforce comes after a week of testing without failures.
	RuleMaxAgeRamp    Rule = "max-age-ramp"    // In its first week, enforce is kept for a day only.
	RuleMXStillListed Rule = "mx-still-listed" // No MX host is taken out that the DNS still has.
	RuleRetire        Rule = "retire"          // A policy stays, in mode none, until no sender holds an older one.
	RuleBrake         Rule = "brake"           // Not too many domains change at once.
	RuleTXTForeign    Rule = "txt-foreign"     // No TXT record of somebody else is replaced.
)

// Read gives what the text of an item asks for, or else why it cannot be
// served. It is no part of this package so that the many who only serve need
// not carry what it takes to read and explain items.
type Read func(domain string, text []byte) (Desired, []Problem)

// Item is a policy as people edit it.
type Item struct {
	Text       []byte // JSON, as schemas/policy.schema.json describes it.
	Unreadable string // Why there is no text, where that is for people to mend.
}

// Digest tells items apart: SHA-256, in hex.
func (i Item) Digest() string {
	sum := sha256.Sum256(append([]byte(i.Unreadable+"\x00"), i.Text...))
	return hex.EncodeToString(sum[:])
}

// Items are the policies that people edit.
type Items interface {
	// Item reads the item of a domain as it is now; false where there is none.
	Item(ctx context.Context, domain string) (Item, bool, error)

	// Domains gives the domains that have an item, in no order. It ends after
	// the first error.
	Domains(ctx context.Context) iter.Seq2[string, error]
}
