package assessment

import (
	"fmt"
	"slices"
	"time"

	"sealpost/internal/mtasts"
)

// Hosted is what is known of a domain from inside, where its policy is ours, or
// was.
type Hosted struct {
	ID   string `json:"id,omitempty"`   // Of what is published; empty where nothing is any more.
	Kept []Kept `json:"kept,omitempty"` // What was published before, and senders may still hold.
}

// Kept is a policy that senders may hold.
type Kept struct {
	Mode     mtasts.Mode `json:"mode"`
	MX       []string    `json:"mx"`
	Until    time.Time   `json:"until"`
	Earliest bool        `json:"earliest,omitempty"` // It may become later: the DNS does not announce yet what was published after it.
}

// until words how long it may be held.
func (k Kept) until() string {
	if k.Earliest {
		return minute(k.Until) + " at the earliest"
	}
	return minute(k.Until)
}

// bars reports whether senders that hold it do not deliver to a host
// (RFC 8461, section 5).
func (k Kept) bars(host string) bool {
	return k.Mode == mtasts.ModeEnforce && !allows(k.MX, host)
}

// mayBeEnforced reports whether senders may hold a policy in mode enforce from
// before, as far as that is known.
func (a Assessment) mayBeEnforced() bool {
	return a.Hosted != nil && slices.ContainsFunc(a.Hosted.Kept, func(k Kept) bool {
		return k.Mode == mtasts.ModeEnforce && k.Until.After(a.Seen.At)
	})
}

// isOurs reports whether the policy is to be the one that is published here.
func (a Assessment) isOurs() bool { return a.Hosted != nil && a.Hosted.ID != "" }

// ours judges what can be known only of a policy that is hosted here, or was.
func (j *judge) ours() {
	if j.Hosted == nil {
		return
	}
	body := mtasts.ID([]byte(j.body))
	switch {
	case !j.hasPolicy || j.Hosted.ID == "":
	case body != j.Hosted.ID:
		j.of(PolicyNotOurs, j.Seen.PolicyHost.Name, fmt.Sprintf("Published is the policy with the id %s; what is served would have %s.", j.Hosted.ID, body))
	case j.ID != nil && j.ID.Announced != j.ID.OfBody:
		j.of(IDNotOfPolicy, j.Seen.Record.Name, fmt.Sprintf("Announced is %s; that of the policy is %s.", j.ID.Announced, j.ID.OfBody))
	}
	for _, kept := range j.Hosted.Kept {
		if kept.Until.After(j.Seen.At) {
			j.held(kept)
		}
	}
}

// held judges the MX hosts by a policy from before. What is served now may be in
// mode none, or gone: that does not take it away from those who hold it. One that
// what is served does not allow either is told of already.
func (j *judge) held(kept Kept) {
	for _, host := range j.mailHosts() {
		told := slices.ContainsFunc(j.Problems, func(p Problem) bool { return p.Code == MXNotCovered && p.Host == host })
		if kept.bars(host) && !told {
			j.of(MXNotCoveredKept, host, fmt.Sprintf("Until %s senders may hold a policy in mode enforce that allows only %s.", kept.until(), names(kept.MX)))
		}
	}
}
