package publication

import (
	"fmt"
	"strings"
	"time"
)

// Sequence is an edit's place in the order of all edits of an item. A later
// one is greater as text.
type Sequence string

// sequenceDigits is how long the numbers of a table's stream may become.
const sequenceDigits = 40

// ParseSequence reads a number of a table's stream, which is written with no
// more digits than it needs.
func ParseSequence(number string) (Sequence, error) {
	if number == "" || len(number) > sequenceDigits || strings.Trim(number, "0123456789") != "" {
		return "", fmt.Errorf("%.60q is no sequence number: want 1 to %d digits", number, sequenceDigits)
	}
	return Sequence(strings.Repeat("0", sequenceDigits-len(number)) + number), nil
}

// SequenceAt orders edits by the time at which they were seen, where nothing
// else numbers them.
func SequenceAt(t time.Time) Sequence {
	return Sequence(fmt.Sprintf("%0*d", sequenceDigits, t.UnixNano()))
}
