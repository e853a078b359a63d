package main

import (
	"slices"
	"strings"
	"testing"
)

// watched lists all alarms, and what each looks at. docs/operations.md says
// what to do.
var watched = map[string]string{
	"PolicyErrors":           "AWS/Lambda Errors Sum of 300 s",
	"PolicyThrottles":        "AWS/Lambda Throttles Sum of 300 s",
	"PolicyUrlErrors":        "AWS/Lambda Url5xxCount Sum of 300 s",
	"PolicyUrlRefusals":      "AWS/Lambda Url4xxCount Sum of 300 s",
	"PolicyStateThrottled":   "math",
	"PolicyStateFailing":     "math",
	"EdgeErrors":             "AWS/CloudFront 5xxErrorRate Average of 300 s",
	"EdgeCertificateEnds":    "AWS/CertificateManager DaysToExpiry Minimum of 86400 s",
	"PublishErrors":          "AWS/Lambda Errors Sum of 300 s",
	"PublishThrottles":       "AWS/Lambda Throttles Sum of 300 s",
	"PublishBehind":          "AWS/Lambda IteratorAge Maximum of 300 s",
	"EditsFailed":            "math",
	"EditRefused":            "STACK RefusedEdits Sum of 300 s",
	"ReportintakeErrors":     "AWS/Lambda Errors Sum of 300 s",
	"ReportintakeThrottles":  "AWS/Lambda Throttles Sum of 300 s",
	"ReportsNotTaken":        "AWS/ApiGateway 5xx Sum of 300 s",
	"RotateErrors":           "AWS/Lambda Errors Sum of 300 s",
	"RotateThrottles":        "AWS/Lambda Throttles Sum of 300 s",
	"RotationsBehind":        "AWS/SQS ApproximateAgeOfOldestMessage Maximum of 300 s",
	"FailedRotationsWaiting": "AWS/SQS ApproximateNumberOfMessagesVisible Maximum of 300 s",
	"WalkErrors":             "AWS/Lambda Errors Sum of 300 s",
	"WalkThrottles":          "AWS/Lambda Throttles Sum of 300 s",
	"WalkNotDone":            "STACK Walks Sum of 3600 s",
	"MissedWalksWaiting":     "AWS/SQS ApproximateNumberOfMessagesVisible Maximum of 300 s",
	"PublicationStuck":       "STACK StuckWalks Sum of 3600 s",
	"BrakeEngaged":           "STACK HeldBack Sum of 3600 s",
}

// watchedSometimes are those that not every stack has.
var watchedSometimes = map[string]string{
	"ReportsCertificateEnds": "AWS/CertificateManager DaysToExpiry Minimum of 86400 s",
	"DigestErrors":           "AWS/Lambda Errors Sum of 300 s",
	"DigestThrottles":        "AWS/Lambda Throttles Sum of 300 s",
	"DigestNotRun":           "AWS/Lambda Invocations Sum of 86400 s",
	"MissedDigestsWaiting":   "AWS/SQS ApproximateNumberOfMessagesVisible Maximum of 300 s",
}

func TestAlarms(t *testing.T) {
	eachStack(t, func(t *testing.T, config Config, stack template) {
		topic, _ := stack.like(t, "AWS::SNS::Topic", "Alarms")
		unseen := make(map[string]bool)
		for name := range watched {
			unseen[name] = true
		}
		for name := range watchedSometimes {
			unseen[name] = config.Digest.Enabled && !strings.HasPrefix(name, "Reports") || config.Reports.Domain != "" && strings.HasPrefix(name, "Reports")
		}
		for id, alarm := range stack.all("AWS::CloudWatch::Alarm") {
			name := withoutHash(id)
			want := watched[name] + watchedSometimes[name]
			if got := strings.ReplaceAll(metricOf(alarm), config.StackName+" ", "STACK "); got != want || !unseen[name] {
				t.Errorf("%s looks at %s, want %s", name, got, want)
			}
			delete(unseen, name)
			checkAlarm(t, name, alarm, topic)
		}
		for name, missing := range unseen {
			if missing {
				t.Errorf("there is no alarm %s", name)
			}
		}
	})
}

func metricOf(alarm resource) string {
	if alarm.at("Metrics") != nil {
		return "math"
	}
	period := map[any]string{300.0: "300 s", 3600.0: "3600 s", 86400.0: "86400 s"}[alarm.at("Period")]
	return strings.Join([]string{alarm.at("Namespace").(string), alarm.at("MetricName").(string), alarm.at("Statistic").(string), "of", period}, " ")
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
	if name == "DigestNotRun" || name == "WalkNotDone" {
		silence = "breaching"
	}
	if got := alarm.at("TreatMissingData"); got != silence {
		t.Errorf("%s takes silence as %v, want %s", name, got, silence)
	}
	if description, _ := alarm.at("AlarmDescription").(string); !strings.HasSuffix(description, ".") {
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
		want := []string{"cloudwatch.amazonaws.com", "ses.amazonaws.com"}
		if !config.Digest.Enabled {
			want = want[:1]
		}
		if !slices.Equal(services, want) {
			t.Errorf("%q may publish, want %q", services, want)
		}
	})
}
