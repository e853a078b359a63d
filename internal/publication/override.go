package publication

import (
	"slices"
	"time"
)

// Lets says whether a rule may be broken.
func (o *Override) Lets(rule Rule, now time.Time) bool {
	return o != nil && now.Before(o.Until) && slices.Contains(o.Rules, rule)
}

// same says whether both say the same.
func (o *Override) same(p *Override) bool {
	if o == nil || p == nil {
		return o == p
	}
	return o.Reason == p.Reason && o.Until.Equal(p.Until) && slices.Equal(o.Rules, p.Rules)
}
