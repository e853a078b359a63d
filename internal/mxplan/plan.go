// Package mxplan says in which order, and when, the MX records of a domain and
// its policy may change so that no sender holds mail back: senders go on with the
// policy that they hold, whatever is served by then (RFC 8461, sections 3.3 and
// 8.1).
//
// A plan rests on nothing but what is known now, so it can be made anew at any
// moment: what is done is marked, and what comes next is named.
package mxplan

import (
	"slices"
	"time"

	"sealpost/internal/publication"
)

// Change is what is to become of the MX records of a domain. All names are in
// lower-case A-labels.
type Change struct {
	Domain string   `json:"domain"`
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// Situation is what is known of the domain.
type Situation struct {
	Now      time.Time
	Served   []publication.Published // All that ever was, the oldest first, each with its AnnouncedAt.
	Serving  bool                    // The last of them is served now.
	Asked    []string                // The mx that the item asks for; nil where no item can be read.
	Override *publication.Override   // Of the item; nil where it has none.
	Refused  bool                    // What the item asks for is refused.
	MX       []string                // The MX hosts that the DNS has.
	MXError  error                   // Why they are not known.
}

// Plan is what there is to do, in its order.
type Plan struct {
	Steps   []Step   `json:"steps"`
	Notes   []Note   `json:"notes,omitempty"`
	Shorter *Shorter `json:"shorter,omitempty"`
}

// Step is one thing to do, or to wait for.
type Step struct {
	Kind  Kind     `json:"kind"`
	State State    `json:"state"`
	Hosts []string `json:"hosts,omitempty"` // That it is about.
	MX    []string `json:"mx,omitempty"`    // Of Allow and Disallow: what the item is to list.
	Asked bool     `json:"asked,omitempty"` // Of Allow and Disallow: the item has it already, and is not served yet.
	Hold  *Hold    `json:"hold,omitempty"`  // Of Wait and Restore: the policy that is the reason.
}

// Kind says what a step is.
type Kind string

// The steps that come before all else, where things are in the wrong order; those
// of a plan that adds, and then those of one that removes.
const (
	Restore          Kind = "restore"           // Put a host back into the DNS: senders may hold a policy that bars all that are there.
	Mend             Kind = "mend"              // Have the item accepted, before it is edited further.
	Allow            Kind = "allow"             // Put the hosts into mx.
	AnnounceAllow    Kind = "announce-allow"    // The DNS announces a policy that allows them.
	Wait             Kind = "wait"              // Until senders hold no policy that bars them.
	List             Kind = "list"              // Put them into the DNS.
	End              Kind = "end"               // End the policy: no MX host would be left.
	Unlist           Kind = "unlist"            // Take the hosts out of the DNS.
	Disallow         Kind = "disallow"          // Once its TTL is over, take them out of mx.
	AnnounceDisallow Kind = "announce-disallow" // The DNS announces a policy without them.
)

// State says how far a step is.
type State string

const (
	Done    State = "done"
	Next    State = "next"
	Later   State = "later"
	Unknown State = "unknown" // The DNS cannot be read.
)

// Hold is a policy without the hosts that senders may hold: the one that they hold
// for longest.
type Hold struct {
	ID          string    `json:"id"`
	MaxAge      int       `json:"max_age"`
	PublishedAt time.Time `json:"published_at"`
	TakenUp     time.Time `json:"taken_up"` // When a sender can have taken it up for the last time.
	Until       time.Time `json:"until"`
	Earliest    bool      `json:"earliest,omitempty"` // It may become later: the steps before it are not done.
}

// Shorter is what a shorter max_age, published now, would do for later changes.
type Shorter struct {
	MaxAge int       `json:"max_age"`
	From   time.Time `json:"from"` // When no sender holds a policy for longer than that.
}

// Done says whether nothing is left to do.
func (p Plan) Done() bool {
	return !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.State != Done })
}

// Step gives the step of a kind; false where the plan has none.
func (p Plan) Step(kind Kind) (Step, bool) {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Kind == kind })
	if i < 0 {
		return Step{}, false
	}
	return p.Steps[i], true
}
