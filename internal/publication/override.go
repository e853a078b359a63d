package publication

import (
	"slices"
	"time"
)

// lets says whether a rule may be broken.
func (o *Override) lets(rule Rule, now time.Time) bool {
	return o != nil && now.Before(o.Until) && slices.Contains(o.Rules, rule)
}
