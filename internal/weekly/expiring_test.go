package weekly_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sealpost/internal/archive"
	"sealpost/internal/digest"
)

// TestExpiring: what was not authenticated and expires within a week is named while
// it can still be looked at.
func TestExpiring(t *testing.T) {
	for name, c := range map[string]struct {
		reason archive.Reason
		trust  archive.Trust
		age    int // In days.
		kept   int
		want   bool
	}{
		"fresh":                 {archive.ReasonUnsigned, "", 1, 30, false},
		"more than a week left": {archive.ReasonUnsigned, "", 23, 30, false},
		"a week left":           {archive.ReasonUnsigned, "", 24, 30, true},
		"the last day":          {archive.ReasonInvalid, archive.TrustNone, 30, 30, true},
		"kept for longer":       {archive.ReasonUnsigned, "", 30, 90, false},
		"authenticated":         {archive.ReasonInvalid, archive.TrustDKIM, 30, 30, false},
		"DNS failed":            {archive.ReasonDNSFailed, "", 30, 30, false},
		"not hosted":            {archive.ReasonNotHosted, "", 30, 30, false},
		"nothing expires":       {archive.ReasonUnsigned, "", 30, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mail.Digests.KeptDays = c.kept
			if _, err := w.kept.Quarantine(t.Context(), archive.Quarantined{Reason: c.reason, Trust: c.trust, ReceivedAt: w.now.AddDate(0, 0, -c.age)}); err != nil {
				t.Fatal(err)
			}
			d, err := w.mail.Digests.Of(t.Context(), week, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			says := fmt.Sprintf("Quarantine: 1 entry expires within a week, from %s on, below quarantine/v1/trust=none/.",
				w.now.UTC().AddDate(0, 0, c.kept+1-c.age).Format("2 January 2006"))
			if got := slices.ContainsFunc(d.Findings, func(f digest.Finding) bool { return f.What == says }); got != c.want {
				t.Errorf("says so: %v; want %v: %v", got, c.want, d.Findings)
			}
		})
	}
}
