package awslog_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"sealpost/internal/aws/awslog"
	"sealpost/internal/aws/settings"
	"sealpost/internal/publication"
)

// TestTell: the alarms count lines by what stands at their top level.
func TestTell(t *testing.T) {
	for _, test := range []struct {
		name   string
		status publication.Status
		level  string
		state  string
		braked bool
	}{
		{"published", publication.Status{Domain: "a.example", State: publication.StatePublished, ID: "1"}, "INFO", "PUBLISHED", false},
		{"refused", publication.Status{Domain: "a.example", State: publication.StateRefused, Problems: []publication.Problem{
			{Rule: publication.RuleSyntax, Path: "/mode", Message: "must be testing"},
		}}, "WARN", "REFUSED", false},
		{"held back", publication.Status{Domain: "a.example", State: publication.StateRefused, Problems: []publication.Problem{
			{Rule: publication.RuleMXCovered, Message: "is an MX"}, {Rule: publication.RuleBrake, Message: "many changed"},
		}}, "WARN", "REFUSED", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			awslog.Tell(awslog.New(&log))(t.Context(), test.status)
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("the log is %s; want one line: %v", &log, err)
			}
			if line["domain"] != "a.example" || line["level"] != test.level || line[settings.LogState] != test.state || line[settings.LogBrake] != test.braked {
				t.Errorf("the log is %s", &log)
			}
			problems, _ := line["problems"].([]any)
			if len(problems) != len(test.status.Problems) {
				t.Errorf("the log names %d problems; want %d: %s", len(problems), len(test.status.Problems), &log)
			}
		})
	}
}
