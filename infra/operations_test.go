package main

import (
	"os"
	"strings"
	"testing"
)

// TestEveryAlarmIsExplained: whoever is woken finds what to do.
func TestEveryAlarmIsExplained(t *testing.T) {
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	const uniquePart = 8 // Letters that the CDK puts behind an id.
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for id := range stack.all("AWS::CloudWatch::Alarm") {
			if name := id[:len(id)-uniquePart]; !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/operations.md says nothing of the alarm %s", name)
			}
		}
	})
}
