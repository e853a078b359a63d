package told_test

import (
	"testing"
	"time"

	"sealpost/internal/told"
)

// TestKeptUntil: for two years the digest of a week is not mailed a second time.
func TestKeptUntil(t *testing.T) {
	since := time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)
	if until := (told.Delivery{Since: since}).KeptUntil(); !until.Equal(time.Date(2028, time.November, 24, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("kept until %s; want two years", until)
	}
}

func TestDeliveryName(t *testing.T) {
	for _, test := range []struct{ week, audience, want string }{
		{"2026-W47", "all", "DIGEST#2026-W47#all"},
		{"2026-W47", "", ""},
		{"2026-W4", "all", ""},
		{"2026-W477", "all", ""},
		{"2026-47", "all", ""},
		{"last", "all", ""},
		{"", "all", ""},
		{"2026-W47#all", "all", ""},
		{"../2026-W47", "all", ""},
	} {
		if got, err := told.DeliveryName(test.week, test.audience); (err == nil) != (test.want != "") || err == nil && got != test.want {
			t.Errorf("%q to %q: %q, %v; want %q", test.week, test.audience, got, err, test.want)
		}
	}
}
