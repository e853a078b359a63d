package publication_test

import (
	"strings"
	"testing"
	"time"

	"sealpost/internal/publication"
)

// TestSequenceOrder: numbers of any length compare as text the way they do as
// numbers.
func TestSequenceOrder(t *testing.T) {
	var before publication.Sequence
	for _, number := range []string{"0", "9", "10", "111", "999999999999999999999", "1000000000000000000000", strings.Repeat("9", 40)} {
		sequence, err := publication.ParseSequence(number)
		if err != nil || len(sequence) != 40 || sequence <= before {
			t.Errorf("%s: %q, %v; want 40 digits, after %q", number, sequence, err, before)
		}
		before = sequence
	}
}

func TestNoSequence(t *testing.T) {
	for _, number := range []string{"", "-1", "+1", " 1", "1.0", "1e3", "0x1", "٣", strings.Repeat("1", 41)} {
		if sequence, err := publication.ParseSequence(number); err == nil {
			t.Errorf("%q is read as %q; want an error", number, sequence)
		}
	}
}

func TestSequenceAt(t *testing.T) {
	first := publication.SequenceAt(morning)
	if second := publication.SequenceAt(morning.Add(time.Nanosecond)); second <= first || len(second) != 40 {
		t.Errorf("%q follows on %q", second, first)
	}
	if want := publication.Sequence("0000000000000000000001000000000000000000"); publication.SequenceAt(time.Unix(1e9, 0)) != want {
		t.Errorf("got %q, want %q", publication.SequenceAt(time.Unix(1e9, 0)), want)
	}
}
