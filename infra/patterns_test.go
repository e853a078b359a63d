package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"sealpost/internal/aws/awslog"
	"sealpost/internal/publication"
)

// condition is one of a pattern for lines of JSON, as far as ours use them.
var condition = regexp.MustCompile(`^\{ \$\.(\w+) (?:= "(\w+)"|(IS TRUE)) \}$`)

// finds says whether a metric filter with a pattern counts a line.
func finds(t *testing.T, pattern string, line []byte) bool {
	t.Helper()
	parts := condition.FindStringSubmatch(pattern)
	if parts == nil {
		t.Fatalf("this test cannot read the pattern %s", pattern)
	}
	var members map[string]any
	if err := json.Unmarshal(line, &members); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if parts[3] != "" {
		return members[parts[1]] == true
	}
	return members[parts[1]] == parts[2]
}

// TestPatternsFindWhatIsLogged: an alarm whose pattern finds nothing never tells.
func TestPatternsFindWhatIsLogged(t *testing.T) {
	refusal := func(rule publication.Rule) publication.Status {
		return publication.Status{Domain: "example.com", State: publication.StateRefused, Problems: []publication.Problem{{Rule: rule, Message: "no"}}}
	}
	for _, test := range []struct {
		name          string
		status        publication.Status
		refused, held bool
	}{
		{"published", publication.Status{Domain: "example.com", State: publication.StatePublished}, false, false},
		{"refused", refusal(publication.RuleMXCovered), true, false},
		{"held back", refusal(publication.RuleBrake), true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			awslog.Tell(awslog.New(&log))(t.Context(), test.status)
			if got := finds(t, refusedEdit, log.Bytes()); got != test.refused {
				t.Errorf("%s: %v for %s", refusedEdit, got, &log)
			}
			if got := finds(t, heldBack, log.Bytes()); got != test.held {
				t.Errorf("%s: %v for %s", heldBack, got, &log)
			}
		})
	}
}
