package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
	"sealpost/internal/told"
	"sealpost/internal/weekly"
)

// condition is one of a pattern for lines of JSON, as far as ours use them.
var condition = regexp.MustCompile(`^\$\.(\w+) (?:= "([\w ]+)"|(IS TRUE))$`)

// finds says whether a metric filter with a pattern counts a line.
func finds(t *testing.T, pattern string, line []byte) bool {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(line, &members); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for one := range strings.SplitSeq(strings.Trim(pattern, "{ }"), " && ") {
		parts := condition.FindStringSubmatch(one)
		if parts == nil {
			t.Fatalf("this test cannot read the pattern %s", pattern)
		}
		if want := any(parts[2]); parts[3] != "" && members[parts[1]] != true || parts[3] == "" && members[parts[1]] != want {
			return false
		}
	}
	return true
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

// TestInfectedMailsAreFound, and mails that were left unread for another reason
// are not.
func TestInfectedMailsAreFound(t *testing.T) {
	for verdict, want := range map[string]bool{"FAIL": true, "PASS": false} {
		var log bytes.Buffer
		awslog.New(&log).Warn(settings.UnreadMessage, "mail", "inbox/mail/1", settings.LogVirus, verdict)
		if got := finds(t, infectedMail, log.Bytes()); got != want {
			t.Errorf("%s: %v for %s", infectedMail, got, &log)
		}
	}
}

// TestDoubtIsFound, and neither a digest that was sent nor one that was refused.
func TestDoubtIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		outcome told.Outcome
		want    bool
	}{
		"sent":     {told.Outcome{Sent: true, Now: true}, false},
		"before":   {told.Outcome{Sent: true}, false},
		"refused":  {told.Outcome{Err: weekly.ErrNotSent}, false},
		"in doubt": {told.Outcome{Err: fmt.Errorf("no: %w", &told.InDoubtError{})}, true},
	} {
		var log bytes.Buffer
		awslog.Digest(t.Context(), awslog.New(&log), test.outcome)
		if got := finds(t, inDoubt, log.Bytes()); got != test.want {
			t.Errorf("%s: %v for %s", name, got, &log)
		}
	}
}

// TestDueDigestIsFound, and none of an older week or of one that was not mailed.
func TestDueDigestIsFound(t *testing.T) {
	doubt := fmt.Errorf("no: %w", &told.InDoubtError{})
	for name, test := range map[string]struct {
		outcome told.Outcome
		want    bool
	}{
		"sent":                  {told.Outcome{Due: true, Sent: true, Now: true}, true},
		"before":                {told.Outcome{Due: true, Sent: true}, true},
		"in doubt":              {told.Outcome{Due: true, Err: doubt}, true},
		"refused":               {told.Outcome{Due: true, Err: weekly.ErrNotSent}, false},
		"an older week":         {told.Outcome{Sent: true, Now: true}, false},
		"an older one in doubt": {told.Outcome{Err: doubt}, false},
	} {
		var log bytes.Buffer
		awslog.Digest(t.Context(), awslog.New(&log), test.outcome)
		if got := finds(t, dueRun, log.Bytes()); got != test.want {
			t.Errorf("%s: %v for %s", name, got, &log)
		}
	}
}
