package localdir_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sealpost/internal/localdir"
)

// TestTrim removes the oldest first, with what belongs to them, and nothing that
// lies elsewhere.
func TestTrim(t *testing.T) {
	for limit, want := range map[int64]int{0: 0, 8191: 0, 8192: 1, 20000: 2, 24575: 2, 24576: 3, 1 << 20: 3} {
		bucket := localdir.Bucket{Root: t.TempDir()}
		for i := range 3 {
			for _, ending := range []string{"", ".problems.json"} {
				body := strings.Repeat("x", 100)
				if ending != "" {
					body = strings.Repeat("n", 10)
				}
				// The oldest is written last.
				for _, prefix := range []string{"unauthenticated/", "known/"} {
					if _, err := bucket.Create(t.Context(), fmt.Sprintf("%sreason=a/dt=2026-11-1%d/file%s", prefix, 9-i, ending), []byte(body)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		removed, err := bucket.Trim("unauthenticated/", limit)
		if err != nil || removed != 2*(3-want) {
			t.Errorf("%d bytes: removed %d, %v", limit, removed, err)
		}
		left := list(t, bucket, "unauthenticated/")
		if len(left) != 2*want || len(list(t, bucket, "known/")) != 6 {
			t.Errorf("%d bytes: %q are left", limit, left)
		}
		if want > 0 && !slices.Contains(left, "unauthenticated/reason=a/dt=2026-11-19/file") {
			t.Errorf("%d bytes: the newest is gone: %q", limit, left)
		}
	}
	if removed, err := (localdir.Bucket{Root: t.TempDir()}).Trim("unauthenticated/", 0); removed > 0 || err != nil {
		t.Error("nothing is there:", removed, err)
	}
}
