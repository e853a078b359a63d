package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestAlarms: each tells somebody, says what is wrong, and is explained.
func TestAlarms(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		topic, _ := stack.like(t, "AWS::SNS::Topic", "Alarms")
		for id, alarm := range stack.all("AWS::CloudWatch::Alarm") {
			checkAlarm(t, withoutHash(id), alarm, topic)
		}
	})
}

// checkAlarm: each tells somebody, when it begins and when it ends, says what
// is wrong, and knows what silence means.
func checkAlarm(t *testing.T, name string, alarm resource, topic string) {
	t.Helper()
	for _, actions := range []string{"AlarmActions", "OKActions"} {
		if !refersTo(alarm.at(actions), topic) {
			t.Errorf("%s tells nobody: %s is %v", name, actions, alarm.at(actions))
		}
	}
	silence := "notBreaching"
	if name == "DigestNotRun" || name == "WalkNotDone" || name == "CompactionNotRun" || name == "NoReports" {
		silence = "breaching"
	}
	if got := alarm.at("TreatMissingData"); got != silence {
		t.Errorf("%s takes silence as %v, want %s", name, got, silence)
	}
	if description, _ := alarm.at("AlarmDescription").(string); !strings.HasSuffix(description, ". See docs/operations.md, "+name+".") {
		t.Errorf("%s says %q", name, description)
	}
}

// TestEverythingIsWatched: each function has its alarms, and each queue.
func TestEverythingIsWatched(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		suffixes := func(r resource) []string {
			switch {
			case r.Type == "AWS::Lambda::Function":
				return []string{"Errors", "Throttles"}
			case r.at("RedrivePolicy") != nil: // It is worked off, and others wait in it for a while.
				return []string{"Behind"}
			default:
				return []string{"Waiting"}
			}
		}
		for _, kind := range []string{"AWS::Lambda::Function", "AWS::SQS::Queue"} {
			for id, r := range stack.all(kind) {
				for _, suffix := range suffixes(r) {
					_, alarm := stack.like(t, "AWS::CloudWatch::Alarm", withoutHash(id)+suffix)
					if !refersTo(alarm.at("Dimensions"), id) && !strings.Contains(readableDimensions(stack, alarm), withoutHash(id)) {
						t.Errorf("the alarm %s%s does not look at it", withoutHash(id), suffix)
					}
				}
			}
		}
	})
}

func readableDimensions(stack template, alarm resource) string {
	var values []string
	for _, dimension := range many(alarm.at("Dimensions")) {
		values = append(values, readable(stack, dimension.(map[string]any)["Value"]))
	}
	return strings.Join(values, " ")
}

// TestAlarmsArrive: a topic with a policy of its own lets nobody publish whom
// it does not name.
func TestAlarmsArrive(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		_, policy := stack.like(t, "AWS::SNS::TopicPolicy", "Alarms")
		var services []string
		for _, s := range policy.at("PolicyDocument.Statement").([]any) {
			allowed := resource{Properties: s.(map[string]any)}
			if service, is := allowed.at("Principal.Service").(string); is && allowed.at("Effect") == "Allow" {
				services = append(services, service)
			}
		}
		slices.Sort(services)
		want := []string{"cloudwatch.amazonaws.com", "events.amazonaws.com", "ses.amazonaws.com"}
		if !config.Digest.Enabled {
			want = want[:2]
		}
		if !slices.Equal(services, want) {
			t.Errorf("%q may publish, want %q", services, want)
		}
	})
}

// TestEdgeIsWatchedWhereItCounts: CloudFront has its metrics by both of these,
// and an alarm on one of them alone would see nothing, for ever.
func TestEdgeIsWatchedWhereItCounts(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		distribution, _ := stack.like(t, "AWS::CloudFront::Distribution", "")
		_, alarm := stack.like(t, "AWS::CloudWatch::Alarm", "EdgeErrors")
		want := map[string]any{"DistributionId": map[string]any{"Ref": distribution}, "Region": "Global"}
		got := make(map[string]any)
		for _, d := range alarm.at("Dimensions").([]any) {
			dimension := d.(map[string]any)
			got[dimension["Name"].(string)] = dimension["Value"]
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the alarm looks at %v, want %v", got, want)
		}
	})
}

// TestSumsAreKnown: what has no data must not make a sum unknown.
func TestSumsAreKnown(t *testing.T) {
	eachStack(t, func(t *testing.T, _ Config, stack template) {
		for id, alarm := range stack.all("AWS::CloudWatch::Alarm") {
			metrics, _ := alarm.at("Metrics").([]any)
			for _, m := range metrics {
				if sum, is := m.(map[string]any)["Expression"].(string); is && strings.Count(sum, "FILL(") != len(metrics)-1 {
					t.Errorf("%s: %s does not fill each of %d metrics", withoutHash(id), sum, len(metrics)-1)
				}
			}
		}
	})
}

// TestRenewalsAreWatched: what ACM says of each certificate reaches the topic.
func TestRenewalsAreWatched(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		topic, _ := stack.like(t, "AWS::SNS::Topic", "Alarms")
		rules := stack.all("AWS::Events::Rule")
		want := 1
		if config.Reports.Domain != "" {
			want = 2
		}
		if len(rules) != want {
			t.Errorf("%d rules for %d certificates", len(rules), want)
		}
		for id, rule := range rules {
			if !refersTo(rule.at("Targets.0.Arn"), topic) || len(many(rule.at("EventPattern.resources"))) != 1 {
				t.Errorf("%s: %v", id, rule.Properties)
			}
		}
	})
}
