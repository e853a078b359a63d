package settings_test

import (
	"testing"

	"sealpost/internal/aws/settings"
)

// TestSilenceBecomesAnAnswer: whoever is further inside gives up first, and a
// table that is silent once can be asked again.
func TestSilenceBecomesAnAnswer(t *testing.T) {
	if 2*settings.PolicyAnswer >= settings.PolicyRead || settings.PolicyRead >= settings.PolicyEnds || settings.PolicyEnds >= settings.EdgeWaits {
		t.Errorf("the table is waited for twice %v and %v, the function for %v, and the edge waits %v",
			settings.PolicyAnswer, settings.PolicyRead, settings.PolicyEnds, settings.EdgeWaits)
	}
}
